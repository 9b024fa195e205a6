// SPDX-License-Identifier: Apache-2.0

package deliver

import (
	"context"
	"errors"
	"os"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/bridge/channel"
	"github.com/pharos-status/pharos/bridge/config"
	"github.com/pharos-status/pharos/internal/schema"
)

func TestRefusedIsNotRepeated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var known atomic.Bool
		c := &fake{recipients: []string{"alice"}, send: func(_ context.Context, _ string, m channel.Message) error {
			if !known.Load() && m.CommonAnnotations["summary"] == "first" {
				return &channel.Error{Err: errors.New("400 unknown recipient"), Refused: true}
			}
			return nil
		}}
		r := newRig(t, t.TempDir(), route("c", c))
		r.tell("c", "first", "alice")
		r.tell("c", "second", "alice")
		synctest.Wait()
		require.Len(t, c.tried(), 2)
		require.Equal(t, []string{"second"}, c.told("alice"))
		require.EqualValues(t, 1, r.value(schema.BridgeNotifications, "channel", "c", "outcome", "refused"))
		require.EqualValues(t, 1, r.value(schema.BridgeAttempts, "channel", "c", "result", "refused"))
		require.EqualValues(t, 1, r.value(schema.BridgeDeadLetters, "channel", "c"))
		require.Len(t, r.log.lines("level=WARN", "is a dead letter now", "channel=c", "recipient=alice", "outcome=refused", "attempts=1",
			"key="+c.tried()[0].key, "400 unknown recipient"), 1)
		dead := r.spool.DeadLetters("c")
		require.Len(t, dead, 1)
		require.Equal(t, schema.OutcomeRefused, dead[0].Outcome)
		require.Equal(t, "400 unknown recipient", dead[0].Reason)

		known.Store(true)
		let(3 * time.Hour)
		_, err := r.spool.Revive(dead[0].ID)
		require.NoError(t, err)
		synctest.Wait()
		require.Equal(t, []string{"second", "first"}, c.told("alice"))
		require.Equal(t, c.tried()[0].key, c.tried()[2].key, "it is the same message")
		require.Equal(t, "Sent again: so it was at 00:00 UTC, 3 hours ago.", c.tried()[2].note)
		require.Empty(t, r.spool.DeadLetters(""))
	})
}

func TestGivenUpOnceItsTimeIsOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		c := &fake{recipients: []string{"alice"}, send: func(context.Context, string, channel.Message) error {
			return errors.New("no route to host")
		}}
		r := newRig(t, t.TempDir(), route("c", c, func(d *config.Delivery) { d.GiveUpAfter = duration(30 * time.Minute) }))
		r.tell("c", "first", "alice")
		let(20 * time.Minute)
		r.tell("c", "second", "alice")
		let(10*time.Minute - time.Second)
		require.Empty(t, r.spool.DeadLetters(""))
		let(2 * time.Second)
		dead := r.spool.DeadLetters("c")
		require.Len(t, dead, 1)
		require.Equal(t, schema.OutcomeExpired, dead[0].Outcome)
		require.Equal(t, "no route to host", dead[0].Reason)
		require.Equal(t, 30*time.Minute, dead[0].Died.Sub(start))
		let(20*time.Minute + time.Second)
		require.Len(t, r.spool.DeadLetters("c"), 2)
		require.EqualValues(t, 2, r.value(schema.BridgeNotifications, "channel", "c", "outcome", "expired"))
		require.Len(t, r.log.lines("level=WARN", "is a dead letter now", "outcome=expired"), 2)
		require.Len(t, r.log.lines("level=WARN"), 3, "and one for the channel")
	})
}

// Each message is tried at least once, and those that have no time left are no reason
// to hammer on the channel.
func TestEachIsTriedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		broken := &fake{recipients: []string{"alice"}, send: func(context.Context, string, channel.Message) error {
			return errors.New("no route to host")
		}}
		day := func(d *config.Delivery) { d.GiveUpAfter = duration(24 * time.Hour) }
		r := newRig(t, folder, route("c", broken, day))
		for range 20 {
			r.tell("c", "m", "alice")
		}
		let(time.Second)
		r.stop()
		time.Sleep(36 * time.Hour)
		second := &fake{recipients: []string{"alice"}, send: broken.send}
		start := time.Now()
		r = newRig(t, folder, route("c", second, day))
		let(10*time.Minute - time.Second)
		require.Empty(t, r.spool.DeadLetters("c"), "it was not tried for long")
		let(time.Minute)
		tried := second.tried()
		require.Len(t, r.spool.DeadLetters("c"), 20)
		firsts := 0
		for _, s := range tried {
			if s.key == tried[0].key {
				firsts++
			}
		}
		require.Len(t, tried, firsts+19, "the others once")
		require.GreaterOrEqual(t, tried[len(tried)-1].at.Sub(start), 10*time.Minute+18*time.Second/2)
	})
}

func TestUnreadableIsRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &fake{recipients: []string{"alice"}}
		r := newRig(t, t.TempDir(), route("c", c))
		s := r.submission("c", "m", "alice")
		s.Payload = []byte("{")
		r.accept(s)
		synctest.Wait()
		require.Empty(t, c.tried())
		require.Len(t, r.spool.DeadLetters("c"), 1)
	})
}

