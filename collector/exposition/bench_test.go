// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"fmt"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/stretchr/testify/require"
)

// benchRows is how many rows have a hundred thousand series in text: 3 statuses, two
// values, and 3 lines of a histogram.
const benchRows = 12_500

// A bench is a world as an exporter shows it, and what changes in it.
type bench struct {
	*world
	seen *Family
	all  []prometheus.Metric // const metrics of client_golang, made before the scrape
}

func newBench(tb testing.TB) *bench {
	tb.Helper()
	w := &bench{world: &world{}}
	random := rand.New(rand.NewPCG(1, 2))
	for i := range benchRows {
		name := fmt.Sprintf("https://host-%d.example.com:8443/health/%d", i%100, i)
		for range 50 {
			w.histograms.Observe(name, 0.02*math.Exp(0.5*random.NormFloat64()))
		}
		w.rows = append(w.rows, rowOf{name: name, status: i % 3, value: random.ExpFloat64() / 50, histogram: w.histograms.Of(name)})
	}
	metrics := make(chan prometheus.Metric)
	go func() {
		defer close(metrics)
		w.world.Collect(metrics)
		desc := prometheus.NewDesc("test_seen_timestamp_seconds", "When.", valueFamily.Labels, nil)
		for i, r := range w.rows {
			metrics <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, 1.7e9+float64(i%60), "eu", r.name)
		}
	}()
	for m := range metrics {
		w.all = append(w.all, m)
	}
	w.seen = &Family{Name: "test_seen_timestamp_seconds", Help: "When.", Labels: valueFamily.Labels}
	return w
}

// Collect implements [prometheus.Collector].
func (w *bench) Collect(ch chan<- prometheus.Metric) {
	for _, m := range w.all {
		ch <- m
	}
}

func (w *bench) view() View {
	v := w.world.view()
	t := v.Tables[0].(TableOf[rowOf])
	t.Columns = append(t.Columns, Column[rowOf]{
		w.seen, func(r *rowOf) uint64 { return r.version },
		func(r *rowOf, to *Samples) { to.Add(1.7e9+float64(r.version%60), "eu", r.name) },
	})
	v.Tables[0] = t
	return v
}

// probe changes every nth row, as a probe that finds the same status does, or
// another one.
func (w *bench) probe(nth int, status bool) {
	for i := rand.IntN(nth); i < len(w.rows); i += nth {
		r := &w.rows[i]
		r.version++
		r.value *= 1.001
		r.histogram.Observe(r.value)
		if status {
			r.status = (r.status + 1) % 3
		}
	}
}

// A discarder is a client that reads at once.
type discarder struct{ header http.Header }

func (d *discarder) Header() http.Header         { return d.header }
func (d *discarder) WriteHeader(int)             {}
func (d *discarder) Write(p []byte) (int, error) { return io.Discard.Write(p) }

// BenchmarkScrape compares a scrape of a hundred thousand series with promhttp over
// const metrics that are there before the scrape begins: nothing has changed since
// the last scrape, a quarter of the rows has been probed, or everything has changed.
// They take turns, and the ratios are of medians.
func BenchmarkScrape(b *testing.B) {
	w := newBench(b)
	ours := New(Options{View: w.view, Rest: prometheus.NewRegistry(), Logger: slog.New(slog.DiscardHandler)})
	registry := prometheus.NewRegistry()
	registry.MustRegister(w)
	theirs := promhttp.HandlerFor(registry, promhttp.HandlerOpts{EnableOpenMetrics: true})
	scrape := func(h http.Handler, accept, encoding string) time.Duration {
		req := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/metrics", nil)
		req.Header.Set("Accept", accept)
		req.Header.Set("Accept-Encoding", encoding)
		began := time.Now()
		h.ServeHTTP(&discarder{http.Header{}}, req)
		return time.Since(began)
	}
	for _, format := range []struct{ name, accept string }{{"text", acceptText}, {"openmetrics", acceptOM}, {"protobuf", acceptProto}} {
		for _, encoding := range []string{"identity", "gzip"} {
			b.Run(format.name+"/"+encoding, func(b *testing.B) {
				_, text := ask(b, ours, "", acceptText, encoding)
				require.Greater(b, len(text), 8<<20)
				times := map[string][]time.Duration{}
				for b.Loop() {
					for _, turn := range []struct {
						name   string
						h      http.Handler
						change func()
					}{
						{"promhttp", theirs, func() {}},
						{"quarter", ours, func() { w.probe(4, false) }},
						{"all", ours, func() { w.probe(1, true) }},
						{"unchanged", ours, func() {}},
					} {
						turn.change()
						times[turn.name] = append(times[turn.name], scrape(turn.h, format.accept, encoding))
					}
				}
				base := median(times["promhttp"])
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(base.Seconds()*1e3, "promhttp-ms")
				for _, name := range []string{"unchanged", "quarter", "all"} {
					b.ReportMetric(float64(median(times[name]))/float64(base), name+"-ratio")
				}
			})
		}
	}
}

func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2]
}
