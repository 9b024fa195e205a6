// SPDX-License-Identifier: Apache-2.0

package history_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/history"
	"github.com/pharos-status/pharos/statuspage/store"
)

// Every synctest bubble begins at midnight UTC, 1 January 2000.
var today = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func ago(days int) time.Time { return today.AddDate(0, 0, -days) }

func healthy(minutes uint16) statuspage.Minutes { return statuspage.Minutes{status.Healthy: minutes} }

// series returns the healthy minutes of api by day.
func series(h statuspage.History) []uint16 {
	var out []uint16
	for _, m := range h.Nodes[api] {
		out = append(out, m[status.Healthy])
	}
	return out
}

func refresh(t *testing.T, k *history.Keeper) (statuspage.Since, statuspage.History) {
	t.Helper()
	_, since, h, err := k.Refresh(t.Context(), time.Now())
	require.NoError(t, err)
	return since, h
}

func TestDays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeSource{status: status.Healthy, days: map[time.Time]statuspage.Minutes{ago(100): healthy(5), ago(2): healthy(1440), ago(1): healthy(1400)}}
		m := &memory{}
		k := keeper(t, f, m)
		_, h := refresh(t, k)
		require.Equal(t, "Days 10-04–01-01", f.took(), "90 days at first, and nobody is asked about what is well")
		require.Equal(t, today, h.Today)
		require.Equal(t, []uint16{1440, 1400, 0}, series(h))
		require.Len(t, h.Services["web"], 3)
		require.Zero(t, m.kept, "Refresh does not wait for the store")

		require.True(t, k.Round(t.Context(), time.Now()))
		require.Equal(t, "Days 07-06–10-03, Latency 0, Latency 1, Latency 2, Latency 3", f.took())
		require.Len(t, series(k.History()), 101)
		require.Equal(t, map[time.Time]statuspage.Minutes{ago(100): healthy(5), ago(2): healthy(1440)}, m.days.Nodes[api], "yesterday may still change")
		k.Round(t.Context(), time.Now())
		require.Equal(t, "Days 04-07–07-05", f.took(), "until there are no more")
		k.Round(t.Context(), time.Now())
		require.Empty(t, f.took())

		time.Sleep(5 * time.Minute)
		f.set(func() { f.days[today], f.days[ago(1)] = healthy(5), healthy(1440) })
		_, h = refresh(t, k)
		require.Equal(t, "Days 12-31–01-01", f.took())
		require.Equal(t, []uint16{1440, 1440, 5}, series(h)[98:])
		_, _ = refresh(t, k)
		require.Empty(t, f.took(), "not yet")

		time.Sleep(time.Hour)
		refresh(t, k)
		k.Round(t.Context(), time.Now())
		require.Equal(t, healthy(1440), m.days.Nodes[api][ago(1)], "it is over and summed")
		require.NotContains(t, m.days.Nodes[api], today)
		f.took()
		time.Sleep(5 * time.Minute)
		refresh(t, k)
		require.Equal(t, "Days 01-01–01-01", f.took())
	})
}

func TestMidnight(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeSource{status: status.Healthy, days: map[time.Time]statuspage.Minutes{today: healthy(1440)}}
		k := keeper(t, f, &memory{})
		time.Sleep(24*time.Hour - time.Minute)
		refresh(t, k)
		f.took()
		time.Sleep(time.Minute)
		_, h := refresh(t, k)
		require.Equal(t, today.AddDate(0, 0, 1), h.Today)
		require.Equal(t, []uint16{1440, 0}, series(h))
		require.Equal(t, "Days 01-01–01-02", f.took(), "at once")
	})
}

