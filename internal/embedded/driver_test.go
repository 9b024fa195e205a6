// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"context"
	"errors"
	"math"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/rules/alerting"
)

// times returns when samples of the series were written, in ms.
func times(t *testing.T, q storage.Queryable, name string, matchers ...*labels.Matcher) map[int64]float64 {
	t.Helper()
	querier, err := q.Querier(0, math.MaxInt64)
	require.NoError(t, err)
	set := querier.Select(t.Context(), false, nil, append(matchers, labels.MustNewMatcher(labels.MatchEqual, "__name__", name))...)
	all := map[int64]float64{}
	for set.Next() {
		it := set.At().Iterator(nil)
		for it.Next() == chunkenc.ValFloat {
			at, v := it.At()
			all[at] = v
		}
	}
	require.NoError(t, set.Err())
	require.NoError(t, querier.Close())
	return all
}

// bare is a driver without scrapes, notifications and Alertmanager, for tests in
// simulated time.
func bare(t *testing.T, e *exporter, rules string) *driver {
	t.Helper()
	o := usual(t, e)
	o.ScrapeInterval = 15 * time.Second
	o.testRules = map[string][]byte{"test.rules.yml": []byte(rules)}
	o = o.withDefaults()
	p, err := openPrometheus(o, http.NotFoundHandler())
	require.NoError(t, err)
	d := newDriver(p, newMetrics(o.Registerer))
	c, err := loadPrometheus(o)
	require.NoError(t, err)
	groups, err := p.loadRules(o, c, alerting.Default())
	require.NoError(t, err)
	d.replace(t.Context(), groups)
	return d
}

func TestGroupsHaveTheirOwnTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(7*time.Minute + 3*time.Second) // begin at an odd time
		e := newExporter(2)
		d := bare(t, e, `groups:
- {name: fast, rules: [{record: fast, expr: 'time()'}, {record: steady, expr: 'vector(1)'}]}
- {name: minute, interval: 1m, rules: [{record: minute, expr: 'time()'}]}
- {name: hour, interval: 1h, rules: [{record: hour, expr: 'time()'}]}
`)
		ctx, cancel := context.WithCancel(t.Context())
		began := time.Now()
		done := make(chan struct{})
		go func() { d.run(ctx); close(done) }()
		time.Sleep(2*time.Hour + 30*time.Second) // simulated
		for i := range 4 {
			e.set(0, i%2 == 1)
			time.Sleep(20 * time.Second) // simulated
		}
		cancel()
		<-done

		hours, minutes := times(t, d.p.db, "hour"), times(t, d.p.db, "minute")
		require.Len(t, hours, 2)
		for at := range hours {
			require.Zero(t, at%time.Hour.Milliseconds())
		}
		require.Len(t, minutes, 121)
		for at := range minutes {
			require.Zero(t, at%time.Minute.Milliseconds(), "an event evaluates no slow group")
		}
		ticks, odd := 0, 0
		for at := range times(t, d.p.db, "fast") {
			if at%15_000 == 0 {
				ticks++
			} else {
				odd++
			}
		}
		elapsed := time.Since(began)
		require.Equal(t, int(elapsed/(15*time.Second)), ticks)
		require.Equal(t, 4+1, odd, "the events and the start")
		require.Len(t, times(t, d.p.db, "steady"), ticks+1, "an event writes only what it changed")
		require.NoError(t, d.p.close())
	})
}

func TestAStormOfEventsIsEvaluatedInGulps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := newExporter(100)
		d := bare(t, e, testRules)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { d.run(ctx); close(done) }()
		synctest.Wait()
		for i := range 100 {
			e.set(i, false)
		}
		time.Sleep(time.Second) // simulated
		cancel()
		<-done
		total := len(times(t, d.p.db, schema.ReplicaSeverity))
		require.LessOrEqual(t, total, 4)
		require.NoError(t, d.p.close())
	})
}

func TestStampsOnlyGoForward(t *testing.T) {
	t.Parallel()
	d := &driver{tick: 15 * time.Second}
	noon := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		now  time.Duration
		even bool
		want time.Duration
	}{
		{3 * time.Millisecond, true, 0},                                                      // a tick that is a little late
		{3*time.Millisecond + time.Microsecond, false, 4 * time.Millisecond},                 // an event
		{3*time.Millisecond + 2*time.Microsecond, false, 5 * time.Millisecond},               // another one in the same millisecond
		{15*time.Second + 300*time.Millisecond, true, 15 * time.Second},                      // as late as it may be
		{30*time.Second + 301*time.Millisecond, true, 30*time.Second + 302*time.Millisecond}, // too late
		{20 * time.Second, false, 30*time.Second + 303*time.Millisecond},                     // the clock was set back
	} {
		require.Equal(t, noon.Add(c.want), d.stamp(noon.Add(c.now), c.even))
	}
}

func TestFeed(t *testing.T) {
	t.Parallel()
	e := newExporter(1)
	f := newFeed(e, instance)
	first := f.next()
	require.Len(t, first, 4, "three statuses and up")
	require.Equal(t, `{__name__="up", instance="127.0.0.1:9640", job="pharos_exporter"}`, first[3].labels.String())

	e.set(0, true)
	require.Empty(t, f.next(), "nothing has changed")

	sample := func(name string, v float64) {
		e.pending = append(e.pending, &model.Sample{Metric: model.Metric{"__name__": model.LabelValue(name), "empty": ""}, Value: model.SampleValue(v)})
	}
	sample(schema.ReplicaProbeDuration, 0.5)
	require.Empty(t, f.next(), "a measurement waits for the scrape")

	sample(schema.ReplicaProbeDuration, 0.6)
	sample(schema.NodeMinHealthy, 1)
	sample(schema.NodeMinHealthy, 2)
	points := f.next()
	require.Len(t, points, 2, "it goes with what has changed; the last sample of a series counts")

	sample(schema.NodeMinHealthy, math.Float64frombits(schema.StaleBits))
	require.Len(t, f.next(), 1)
	sample(schema.NodeMinHealthy, math.Float64frombits(schema.StaleBits))
	require.Empty(t, f.next(), "it has ended before")
}

func TestLateSamplesOfTheExporterAreDropped(t *testing.T) {
	t.Parallel()
	for _, cause := range []error{storage.ErrOutOfOrderSample, storage.ErrDuplicateSampleForTimestamp, storage.ErrOutOfBounds} {
		a := lateTolerantAppender{refusing{err: cause}}
		put := func(job string) error {
			_, err := a.Append(7, labels.FromStrings("job", job), 0, 1, 1, nil, nil, storage.AOptions{})
			return err
		}
		require.ErrorIs(t, put("apps"), cause, "the users' jobs have their errors")
		if errors.Is(cause, storage.ErrOutOfBounds) {
			require.ErrorIs(t, put(schema.JobExporter), cause)
		} else {
			require.NoError(t, put(schema.JobExporter))
		}
	}
}

type refusing struct {
	storage.AppenderV2
	err error
}

func (r refusing) Append(storage.SeriesRef, labels.Labels, int64, int64, float64, *histogram.Histogram, *histogram.FloatHistogram, storage.AOptions) (storage.SeriesRef, error) {
	return 0, r.err
}

func TestStaleBitsAreThoseOfPrometheus(t *testing.T) {
	t.Parallel()
	require.Equal(t, value.StaleNaN, schema.StaleBits)
}

func TestRelease(t *testing.T) {
	t.Parallel()
	require.Equal(t, "3.15.0", release("0.315.0"))
	require.Equal(t, "3.5.12", release("0.305.12"))
	require.Equal(t, "unknown", release("unknown"))
}
