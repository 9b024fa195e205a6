// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/history"
	pageprom "github.com/pharos-status/pharos/statuspage/prom"
	"github.com/pharos-status/pharos/statuspage/store"
)

// BenchmarkRefresh makes a page of 1,000 nodes with 90 days from an engine that has
// just begun: "first" is the first refresh, with all days, "again" is one that follows,
// "build" is laying the page out. CPU is that of the process, with the engine in it.
func BenchmarkRefresh(b *testing.B) {
	const days, nodes = 90, 1000
	r := newRig(b, 1, bundled, func(o *Options) { o.Exporter, o.Changes = crowd(nodes), nil })
	end := time.Now().UTC().Truncate(24 * time.Hour)
	for from := end.AddDate(0, 0, -days); from.Before(end); from = from.AddDate(0, 0, 30) {
		r.hours(from, 30*24, nodes)
	}
	var first, busy, again, build []time.Duration
	for b.Loop() {
		b.StopTimer()
		r.t = b
		r.start()
		source, err := pageprom.New(pageprom.Options{
			URL: "http://pharos.local/prometheus", Transport: r.PrometheusTransport(), Timeout: time.Minute, Logger: slog.New(slog.DiscardHandler),
		})
		require.NoError(b, err)
		r.eventually(func() bool {
			reading, err := source.Current(b.Context())
			return err == nil && len(reading.Nodes) == nodes
		}, "the nodes are not there")
		keeper, err := history.New(history.Options{
			Source: func() statuspage.Source { return source }, Store: empty{}, Logger: slog.New(slog.DiscardHandler),
		})
		require.NoError(b, err)
		b.StartTimer()

		var in statuspage.Input
		before := cpu(b)
		took(&first, func() { in = refreshed(b, keeper) })
		busy = append(busy, cpu(b)-before)
		took(&again, func() { in = refreshed(b, keeper) })
		var page statuspage.Page
		took(&build, func() { page = statuspage.Build(in) })

		b.StopTimer()
		require.Len(b, page.Services[0].Nodes, nodes)
		for _, n := range page.Services[0].Nodes {
			require.GreaterOrEqual(b, len(n.Days), days)
			require.NotNil(b, n.Uptime)
		}
		r.stop()
		b.StartTimer()
	}
	report(b, "first", first)
	report(b, "first-cpu", busy)
	report(b, "again", again)
	report(b, "build", build)
}

func took(times *[]time.Duration, f func()) {
	began := time.Now()
	f()
	*times = append(*times, time.Since(began))
}

// cpu returns the user and system time of this process.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func refreshed(b *testing.B, k *history.Keeper) statuspage.Input {
	b.Helper()
	reading, since, past, err := k.Refresh(b.Context(), time.Now())
	require.NoError(b, err)
	return statuspage.Input{Reading: reading, Since: since, History: past, Now: time.Now(), StaleAfter: time.Hour}
}

// crowd is an exporter of healthy nodes with a replica each, of those that hours
// writes the past of.
func crowd(nodes int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		_, _ = io.WriteString(w, "pharos_exporter_config_last_reload_successful 1\n")
		for i := range nodes {
			node := fmt.Sprintf(`service="service",node="node-%04d"`, i)
			_, _ = fmt.Fprintf(w, "pharos_node_info{%s,mode=\"poll\",service_position=\"0\",node_position=\"%d\",reveal=\"false\"} 1\n", node, i)
			_, _ = fmt.Fprintf(w, "pharos_replica_probe_duration_seconds{%s,replica=\"a\"} 0.1\n", node)
			for state, value := range map[string]int{"healthy": 1, "sick": 0, "dead": 0} {
				_, _ = fmt.Fprintf(w, "pharos_replica_status{%s,replica=\"a\",status=%q} %d\n", node, state, value)
			}
		}
	})
}

// empty is a store in which nothing is kept.
type empty struct{}

func (empty) Days(context.Context, time.Time, time.Time) (statuspage.Intervals, error) {
	return statuspage.Intervals{}, nil
}
func (empty) KeepDays(context.Context, statuspage.Intervals) error           { return nil }
func (empty) Spent(context.Context) (map[string]statuspage.Intervals, error) { return nil, nil }
func (empty) KeepSpent(context.Context, string, statuspage.Intervals) error  { return nil }
func (empty) Contents(context.Context) (store.Contents, error)               { return store.Contents{}, nil }
func (empty) Revision(context.Context) (int64, error)                        { return 0, nil }