// TestStore: what was kept is there while Prometheus is not, and who saw more of a day
// is believed.
func TestStore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &memory{}
		require.NoError(t, m.KeepDays(t.Context(), statuspage.Intervals{Nodes: map[status.NodeID]map[time.Time]statuspage.Minutes{
			api: {ago(500): healthy(7), ago(3): healthy(1440), ago(2): healthy(10)},
		}}))
		f := &fakeSource{err: errDown, days: map[time.Time]statuspage.Minutes{ago(3): healthy(10), ago(2): healthy(1440)}}
		k := keeper(t, f, m)
		_, _, h, err := k.Refresh(t.Context(), time.Now())
		require.ErrorIs(t, err, errDown)
		require.Equal(t, []uint16{1440, 10, 0, 0}, series(h), "the last 90 days")
		k.Round(t.Context(), time.Now())
		require.Len(t, series(k.History()), 501, "with nothing for more than 90 days")

		f.set(func() { f.err = nil })
		_, h = refresh(t, k)
		require.Equal(t, []uint16{1440, 10, 0, 0}, series(h)[497:], "it is not asked again within a minute")
		time.Sleep(time.Minute)
		_, h = refresh(t, k)
		require.Equal(t, []uint16{1440, 1440, 0, 0}, series(h)[497:])
		k.Round(t.Context(), time.Now())
		require.Equal(t, map[time.Time]statuspage.Minutes{ago(500): healthy(7), ago(3): healthy(1440), ago(2): healthy(1440)}, m.days.Nodes[api])
	})
}

func TestStoreIsAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		m := &memory{err: store.ErrAway}
		f := &fakeSource{status: status.Healthy, days: map[time.Time]statuspage.Minutes{ago(2): healthy(1440)}}
		k, err := history.New(history.Options{
			Source: func() statuspage.Source { return f }, Store: m, Logger: slog.New(slog.NewTextHandler(&log, nil)),
		})
		require.NoError(t, err)
		_, h := refresh(t, k)
		require.Equal(t, []uint16{1440, 0, 0}, series(h))
		for range 3 {
			k.Round(t.Context(), time.Now())
			time.Sleep(time.Minute)
		}
		require.Equal(t, 1, strings.Count(log.String(), "keeping days"), log.String())

		m.set(func() {
			m.err = nil
			m.days.Nodes = map[status.NodeID]map[time.Time]statuspage.Minutes{api: {ago(3): healthy(3)}}
			m.days.Services = map[string]map[time.Time]statuspage.Minutes{}
		})
		k.Round(t.Context(), time.Now())
		require.Equal(t, []uint16{3, 1440, 0, 0}, series(k.History()))
		require.Equal(t, healthy(1440), m.days.Nodes[api][ago(2)], "nothing is lost")
		require.Contains(t, log.String(), "a part of the history works again")
	})
}

// TestMissedSum: a day whose sum was never recorded is kept as it was known.
func TestMissedSum(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(20 * time.Hour)
		f, m := &fakeSource{days: map[time.Time]statuspage.Minutes{today: healthy(1440)}}, &memory{}
		k := keeper(t, f, m)
		for time.Since(today) < 25*time.Hour {
			k.Round(t.Context(), time.Now())
			time.Sleep(5 * time.Minute)
		}
		require.Empty(t, m.days.Nodes, "it is not over and summed")
		f.set(func() { f.days = nil })
		for range 6 {
			k.Round(t.Context(), time.Now())
			time.Sleep(5 * time.Minute)
		}
		require.Equal(t, map[time.Time]statuspage.Minutes{today: healthy(1440)}, m.days.Nodes[api])
		require.Equal(t, map[time.Time]statuspage.Minutes{today: healthy(1440)}, m.days.Services["web"])
	})
}

func TestReload(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		old, other := &fakeSource{status: status.Healthy}, &fakeSource{status: status.Healthy}
		var present atomic.Pointer[fakeSource]
		present.Store(old)
		k, err := history.New(history.Options{
			Source: func() statuspage.Source { return present.Load() }, Store: &memory{}, Logger: slog.New(slog.DiscardHandler),
		})
		require.NoError(t, err)
		refresh(t, k)
		k.Round(t.Context(), time.Now())
		old.took()
		present.Store(other)
		refresh(t, k)
		require.Equal(t, "Days 10-04–01-01", other.took(), "it may know more, of other components")
		require.Empty(t, old.took())
	})
}

