// SPDX-License-Identifier: Apache-2.0

package deliver

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/bridge/channel"
	"github.com/pharos-status/pharos/bridge/spool"
	"github.com/pharos-status/pharos/internal/schema"
)

// ofChannels are the metrics that are there for each channel.
func ofChannels() []string {
	return []string{
		schema.BridgeNotifications, schema.BridgeAttempts, schema.BridgeDelivery, schema.BridgePossibleDuplicates,
		schema.BridgeQueueLength, schema.BridgeQueueOldestAge, schema.BridgeDeadLetters, schema.BridgeSpoolBytes,
	}
}

func TestWhatLeadsNowhereBecomesDeadLetters(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		kept := &fake{recipients: []string{"alice", "bob"}}
		gone := &fake{recipients: []string{"carol", "dave"}, send: func(context.Context, string, channel.Message) error {
			tries++
			return errors.New("not now")
		}}
		kept.send = gone.send
		r := newRig(t, t.TempDir(), route("kept", kept), route("gone", gone))
		for range 3 {
			r.tell("kept", "m", "alice", "bob")
			r.tell("gone", "m", "carol", "dave")
		}
		let(time.Second / 4)
		require.Equal(t, 4, tries)
		require.True(t, r.d.reachesLocked(spool.Lane{Channel: "gone", Recipient: "carol"}))

		again := &fake{recipients: []string{"alice"}}
		r.d.Use([]Route{route("kept", again)})
		synctest.Wait()
		require.Len(t, again.told("alice"), 3)
		require.Equal(t, 1, gone.closes())
		require.Equal(t, 1, kept.closes())
		require.Empty(t, r.spool.DeadLetters(""), "they may come back")
		require.Len(t, r.log.lines("level=WARN", "no longer in bridge.yml", "channel=gone", "waiting=6", "until=2000-01-01T01:00:00Z"), 1)
		require.Len(t, r.log.lines("level=WARN", "no longer in bridge.yml", "channel=kept", "recipient=bob", "waiting=3"), 1)
		require.Len(t, r.log.lines("no longer in bridge.yml"), 2)
		require.EqualValues(t, 6, r.value(schema.BridgeQueueLength, "channel", "gone"))
		for _, lane := range []spool.Lane{{Channel: "gone", Recipient: "carol"}, {Channel: "kept", Recipient: "bob"}} {
			require.False(t, r.d.reachesLocked(lane))
		}

		let(patience - time.Second)
		require.Empty(t, r.spool.DeadLetters(""))
		let(time.Second)
		reasons, attempts := map[string]int{}, 0
		for _, dead := range r.spool.DeadLetters("") {
			require.Equal(t, schema.OutcomeRefused, dead.Outcome)
			reasons[dead.Reason]++
			attempts += dead.Attempts
		}
		require.Equal(t, map[string]int{
			"channel gone is no longer in bridge.yml":                  6,
			"recipient bob of channel kept is no longer in bridge.yml": 3,
		}, reasons)
		require.Equal(t, 3, attempts, "the first of each lane was tried")
		require.EqualValues(t, 3, r.value(schema.BridgeNotifications, "channel", "kept", "outcome", "refused"))
		require.EqualValues(t, 3, r.value(schema.BridgeDeadLetters, "channel", "kept"))
		require.EqualValues(t, 6, r.value(schema.BridgeNotifications, "channel", "gone", "outcome", "refused"))
		require.EqualValues(t, 6, r.value(schema.BridgeDeadLetters, "channel", "gone"))
		require.Len(t, r.log.lines("level=WARN", "is a dead letter now"), 9)

		// What is accepted for a channel in the moment in which it goes is not forgotten.
		r.tell("gone", "m", "carol")
		synctest.Wait()
		require.Len(t, r.spool.DeadLetters("gone"), 7)
	})
}

// Bridge.yml was absent for a moment, over a restart.
func TestWhatIsBackGoesOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		c := &fake{recipients: []string{"alice"}, send: func(context.Context, string, channel.Message) error { return errors.New("not now") }}
		r := newRig(t, folder, route("c", c))
		r.tell("c", "first", "alice")
		r.tell("c", "second", "alice")
		let(time.Second)
		r.stop()

		r = newRig(t, folder)
		let(40 * time.Minute)
		for _, name := range ofChannels() {
			require.NotEqualValues(t, -1, r.value(name, "channel", "c"), name)
		}
		require.EqualValues(t, 2, r.value(schema.BridgeQueueLength, "channel", "c"))
		again := &fake{recipients: []string{"alice"}}
		r.d.Use([]Route{route("c", again)})
		synctest.Wait()
		require.Equal(t, []string{"first", "second"}, again.told("alice"))

		// It is gone once more, which is told anew; and with nothing in the spool, so are
		// its metrics.
		r.d.Use(nil)
		for _, name := range ofChannels() {
			require.EqualValues(t, -1, r.value(name, "channel", "c"), name)
		}
		r.tell("c", "third", "alice")
		let(40 * time.Minute)
		require.Len(t, r.log.lines("level=WARN", "no longer in bridge.yml"), 2)
		require.Empty(t, r.spool.DeadLetters(""))
		require.Equal(t, 1, again.closes())
	})
}
