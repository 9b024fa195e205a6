// SPDX-License-Identifier: Apache-2.0

package rules_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/schema"
)

// schedules returns those of the embedded engine, which evaluates at whole minutes
// and hours and a few ms, and of Prometheus, which gives each group an offset and
// keeps to it exactly.
func schedules() map[string]schedule {
	rng := rand.New(rand.NewPCG(0, 1))
	return map[string]schedule{
		"embedded":    {jitter: 9, late: true},
		"Prometheus":  {tick: rng.Int64N(60_000), hour: rng.Int64N(hour), objectives: rng.Int64N(60_000)},
		"same offset": {tick: 7, hour: 7, objectives: 7}, // the ends of all windows are ticks
	}
}

// byState returns a result as history.count does.
func byState(v promql.Vector) map[string]map[string]float64 {
	all := map[string]map[string]float64{}
	for _, s := range v {
		id := s.Metric.Get(schema.Service) + "/" + s.Metric.Get(schema.Node)
		if all[id] == nil {
			all[id] = map[string]float64{}
		}
		all[id][s.Metric.Get(schema.State)] = s.F
	}
	return all
}

// TestUptime: the sum over any number of hours is what one gets by counting the
// minutes, whenever the groups are evaluated, and the recorded ratio is that of the
// sums, under any policy.
func TestUptime(t *testing.T) {
	t.Parallel()
	for name, s := range schedules() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testUptime(t, s)
		})
	}
}

func testUptime(t *testing.T, s schedule) {
	t.Helper()
	const days = 2
	h := newHistory(t, 0)
	h.run(days, s, nil)
	require.Greater(t, len(h.sums), days*24/2)
	check := func(from, to int64) { // hours
		t.Helper()
		end := (to+1)*hour - 1
		inSum := h.summed(0, end)
		want := h.count(func(at int64) bool { return at >= from*hour && at < to*hour && inSum(at) })
		expr := fmt.Sprintf("sum_over_time(%s[%dh]) or sum_over_time(%s[%[2]dh])", schema.NodeTicks, to-from, schema.ServiceTicks)
		require.Equal(t, want, byState(h.query(expr, end)), "hours %d to %d", from, to)
	}
	for day := range int64(days - 1) {
		check(day*24, day*24+24)
		next := (day + 1) * 24 * hour
		inFirst := h.summed(next, next+hour-1)
		if inFirst(next - 1) { // else nothing ran in the first hour of the next day
			summed := h.query(schema.NodeDayTicks+" or "+schema.ServiceDayTicks, h.lastSum(next+hour-1))
			inDay := h.summed(day*24*hour+hour-1, next+hour-1)
			require.Equal(t, h.count(inDay), byState(summed))
		}
	}
	for range 50 {
		from := h.rng.Int64N(days*24 - 2)
		check(from, from+1+h.rng.Int64N(days*24-2-from))
	}
	h.checkRatios(t)
}

// checkRatios compares the ratio that each evaluation of the hours recorded.
func (h *history) checkRatios(t *testing.T) {
	t.Helper()
	for _, at := range h.sums {
		want := map[string]float64{}
		for id, minutes := range h.count(h.summed(at-23*hour-hour/2, at)) {
			if ratio, ok := h.ratio(minutes); ok {
				want[id] = ratio
			}
		}
		got := map[string]float64{}
		for _, sample := range h.query(schema.NodeUptimeDay+" or "+schema.ServiceUptimeDay, at) {
			require.Equal(t, "sum", sample.Metric.Get(schema.Sick)+sample.Metric.Get(schema.Unknown)+sample.Metric.Get(schema.Maintenance))
			got[sample.Metric.Get(schema.Service)+"/"+sample.Metric.Get(schema.Node)] = sample.F
		}
		require.Equal(t, want, got)
	}
}

// TestUptimeOf400Days: the longest window, and each of its days by one range query.
func TestUptimeOf400Days(t *testing.T) {
	t.Parallel()
	const days = 400
	h := newHistory(t, 1)
	byDay := make([]map[string]float64, days)
	total := map[string]float64{}
	for day := range byDay {
		byDay[day] = map[string]float64{}
		app := h.storage.Appender(context.Background())
		for i := range int64(24) {
			dead := float64(h.rng.IntN(61))
			at := (int64(day)*24+i+1)*hour + h.rng.Int64N(9)
			for state, n := range map[string]float64{"dead": dead, "healthy": 60 - dead} {
				h.append(app, at, n, model.MetricNameLabel, schema.ServiceTicks, schema.Service, "a", schema.State, state)
				byDay[day][state] += n
				total[state] += n
			}
		}
		require.NoError(t, app.Commit())
	}
	last := days*24*hour + hour - 1
	require.Equal(t, total, byState(h.query("sum_over_time("+schema.ServiceTicks+"[400d])", last))["a/"])

	query, err := h.engine.NewRangeQuery(context.Background(), h.storage, promql.NewPrometheusQueryOpts(false, 0),
		"sum_over_time("+schema.ServiceTicks+"[1d])", time.UnixMilli(25*hour-1), time.UnixMilli(last), 24*time.Hour)
	require.NoError(t, err)
	defer query.Close()
	matrix, err := query.Exec(context.Background()).Matrix()
	require.NoError(t, err)
	require.Len(t, matrix, 2)
	for _, series := range matrix {
		require.Len(t, series.Floats, days)
		for day, p := range series.Floats {
			require.InDelta(t, byDay[day][series.Metric.Get(schema.State)], p.F, 0)
		}
	}
}
