// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/schema"
)

// BenchmarkUptime asks an engine that has just begun on 90 days of 1,000 nodes for
// the minutes in each state by day, from the sums of days and from those of hours:
// "first" is what the first question takes, "again" the same a second time.
func BenchmarkUptime(b *testing.B) {
	const days, nodes = 90, 1000
	r := newRig(b, 1, bundled)
	end := time.Now().UTC().Truncate(24 * time.Hour)
	begin := end.AddDate(0, 0, -days)
	for from := begin; from.Before(end); from = from.AddDate(0, 0, 30) {
		r.hours(from, 30*24, nodes)
	}
	for name, series := range map[string]string{"days": schema.NodeDayTicks, "hours": schema.NodeTicks} {
		b.Run(name, func(b *testing.B) {
			r.t = b
			var first, again []time.Duration
			for b.Loop() {
				b.StopTimer()
				r.start()
				b.StartTimer()
				for _, times := range []*[]time.Duration{&first, &again} {
					began := time.Now()
					rows := r.days("sum_over_time("+series+"[1d])", begin, end)
					*times = append(*times, time.Since(began))
					require.GreaterOrEqual(b, rows, nodes)
				}
				b.StopTimer()
				r.stop()
				b.StartTimer()
			}
			report(b, "first", first)
			report(b, "again", again)
		})
	}
}

// hours writes a block with the sums of so many hours, and of their days, as the
// engine would have: no chunk is longer than the span of a block when it leaves
// memory, and merging blocks does not merge chunks. A fifth of the nodes has two
// states in each hour.
func (r *rig) hours(from time.Time, hours, nodes int) {
	r.t.Helper()
	dir := r.t.TempDir()
	w, err := tsdb.NewBlockWriter(slog.New(slog.DiscardHandler), dir, DefaultMinBlockDuration.Milliseconds())
	require.NoError(r.t, err)
	ctx := context.Background()
	days := map[[2]string]float64{}
	for hour := range hours {
		app := w.Appender(ctx)
		at := from.Add(time.Duration(hour+1) * time.Hour).UnixMilli()
		add := func(name, node, state string, v float64) {
			_, err = app.Append(0, labels.FromStrings("__name__", name, schema.Service, "service", schema.Node, node, schema.State, state), at, v)
			require.NoError(r.t, err)
		}
		for i := range nodes {
			minutes := map[string]float64{"healthy": 60}
			if i%5 == 0 {
				minutes = map[string]float64{"healthy": float64(30 + (hour+i)%30), "dead": float64(30 - (hour+i)%30)}
			}
			for state, v := range minutes {
				node := fmt.Sprintf("node-%04d", i)
				add(schema.NodeTicks, node, state, v)
				day := [2]string{node, state}
				if days[day] += v; hour%24 == 23 {
					add(schema.NodeDayTicks, node, state, days[day])
					days[day] = 0
				}
			}
		}
		require.NoError(r.t, app.Commit())
	}
	id, err := w.Flush(ctx)
	require.NoError(r.t, err)
	require.NoError(r.t, w.Close())
	home := filepath.Join(r.o.StoragePath, "prometheus")
	require.NoError(r.t, os.MkdirAll(home, 0o755))
	require.NoError(r.t, os.Rename(filepath.Join(dir, id.String()), filepath.Join(home, id.String())))
}

// days asks for a value a day of all days from begin to end, and returns how many
// series there are in the answer.
func (r *rig) days(expr string, begin, end time.Time) int {
	r.t.Helper()
	const last = time.Hour - time.Millisecond // when the last hour of a day has surely been summed
	query := url.Values{
		"query": {expr}, "step": {"1d"},
		"start": {begin.AddDate(0, 0, 1).Add(last).Format(time.RFC3339Nano)}, "end": {end.Add(last).Format(time.RFC3339Nano)},
	}
	code, body := r.call(http.MethodGet, "/prometheus/api/v1/query_range?"+query.Encode(), "")
	require.Equal(r.t, http.StatusOK, code, body)
	var answer struct {
		Data struct{ Result []struct{ Values [][2]any } }
	}
	require.NoError(r.t, json.Unmarshal([]byte(body), &answer))
	for _, row := range answer.Data.Result {
		require.Len(r.t, row.Values, int(end.Sub(begin)/(24*time.Hour)))
	}
	return len(answer.Data.Result)
}
