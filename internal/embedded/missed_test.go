// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/storage"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/rules/alerting"
)

// Time as it is counted, in short: a tick of the state each four seconds, and
// their sum each minute, with windows whose borders lie between the ticks.
const countingRules = `groups:
- name: a_fast
  rules:
  - {record: healthy, expr: 'min(pharos_replica_status{status="healthy"})'}
- name: b_ticks
  interval: 4s
  rules:
  - {record: tick, labels: {state: down}, expr: 'healthy + 1 == 1'}
  - {record: tick, labels: {state: up}, expr: 'healthy == 1'}
- name: c_sums
  interval: 1m
  rules:
  - {record: 'ticks:sum1m', expr: 'sum by (state) (count_over_time(tick[1m] offset 2s))'}
  - {record: 'ticks:all1m', expr: 'sum(count_over_time(tick[1m] offset 2s))'}
`

const countingTick = time.Second

// A life is a process that counts, driven step by step in simulated time.
type life struct {
	t    *testing.T
	d    *driver
	e    *exporter
	dies *dying
	data string
	end  func()
}

// dying is a storage that takes as many more commits as are left, and then none:
// what a process left that was killed in between.
type dying struct {
	storage.Appendable
	left atomic.Int64
}

func (d *dying) Appender(ctx context.Context) storage.Appender {
	return &dyingAppender{d.Appendable.Appender(ctx), d}
}

type dyingAppender struct {
	storage.Appender
	d *dying
}

func (a *dyingAppender) Commit() error {
	if a.d.left.Add(-1) < 0 {
		return a.Rollback()
	}
	return a.Appender.Commit()
}

// live starts a process on the data, whose rules may be committed so many times.
func live(t *testing.T, data string, commits int64) *life {
	t.Helper()
	l := &life{t: t, e: newExporter(1), data: data}
	o := usual(t, l.e)
	o.StoragePath, o.ScrapeInterval, o.Registerer = data, countingTick, prometheus.NewRegistry()
	o.testRules = map[string][]byte{"test.rules.yml": []byte(countingRules)}
	o = o.withDefaults()
	p, err := openPrometheus(o, http.NotFoundHandler())
	require.NoError(t, err)
	l.end = sync.OnceFunc(func() { require.NoError(t, p.close()) })
	t.Cleanup(l.end)
	l.dies = &dying{Appendable: p.results.Appendable}
	l.dies.left.Store(commits)
	p.results.Appendable = l.dies
	l.d = newDriver(p, newMetrics(o.Registerer))
	c, err := loadPrometheus(o)
	require.NoError(t, err)
	groups, err := p.loadRules(o, c, alerting.Default())
	require.NoError(t, err)
	l.d.begin(t.Context(), groups)
	l.d.iterate(t.Context(), start)
	return l
}

// until lets simulated time pass, with ticks, and the scrapes shortly after each.
func (l *life) until(at time.Time) {
	l.t.Helper()
	for {
		next := l.d.due()
		if next.After(at) {
			time.Sleep(time.Until(at)) // simulated
			return
		}
		time.Sleep(time.Until(next)) // simulated
		l.d.onTime(l.t.Context())
		if l.dies.left.Load() > 0 {
			l.scrape()
		}
	}
}

// minutes returns the moment after so many full minutes.
func minutes(n int) time.Time {
	return time.Now().Truncate(time.Minute).Add(time.Duration(n)*time.Minute + time.Second)
}

// scrape writes what a scrape brings, a moment later.
func (l *life) scrape() {
	l.t.Helper()
	at := time.Now().Add(300 * time.Millisecond)
	for _, status := range []string{"healthy", "sick", "dead"} {
		v := 0.0
		if status == "healthy" {
			v = 1
		}
		series := l.d.feed.scraped(l.e.metric(0, status))
		require.NoError(l.t, write(l.t.Context(), l.d.p.db, at, []point{{series, v}}))
	}
}

// kill ends the process: what is on disk is all that is left.
func (l *life) kill() (data string) {
	l.t.Helper()
	left := l.t.TempDir()
	require.NoError(l.t, os.CopyFS(left, os.DirFS(l.data)))
	l.end()
	return left
}

