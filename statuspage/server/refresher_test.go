// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

// running starts the refresher over the source, in a bubble, and returns it.
func running(t *testing.T, s statuspage.Source, k keeper) *refresher {
	t.Helper()
	now := settingsWith(s)
	r := refresherWith(t, func() *settings { return now }, k)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	synctest.Wait()
	return r
}

func shown(r *refresher, path string) string { return string(r.site.Load().pages[path].body) }

// pass lets the time of the bubble pass.
func pass(d time.Duration) { time.Sleep(d) } // it passes at once

// after lets time pass, and all that is due then happen.
func after(d time.Duration) {
	pass(d)
	synctest.Wait()
}

func TestAsksAtOnceAndEveryInterval(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		r := running(t, fakeSource{func(context.Context) (statuspage.Reading, error) {
			asked.Add(1)
			return readingOf(status.Sick), nil
		}}, &memory{})
		require.EqualValues(t, 1, asked.Load())
		require.Equal(t, "sick", shown(r, "/status/text"))
		require.True(t, r.tried.Load())
		after(time.Minute)
		require.EqualValues(t, 5, asked.Load())
	})
}

func TestRequestsWhileAskingBecomeOneMore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		r := running(t, fakeSource{func(context.Context) (statuspage.Reading, error) {
			asked.Add(1)
			pass(time.Second)
			return readingOf(status.Healthy), nil
		}}, &memory{})
		for range 100 {
			r.refreshSoon()
		}
		synctest.Wait()
		require.EqualValues(t, 1, asked.Load())
		after(5 * time.Second)
		require.EqualValues(t, 2, asked.Load())
	})
}

func TestHangingPrometheusTurnsThePageUnknownOnTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var hangs atomic.Bool
		r := running(t, fakeSource{func(ctx context.Context) (statuspage.Reading, error) {
			if hangs.Load() {
				<-ctx.Done()
				return statuspage.Reading{}, ctx.Err()
			}
			return readingOf(status.Healthy), nil
		}}, &memory{})
		hangs.Store(true)
		after(2 * time.Minute)
		require.Equal(t, "healthy", shown(r, "/status/text"), "as old as stale_after is not older")
		after(2 * time.Millisecond)
		require.Equal(t, "unknown", shown(r, "/status/text"))
		require.Contains(t, shown(r, "/"), "Status unknown: no data since")
		require.Contains(t, shown(r, "/"), "Programming interface", "the layout stays")

		hangs.Store(false)
		after(30 * time.Second)
		require.Equal(t, "healthy", shown(r, "/status/text"))
	})
}

func TestOldSamplesAreStaleThoughPrometheusAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		r := running(t, fakeSource{func(context.Context) (statuspage.Reading, error) {
			reading := readingOf(status.Healthy)
			reading.Newest = begin
			return reading, nil
		}}, &memory{})
		after(2 * time.Minute)
		require.Equal(t, "healthy", shown(r, "/status/text"))
		after(2 * time.Millisecond)
		require.Equal(t, "unknown", shown(r, "/status/text"))
	})
}

func TestUnreachableAtStartIsUnknownAndRecovers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var down atomic.Bool
		down.Store(true)
		k := &memory{layout: layout("From the last run")}
		r := running(t, fakeSource{func(context.Context) (statuspage.Reading, error) {
			if down.Load() {
				return statuspage.Reading{}, errDown
			}
			return readingOf(status.Healthy), nil
		}}, k)
		require.True(t, r.tried.Load(), "it can say that nothing is known")
		require.Equal(t, "unknown", shown(r, "/status/text"))
		require.Contains(t, shown(r, "/"), "From the last run")
		require.Contains(t, shown(r, "/"), "Status unknown: no data yet")
		require.InDelta(t, 1, testutil.ToFloat64(r.metrics.refreshes.WithLabelValues("error")), 0)
		require.Zero(t, testutil.ToFloat64(r.metrics.lastSuccess))

		down.Store(false)
		after(15 * time.Second)
		require.Equal(t, "healthy", shown(r, "/status/text"))
		require.Contains(t, shown(r, "/"), "Programming interface")
		require.InDelta(t, seconds(time.Now()), testutil.ToFloat64(r.metrics.lastSuccess), 0.1)
	})
}

func TestAnnouncementsAreShownThoughPrometheusHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := &memory{}
		r := running(t, fakeSource{func(ctx context.Context) (statuspage.Reading, error) {
			<-ctx.Done()
			return statuspage.Reading{}, ctx.Err()
		}}, k)
		require.False(t, r.tried.Load())
		k.announce("Back soon")
		r.redrawSoon()
		synctest.Wait()
		require.Contains(t, shown(r, "/"), "Back soon")

		k.mu.Lock()
		k.err = errDown
		k.mu.Unlock()
		r.redrawSoon()
		synctest.Wait()
		require.Contains(t, shown(r, "/"), "Back soon", "what was read before stays")
	})
}

func TestLayoutIsSavedWhenItChanges(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var empty atomic.Bool
		k := &memory{}
		r := running(t, fakeSource{func(context.Context) (statuspage.Reading, error) {
			reading := readingOf(status.Healthy)
			if empty.Load() {
				reading.Layout = statuspage.Layout{}
			}
			return reading, nil
		}}, k)
		after(time.Minute)
		require.Equal(t, 1, k.saved)
		empty.Store(true)
		after(time.Minute)
		require.Equal(t, 1, k.saved)
		require.Contains(t, shown(r, "/"), "Programming interface")
	})
}

// The answer of a source that was replaced while it was asked is not shown.
func TestAnswersOfReplacedSettingsAreDropped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var current atomic.Pointer[settings]
		current.Store(settingsWith(fakeSource{func(context.Context) (statuspage.Reading, error) {
			pass(time.Second)
			return readingOf(status.Dead), nil
		}}))
		r := refresherWith(t, current.Load, &memory{})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go r.run(ctx)
		synctest.Wait()
		current.Store(settingsWith(answering(status.Healthy)))
		r.refreshSoon()
		for range 3 {
			require.NotEqual(t, "dead", shown(r, "/status/text"))
			after(time.Second)
		}
		require.Equal(t, "healthy", shown(r, "/status/text"))
	})
}
