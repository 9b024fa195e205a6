// SPDX-License-Identifier: Apache-2.0

package deliver

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/bridge/channel"
	"github.com/pharos-status/pharos/bridge/config"
	"github.com/pharos-status/pharos/bridge/spool"
	"github.com/pharos-status/pharos/internal/schema"
)

func TestOptionsAreRequired(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]Options{
		"Spool":      {Registerer: prometheus.NewRegistry(), Logger: slog.Default()},
		"Registerer": {Spool: &spool.Spool{}, Logger: slog.Default()},
		"Logger":     {Spool: &spool.Spool{}, Registerer: prometheus.NewRegistry()},
	} {
		_, err := New(o)
		require.EqualError(t, err, "deliver: Options."+name+" is required")
	}
}

func TestOrderIsKeptThroughRetries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		failures := map[string]int{"first": 3, "third": 1}
		c := &fake{recipients: []string{"alice"}, send: func(_ context.Context, _ string, m channel.Message) error {
			if summary := m.CommonAnnotations["summary"]; failures[summary] > 0 {
				failures[summary]--
				return errors.New("not now")
			}
			return nil
		}}
		r := newRig(t, t.TempDir(), route("c", c))
		for _, summary := range []string{"first", "second", "third", "fourth"} {
			r.tell("c", summary, "alice")
		}
		let(time.Minute)
		require.Equal(t, []string{"first", "second", "third", "fourth"}, c.told("alice"))
		require.Len(t, c.tried(), 8)
		for i, a := range c.tried()[:4] {
			require.Equal(t, "first", a.summary)
			require.Equal(t, c.tried()[0].key, a.key, "each attempt has the same key")
			require.Len(t, a.key, 32)
			if i > 0 {
				wait, want := a.at.Sub(c.tried()[i-1].at), time.Second<<(i-1)
				require.GreaterOrEqual(t, wait, want/2)
				require.LessOrEqual(t, wait, want*3/2)
			}
		}
		require.NotEqual(t, c.tried()[0].key, c.tried()[4].key)
		require.EqualValues(t, 4, r.value(schema.BridgeNotifications, "channel", "c", "outcome", "delivered"))
		require.EqualValues(t, 4, r.value(schema.BridgeAttempts, "channel", "c", "result", "ok"))
		require.EqualValues(t, 4, r.value(schema.BridgeAttempts, "channel", "c", "result", "temporary"))
		require.EqualValues(t, 4, r.value(schema.BridgeDelivery, "channel", "c"))
		require.EqualValues(t, 0, r.value(schema.BridgePossibleDuplicates, "channel", "c"))
		require.EqualValues(t, 0, r.value(schema.BridgeQueueLength, "channel", "c"))
	})
}

// A change, three reminders and the end come while the channel is down.
func TestSlowOnesDelayNoOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hang := func(ctx context.Context, recipient string, _ channel.Message) error {
			if recipient == "slow" {
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		}
		slow, other := &fake{recipients: []string{"slow", "fast"}, send: hang}, &fake{recipients: []string{"slow"}}
		r := newRig(t, t.TempDir(), route("slow", slow), route("other", other))
		for range 20 {
			r.tell("slow", "m", "slow", "fast")
			r.tell("other", "m", "slow")
		}
		synctest.Wait()
		require.Len(t, slow.told("fast"), 20)
		require.Len(t, other.told("slow"), 20)
		require.Empty(t, slow.told("slow"))
		let(time.Minute)
		require.InDelta(t, 5, len(slow.tried())-20, 1, "each attempt ends after the timeout")
	})
}

func TestRetryAfterHoldsForTheWholeChannel(t *testing.T) {
	t.Parallel()
	for after, want := range map[time.Duration]time.Duration{90 * time.Second: 90 * time.Second, 30 * time.Hour: time.Hour} {
		t.Run(after.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				c := &fake{recipients: []string{"alice", "bob"}, send: func(context.Context, string, channel.Message) error {
					if time.Since(start) < want {
						return &channel.Error{Err: errors.New("too many requests"), After: after}
					}
					return nil
				}}
				r := newRig(t, t.TempDir(), route("c", c))
				r.tell("c", "m", "alice")
				synctest.Wait()
				r.tell("c", "m", "bob")
				let(want - time.Millisecond)
				require.Len(t, c.tried(), 1, "nobody calls it before it says so")
				let(time.Second)
				require.Len(t, c.told("alice"), 1)
				require.Len(t, c.told("bob"), 1)
			})
		})
	}
}

func TestRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		skip := func(_ context.Context, recipient string, _ channel.Message) error {
			if recipient == "later" {
				return channel.ErrSkipped
			}
			return nil
		}
		c := &fake{recipients: []string{"alice", "bob", "later"}, send: skip}
		r := newRig(t, t.TempDir(), route("c", c, func(d *config.Delivery) { d.PerMinute, d.Burst = 60, 10 }))
		start := time.Now()
		for range 50 {
			r.tell("c", "m", "alice", "bob", "later")
		}
		synctest.Wait()
		require.Len(t, c.acknowledged(), 10, "the burst")
		let(2 * time.Minute)
		got := c.acknowledged()
		require.Len(t, got, 100)
		took := got[99].at.Sub(start)
		require.GreaterOrEqual(t, took, 90*time.Second)
		require.Less(t, took, 2*time.Minute)
		for i := range got[:90] {
			require.GreaterOrEqual(t, got[i+10].at.Sub(got[i].at), time.Second)
		}
		require.EqualValues(t, 50, r.value(schema.BridgeNotifications, "channel", "c", "outcome", "skipped"))
		require.EqualValues(t, 100, r.value(schema.BridgeAttempts, "channel", "c", "result", "ok"), "a skip is no attempt")

		let(time.Minute)
		for range 5 {
			before := len(c.acknowledged())
			r.tell("c", "m", "alice")
			let(time.Second)
			require.Len(t, c.acknowledged(), before+1, "one a second goes without a wait")
		}
	})
}

// idle returns a Deliverer that does not run yet, over a spool in which one message
// waits.
func idle(t *testing.T, log io.Writer) *Deliverer {
	t.Helper()
	logger := slog.New(slog.NewTextHandler(log, nil))
	s, err := spool.Open(spool.Options{Path: t.TempDir(), Logger: logger})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	d, err := New(Options{Spool: s, Registerer: prometheus.NewRegistry(), Logger: logger})
	require.NoError(t, err)
	_, err = s.Accept(t.Context(), spool.Submission{
		Channel: "c", Recipients: []string{"alice"}, Payload: payload("g", "m"), Accepted: time.Now(),
	})
	require.NoError(t, err)
	return d
}

// run runs a Deliverer until the test ends.
func run(t *testing.T, d *Deliverer) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- d.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-ended)
		require.NoError(t, d.Close())
	})
}

func TestNothingHappensBeforeTheRoutesAreKnown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := idle(t, io.Discard)
		run(t, d)
		let(time.Minute)
		require.Empty(t, d.o.Spool.DeadLetters(""))
		c := &fake{recipients: []string{"alice"}}
		d.Use([]Route{route("c", c)})
		synctest.Wait()
		require.Len(t, c.told("alice"), 1)
	})
}