// counted returns the times and values of a series.
func (l *life) counted(name, state string) map[int64]float64 {
	l.t.Helper()
	all := times(l.t, l.d.p.db, name, labels.MustNewMatcher(labels.MatchEqual, "state", state))
	maps.DeleteFunc(all, func(_ int64, v float64) bool { return value.IsStaleNaN(v) })
	return all
}

// check holds the sums to the ticks: each tick up to the last full minute is in
// exactly one.
func (l *life) check() (ticks int) {
	l.t.Helper()
	end := time.Now().Truncate(time.Minute).Add(-2 * time.Second).UnixMilli()
	for at := range l.counted("tick", "up") {
		require.Zero(l.t, at%4000, "ticks have their time")
		if at <= end {
			ticks++
		}
	}
	total := 0.0
	for at, n := range l.counted("ticks:sum1m", "up") {
		require.Zero(l.t, at%60_000, "sums have their time")
		total += n
	}
	require.InDelta(l.t, ticks, total, 0, "every tick is counted once")
	all := 0.0
	for _, n := range l.counted("ticks:all1m", "") {
		all += n
	}
	require.InDelta(l.t, ticks, all, 0)
	require.Empty(l.t, l.counted("tick", "down"))
	return ticks
}

// TestEveryTickIsCountedOnceWhateverEndsTheProcess kills a process at each point of
// what it does at the end of a minute, and starts the next one sooner or later.
func TestEveryTickIsCountedOnceWhateverEndsTheProcess(t *testing.T) {
	t.Parallel()
	for commits := range int64(7) {
		for _, down := range []time.Duration{100 * time.Millisecond, 3 * time.Second, 30 * time.Second, 5 * time.Minute} {
			t.Run(fmt.Sprintf("%d commits, %s", commits, down), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					began := time.Now()
					first := live(t, t.TempDir(), 1_000_000)
					slot := began.Truncate(time.Minute).Add(3 * time.Minute)
					first.until(slot.Add(-time.Millisecond))
					first.dies.left.Store(commits)
					first.until(slot)
					data := first.kill()
					time.Sleep(down) // simulated

					second := live(t, data, 1_000_000)
					second.until(minutes(3))

					ticks := second.check()
					up := time.Since(began) - down
					require.InDelta(t, up.Seconds()/4, ticks, 20, "time that was watched is counted")
					require.Contains(t, second.counted("tick", "up"), slot.UnixMilli(), "the tick at which it ended is there")
				})
			})
		}
	}
}

// TestALateEvaluationIsOneOfItsSlot holds a process up over the end of a minute, or
// over several of them.
func TestALateEvaluationIsOneOfItsSlot(t *testing.T) {
	t.Parallel()
	for _, stall := range []time.Duration{500 * time.Millisecond, 40 * time.Second, 70 * time.Second, 4 * time.Minute} {
		t.Run(stall.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				l := live(t, t.TempDir(), 1_000_000)
				slot := began.Truncate(time.Minute).Add(2 * time.Minute)
				l.until(slot.Add(-time.Millisecond))
				time.Sleep(stall) // simulated
				l.until(minutes(3))

				ticks := l.check()
				require.InDelta(t, (time.Since(began)-stall).Seconds()/4, ticks, 3, "time that was watched is counted")
				require.Contains(t, l.counted("ticks:sum1m", "up"), slot.UnixMilli())
			})
		})
	}
}

// TestWhatWasEvaluatedStays has a process end after a slot, in whatever state it
// was, and looks that the next one adds nothing to it.
func TestWhatWasEvaluatedStays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		first := live(t, t.TempDir(), 1_000_000)
		slot := time.Now().Truncate(time.Minute).Add(2 * time.Minute)
		first.until(slot)
		late := labels.FromStrings("__name__", "healthy", "of", "another")
		require.NoError(t, write(t.Context(), first.d.p.db, slot, []point{{late, 0}}))
		second := live(t, first.kill(), 1_000_000)

		require.Contains(t, second.counted("tick", "up"), slot.UnixMilli())
		require.NotContains(t, second.counted("tick", "down"), slot.UnixMilli())
	})
}
