// SPDX-License-Identifier: Apache-2.0

package deliver

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/bridge/channel"
	"github.com/pharos-status/pharos/bridge/spool"
	"github.com/pharos-status/pharos/internal/schema"
)

// large makes a submission as large as those that take turns.
func large(s spool.Submission, bytes int) spool.Submission {
	s.Payload = []byte(strings.Replace(string(s.Payload), "{", "{"+strings.Repeat(" ", bytes), 1))
	return s
}

func TestLargeOnesTakeTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		c := &fake{recipients: []string{"a", "b", "c"}}
		var sending, most atomic.Int32
		c.send = func(ctx context.Context, _ string, m channel.Message) error {
			if m.CommonAnnotations["summary"] == "large" {
				defer sending.Add(-1)
				most.Store(max(most.Load(), sending.Add(1)))
				sleep(ctx, time.Second, nil)
			}
			return nil
		}
		r := newRig(t, folder, route("c", c))
		s := large(r.submission("c", "large", c.recipients...), 3<<19)
		r.accept(s)
		let(500 * time.Millisecond)
		r.tell("c", "small", c.recipients...)
		let(700 * time.Millisecond)
		require.Len(t, c.acknowledged(), 4, "two large ones, and the small ones behind them")
		let(time.Second)
		require.EqualValues(t, 2, most.Load(), "of 1.5 MiB each")
		require.Len(t, c.acknowledged(), 6)

		s.Digest[0]++
		r.accept(s)
		synctest.Wait()
		r.stop()
		require.Len(t, c.acknowledged(), 8, "those that were being sent")
		again := &fake{recipients: c.recipients}
		r = newRig(t, folder, route("c", again))
		let(time.Second)
		require.Len(t, again.acknowledged(), 1, "the one that waited for its turn")
		require.EqualValues(t, 0, r.value(schema.BridgePossibleDuplicates, "channel", "c"))
	})
}

// However many channels there are, only so much is in memory; and channels that are
// slow leave room for those that are not.
func TestLargeOnesTakeTurnsOverAllChannels(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const channels = 12
		var sending, most atomic.Int32
		send := func(ctx context.Context, _ string, m channel.Message) error {
			if m.CommonAnnotations["summary"] == "large" {
				defer sending.Add(-1)
				most.Store(max(most.Load(), sending.Add(1)))
				sleep(ctx, 3*time.Second, nil)
			}
			return nil
		}
		routes := make([]Route, channels)
		for i := range routes {
			routes[i] = route(fmt.Sprint("c", i), &fake{recipients: []string{"alice"}, send: send})
		}
		r := newRig(t, t.TempDir(), routes...)
		arrived := func(summary string) (n int) {
			for _, route := range routes {
				for _, told := range route.Channel.(*fake).told("alice") {
					if told == summary {
						n++
					}
				}
			}
			return n
		}
		for i := range routes {
			r.accept(large(r.submission(fmt.Sprint("c", i), "large", "alice"), largeOfChannel))
			r.tell(fmt.Sprint("c", i), "small", "alice")
		}
		let(time.Second)
		require.EqualValues(t, 4, sending.Load())
		let(8 * time.Second)
		require.EqualValues(t, 4, most.Load())
		require.Equal(t, channels, arrived("large"), "three turns of three seconds")
		require.Equal(t, channels, arrived("small"))
	})
}

// A channel with many recipients that does not answer takes its part of the memory only.
func TestLargeOnesOfASlowChannelDelayNoOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := &fake{recipients: []string{"a", "b", "c", "d", "e", "f"}, send: func(ctx context.Context, _ string, _ channel.Message) error {
			<-ctx.Done()
			return ctx.Err()
		}}
		other := &fake{recipients: []string{"alice"}}
		r := newRig(t, t.TempDir(), route("slow", slow), route("other", other))
		r.accept(large(r.submission("slow", "m", slow.recipients...), largeOfChannel))
		synctest.Wait()
		r.accept(large(r.submission("other", "m", "alice"), largeOfChannel))
		synctest.Wait()
		require.Len(t, other.told("alice"), 1)
	})
}
