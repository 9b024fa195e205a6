// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/store"
)

// running starts the refresher over the source, in a bubble, and returns it.
func running(t *testing.T, s statuspage.Source, k *memory) *rig {
	t.Helper()
	now := settingsOf(t, s)
	r := refresherWith(func() *settings { return now }, k)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	var parts sync.WaitGroup
	parts.Go(func() { r.run(ctx) })
	parts.Go(func() { r.follower.run(ctx) })
	go func() {
		defer close(done)
		parts.Wait()
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	synctest.Wait()
	return r
}

// A rig is a refresher with the follower of a store that forgets.
type rig struct {
	*refresher
	follower *follower
}

func refresherWith(now func() *settings, k *memory) *rig {
	r := &refresher{
		settings: now, keeper: presentOf(now), layouts: k, gallery: newGallery(newStudio(2, func() {}, quiet())),
		metrics: newMetrics(Options{}), log: quiet(), ask: make(chan struct{}, 1), redraw: make(chan struct{}, 1),
	}
	f := newFollower(k, r.redrawSoon, quiet())
	r.contents = f.now.Load
	f.look(context.Background())
	r.begin(context.Background())
	return &rig{r, f}
}

// presentOf asks a source for the present alone.
type presentOf func() *settings

func (p presentOf) Refresh(ctx context.Context, _ time.Time) (r statuspage.Reading, _ statuspage.Since, _ statuspage.History, err error) {
	r, err = p().source.Current(ctx)
	return
}

func (presentOf) History() statuspage.History { return statuspage.History{} }

func shownAt(r *rig, path string) string {
	return ask(r.gallery.shown.Load().sites[0], http.MethodGet, path).Body.String()
}

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
		require.Equal(t, "sick", shownAt(r, "/status/text"))
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
		require.Equal(t, "healthy", shownAt(r, "/status/text"), "as old as stale_after is not older")
		after(2 * time.Millisecond)
		require.Equal(t, "unknown", shownAt(r, "/status/text"))
		require.Contains(t, shownAt(r, "/"), "has not answered since")
		require.Contains(t, shownAt(r, "/"), "Programming interface", "the layout stays")

		hangs.Store(false)
		after(30 * time.Second)
		require.Equal(t, "healthy", shownAt(r, "/status/text"))
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
		require.Equal(t, "healthy", shownAt(r, "/status/text"))
		after(2 * time.Millisecond)
		require.Equal(t, "unknown", shownAt(r, "/status/text"))
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
		require.Equal(t, "unknown", shownAt(r, "/status/text"))
		require.Contains(t, shownAt(r, "/"), "From the last run")
		require.Contains(t, shownAt(r, "/"), "has not answered yet")
		require.InDelta(t, 1, testutil.ToFloat64(r.metrics.refreshes.WithLabelValues("error")), 0)
		require.Zero(t, testutil.ToFloat64(r.metrics.lastSuccess))

		down.Store(false)
		after(15 * time.Second)
		require.Equal(t, "healthy", shownAt(r, "/status/text"))
		require.Contains(t, shownAt(r, "/"), "Programming interface")
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
		r.follower.lookSoon()
		synctest.Wait()
		require.Contains(t, shownAt(r, "/"), "Back soon")

		k.announce("Of another instance")
		after(lookEvery)
		require.Contains(t, shownAt(r, "/"), "Of another instance")

		k.fail(store.ErrAway)
		after(lookEvery)
		require.Contains(t, shownAt(r, "/"), "Back soon", "what was read before stays")
		require.True(t, r.gallery.shown.Load().sites[0].page.ReadOnly)
		k.fail(nil)
		after(lookEvery)
		require.False(t, r.gallery.shown.Load().sites[0].page.ReadOnly)
	})
}

func TestLayoutIsSavedUnlessItIsEmpty(t *testing.T) {
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
		require.Equal(t, 1, k.saved)
		empty.Store(true)
		after(time.Minute)
		require.Equal(t, 1, k.saved)
		require.Contains(t, shownAt(r, "/"), "Programming interface")
	})
}

// Planned work begins and ends on the page at its time, whatever Prometheus does.
func TestMaintenanceBeginsOnTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := &memory{}
		start := time.Now().Add(7 * time.Second)
		k.contents.Revision = 1
		k.contents.Maintenances = []statuspage.Maintenance{{
			ID: "abcdefghij", Title: "Move", Components: []statuspage.Ref{{Service: "web"}}, Start: start, End: start.Add(3 * time.Second),
		}}
		r := running(t, answering(status.Healthy), k)
		in := func() bool { return r.gallery.shown.Load().sites[0].page.Services[0].InMaintenance }
		require.False(t, in())
		after(7*time.Second + 5*time.Millisecond)
		require.True(t, in())
		after(3 * time.Second)
		require.False(t, in())
	})
}

// The answer of a source that was replaced while it was asked is not shown.
func TestAnswersOfReplacedSettingsAreDropped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var current atomic.Pointer[settings]
		current.Store(settingsOf(t, fakeSource{func(context.Context) (statuspage.Reading, error) {
			pass(time.Second)
			return readingOf(status.Dead), nil
		}}))
		r := refresherWith(current.Load, &memory{})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go r.run(ctx)
		synctest.Wait()
		current.Store(settingsOf(t, answering(status.Healthy)))
		r.refreshSoon()
		for range 3 {
			require.NotEqual(t, "dead", shownAt(r, "/status/text"))
			after(time.Second)
		}
		require.Equal(t, "healthy", shownAt(r, "/status/text"))
	})
}