func TestCorrections(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeSource{status: status.Healthy, spent: statuspage.Intervals{
			Nodes: map[status.NodeID]map[time.Time]statuspage.Minutes{api: {ago(1): healthy(9)}},
		}}
		m := &memory{contents: store.Contents{Revision: 1}}
		k := keeper(t, f, m)
		_, h := refresh(t, k)
		require.Empty(t, h.Spent)
		f.took()
		m.set(func() {
			m.contents = store.Contents{Revision: 2, Corrections: []statuspage.Correction{{ID: "c", From: ago(1), To: ago(0).Add(-time.Hour)}}}
		})
		_, h = refresh(t, k)
		require.Equal(t, "Spent", f.took())
		require.Equal(t, f.spent, h.Spent["c"])
		refresh(t, k)
		require.Empty(t, f.took(), "once")
		k.Round(t.Context(), time.Now())
		require.Equal(t, f.spent, m.spent["c"])

		f.took()
		again := keeper(t, f, m)
		_, h = refresh(t, again)
		require.NotContains(t, f.took(), "Spent", "the store has it")
		require.Equal(t, f.spent, h.Spent["c"])
	})
}

// TestReloadDuringSpent: what the old source says of a correction is of no use.
func TestReloadDuringSpent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		old, other := &fakeSource{status: status.Healthy}, &fakeSource{status: status.Healthy}
		other.spent.Nodes = map[status.NodeID]map[time.Time]statuspage.Minutes{api: {ago(1): healthy(9)}}
		var present atomic.Pointer[fakeSource]
		present.Store(old)
		m := &memory{contents: store.Contents{Revision: 2, Corrections: []statuspage.Correction{{ID: "c", From: ago(1), To: ago(0).Add(-time.Hour)}}}}
		k, err := history.New(history.Options{
			Source: func() statuspage.Source { return present.Load() }, Store: m, Logger: slog.New(slog.DiscardHandler),
		})
		require.NoError(t, err)
		old.atSpent = func() {
			present.Store(other)
			k.Round(t.Context(), time.Now()) // which notices
		}
		refresh(t, k)
		_, h := refresh(t, k)
		require.Equal(t, other.spent, h.Spent["c"])
	})
}

func TestCharts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeSource{latency: map[status.NodeID]statuspage.Latency{api: {Median: statuspage.Series{Values: []float32{1}}}}}
		k := keeper(t, f, &memory{})
		k.Round(t.Context(), time.Now())
		first := k.History().Latency[api]
		require.Equal(t, []float32{1}, first[statuspage.LastQuarter].Median.Values)
		f.took()
		time.Sleep(6 * time.Minute)
		f.set(func() { f.latency[api] = statuspage.Latency{Median: statuspage.Series{Values: []float32{2}}} })
		k.Round(t.Context(), time.Now())
		require.Contains(t, f.took(), "Latency 0")
		require.Equal(t, []float32{1}, first[statuspage.LastDay].Median.Values, "what was given away does not change")
		now := k.History().Latency[api]
		require.Equal(t, []float32{2}, now[statuspage.LastDay].Median.Values)
		require.Equal(t, []float32{1}, now[statuspage.LastWeek].Median.Values)

		f.set(func() { f.latency = nil })
		time.Sleep(7 * time.Hour)
		k.Round(t.Context(), time.Now())
		require.Empty(t, k.History().Latency, "the node is gone")
	})
}

func TestRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeSource{days: map[time.Time]statuspage.Minutes{ago(2): healthy(1)}}
		var changed atomic.Int32
		k, err := history.New(history.Options{
			Source: func() statuspage.Source { return f }, Store: &memory{}, Changed: func() { changed.Add(1) }, Logger: slog.New(slog.DiscardHandler),
		})
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- k.Run(ctx) }()
		synctest.Wait()
		require.EqualValues(t, 1, changed.Load())
		time.Sleep(time.Minute + time.Second)
		require.EqualValues(t, 1, changed.Load(), "nothing was due")
		time.Sleep(5 * time.Minute)
		require.EqualValues(t, 3, changed.Load(), "days and charts")
		cancel()
		require.NoError(t, <-done)
	})
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	_, err := history.New(history.Options{})
	require.EqualError(t, err, "history: Options.Source, Store and Logger are required")
}