func TestPanicOfAChannelHasFailedForNow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		first := true
		c := &fake{recipients: []string{"alice"}, send: func(context.Context, string, channel.Message) error {
			if first {
				first = false
				panic("index out of range")
			}
			return nil
		}}
		r := newRig(t, t.TempDir(), route("c", c))
		r.tell("c", "m", "alice")
		let(time.Minute)
		require.Len(t, c.told("alice"), 1)
		require.EqualValues(t, 1, r.value(schema.BridgeAttempts, "channel", "c", "result", "temporary"))
		require.EqualValues(t, 1, r.value(schema.BridgePossibleDuplicates, "channel", "c"))
		require.Len(t, r.log.lines("level=ERROR", "index out of range", "ending_test.go"), 1)
	})
}

// A message at which the channel panics each time holds up those behind it for a while
// only.
func TestPanicAtTheSameMessageIsRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &fake{recipients: []string{"alice"}, send: func(_ context.Context, _ string, m channel.Message) error {
			if m.CommonAnnotations["summary"] == "poison" {
				panic("index out of range")
			}
			return nil
		}}
		r := newRig(t, t.TempDir(), route("c", c))
		for _, summary := range []string{"poison", "good", "poison"} {
			r.tell("c", summary, "alice")
		}
		let(time.Minute)
		require.Len(t, c.tried(), 3+1+3)
		require.Equal(t, []string{"good"}, c.told("alice"))
		dead := r.spool.DeadLetters("")
		require.Len(t, dead, 2)
		require.Equal(t, schema.OutcomeRefused, dead[0].Outcome)
		require.Equal(t, 3, dead[0].Attempts)
		_, err := r.spool.Revive(dead[0].ID)
		require.NoError(t, err)
		let(time.Minute)
		require.Len(t, c.tried(), 10, "it gets as many attempts as before")
	})
}

func TestUnsureIsCountedWhenSentAgain(t *testing.T) {
	t.Parallel()
	for name, keyed := range map[string]bool{"by nobody": false, "by the service": true} {
		t.Run("suppressed "+name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				failures := []error{
					&channel.Error{Err: errors.New("reset after the request was taken"), Unsure: true},
					&channel.Error{Err: errors.New("connection refused")},
					context.DeadlineExceeded, nil,
				}
				c := &fake{recipients: []string{"alice"}, keyed: keyed, send: func(context.Context, string, channel.Message) error {
					err := failures[0]
					failures = failures[1:]
					return err
				}}
				r := newRig(t, t.TempDir(), route("c", c))
				r.tell("c", "m", "alice")
				let(time.Minute)
				require.Len(t, c.told("alice"), 1)
				want := 1 // however many attempts there were
				if keyed {
					want = 0
				}
				require.EqualValues(t, want, r.value(schema.BridgePossibleDuplicates, "channel", "c"))
			})
		})
	}
}

// The file is copied while a message is being sent: so it is after a crash.
func TestCrashWhileSending(t *testing.T) {
	t.Parallel()
	for name, keyed := range map[string]bool{"by nobody": false, "by the service": true} {
		t.Run("suppressed "+name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				folder, copied := t.TempDir(), t.TempDir()
				taken := make(chan struct{})
				c := &fake{recipients: []string{"alice"}, keyed: keyed, send: func(_ context.Context, _ string, m channel.Message) error {
					if m.CommonAnnotations["summary"] == "second" {
						<-taken
					}
					return nil
				}}
				r := newRig(t, folder, route("c", c))
				for _, summary := range []string{"first", "second", "third"} {
					r.tell("c", summary, "alice")
				}
				let(time.Second)
				require.NoError(t, os.CopyFS(copied, os.DirFS(folder)))
				close(taken)
				r.stop()

				again := &fake{recipients: []string{"alice"}, keyed: keyed}
				r = newRig(t, copied, route("c", again))
				let(time.Second)
				require.Equal(t, []string{"second", "third"}, again.told("alice"))
				require.Equal(t, c.tried()[1].key, again.tried()[0].key)
				want := 1
				if keyed {
					want = 0
				}
				require.EqualValues(t, want, r.value(schema.BridgePossibleDuplicates, "channel", "c"))
			})
		})
	}
}

func TestShutdownGivesWhatIsBeingSentAMoment(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		takes := map[string]time.Duration{"quick": 3 * time.Second, "slow": time.Hour}
		c := &fake{recipients: []string{"quick", "slow", "waits"}, send: func(ctx context.Context, recipient string, _ channel.Message) error {
			if recipient == "waits" {
				return errors.New("not now")
			}
			if !sleep(ctx, takes[recipient], nil) {
				return ctx.Err()
			}
			return nil
		}}
		r := newRig(t, folder, route("c", c, func(d *config.Delivery) {
			d.Timeout, d.RetryWait, d.RetryMax = duration(2*time.Hour), duration(time.Hour), duration(time.Hour)
		}))
		r.tell("c", "first", "quick", "slow", "waits")
		r.tell("c", "second", "quick")
		synctest.Wait()
		start := time.Now()
		r.stop()
		require.Equal(t, 5*time.Second, time.Since(start))
		require.Equal(t, []string{"first"}, c.told("quick"))
		require.Empty(t, c.told("slow"))
		require.Empty(t, r.log.lines("level=WARN", "recipient=slow"), "it was not the channel's fault")

		again := &fake{recipients: c.recipients}
		r = newRig(t, folder, route("c", again))
		synctest.Wait()
		require.Equal(t, []string{"second"}, again.told("quick"))
		require.Equal(t, []string{"first"}, again.told("slow"))
		require.Equal(t, []string{"first"}, again.told("waits"))
		require.EqualValues(t, 1, r.value(schema.BridgePossibleDuplicates, "channel", "c"), "the slow one")
	})
}
