// SPDX-License-Identifier: Apache-2.0

package deliver

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/bridge/channel"
	"github.com/pharos-status/pharos/bridge/spool"
	"github.com/pharos-status/pharos/internal/schema"
)

// How it goes does not depend on how a service fails: by refusing each connection, or
// by answering nothing, so that there is a message being sent nearly all the time.
func TestChannelDownForAnHour(t *testing.T) {
	t.Parallel()
	for name, attempt := range map[string]func(context.Context) error{
		"refuses": func(context.Context) error { return &channel.Error{Err: errors.New("connection refused")} },
		"hangs": func(ctx context.Context) error {
			<-ctx.Done()
			return &channel.Error{Err: ctx.Err(), Unsure: true}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testDownForAnHour(t, attempt)
		})
	}
}

func testDownForAnHour(t *testing.T, attempt func(context.Context) error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		up := time.Now().Add(time.Hour)
		c := &fake{recipients: []string{"alice", "bob"}, send: func(ctx context.Context, _ string, _ channel.Message) error {
			if time.Now().Before(up) {
				return attempt(ctx)
			}
			return nil
		}}
		r := newRig(t, t.TempDir(), route("c", c))
		of := func(kind, group string) spool.Submission {
			s := r.submission("c", kind, "alice", "bob")
			s.Group, s.Payload, s.Voids = group, payload(group, kind), []string{"group/" + group}
			return s
		}
		r.accept(of("dead", "g"))
		for i := 1; i <= 3; i++ {
			let(15 * time.Minute)
			reminder := of(fmt.Sprint("reminder ", i), "reminders of g")
			reminder.Topics = []string{"group/reminders of g", "service/s"}
			r.accept(reminder)
		}
		require.EqualValues(t, 4, r.value(schema.BridgeQueueLength, "channel", "c"), "the change and the last reminder, for each")
		require.InDelta(t, 45*60, r.value(schema.BridgeQueueOldestAge, "channel", "c"), 1)
		let(13 * time.Minute)
		over := of("it is over", "g")
		over.VoidsAll = []string{"service/s"}
		r.accept(over)
		let(10 * time.Minute) // retry_max, half as much again, and two minutes more

		for _, recipient := range []string{"alice", "bob"} {
			require.Equal(t, []string{"dead", "it is over"}, c.told(recipient))
		}
		for _, s := range c.acknowledged() {
			require.Equal(t, s.summary == "dead", s.over)
			require.False(t, s.at.Before(up))
			if s.summary == "dead" {
				require.Regexp(t, `^Told late: so it was at 00:00 UTC, (60|61|62|63|64|65|66|67) minutes ago\.$`, s.note)
			}
		}
		require.EqualValues(t, 6, r.value(schema.BridgeNotifications, "channel", "c", "outcome", "overtaken"))
		require.EqualValues(t, 4, r.value(schema.BridgeNotifications, "channel", "c", "outcome", "delivered"))
		require.EqualValues(t, 0, r.value(schema.BridgeQueueLength, "channel", "c"))
		require.EqualValues(t, 0, r.value(schema.BridgeQueueOldestAge, "channel", "c"))
		require.Len(t, r.log.lines("level=WARN"), 1, "one line for the outage")
		require.Len(t, r.log.lines("level=INFO", "delivers again"), 1)
		require.Less(t, len(c.tried()), 80, "the wait between attempts grows")
	})
}

// The end of an outage is accepted while a reminder of it is being sent, in vain: it
// isn't sent again.
func TestOverWhileAReminderIsBeingSent(t *testing.T) {
	t.Parallel()
	for name, failure := range map[string]channel.Error{"temporary": {Unsure: true}, "refused": {Refused: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := &fake{recipients: []string{"alice"}, send: func(ctx context.Context, _ string, m channel.Message) error {
					if m.CommonAnnotations["summary"] != "reminder" {
						return nil
					}
					<-ctx.Done()
					f := failure
					f.Err = ctx.Err()
					return &f
				}}
				r := newRig(t, t.TempDir(), route("c", c))
				reminder := r.submission("c", "reminder", "alice")
				reminder.Topics = []string{"group/reminders", "service/s"}
				r.accept(reminder)
				let(5 * time.Second)
				over := r.submission("c", "it is over", "alice")
				over.VoidsAll = []string{"service/s"}
				r.accept(over)
				let(time.Hour)
				require.Len(t, c.tried(), 2)
				require.Equal(t, []string{"it is over"}, c.told("alice"))
				require.Empty(t, r.spool.DeadLetters(""))
				require.EqualValues(t, 1, r.value(schema.BridgeNotifications, "channel", "c", "outcome", "overtaken"))
				require.EqualValues(t, 0, r.value(schema.BridgeNotifications, "channel", "c", "outcome", "refused"))
				require.Empty(t, r.log.lines("is a dead letter now"))
			})
		})
	}
}
