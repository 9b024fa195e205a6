// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/status"
)

// many returns an exporter of n replicas, each of which has been probed a few times.
func many(b *testing.B, n int) *Exporter {
	b.Helper()
	var file strings.Builder
	file.WriteString("services:\n  - id: web\n    nodes:\n")
	for node := range n / 100 {
		fmt.Fprintf(&file, "      - {id: n%d, mode: poll, replicas: [", node)
		for replica := range 100 {
			fmt.Fprintf(&file, "%q, ", fmt.Sprintf("tcp://host-%d-%d.example:80", node, replica))
		}
		file.WriteString("]}\n")
	}
	e := newExporter(b, file.String())
	require.Len(b, e.current().jobs, n)
	for range 20 {
		e.probeSome(1, nil)
	}
	e.Changes()
	return e
}

// probeSome records an outcome for every nth replica.
func (e *Exporter) probeSome(nth int, err error) {
	i := 0
	for id := range e.current().jobs { // in random order
		if i++; i%nth == 0 {
			e.outcome(id, err, time.Duration(20e6*math.Exp(0.5*rand.NormFloat64())))
		}
	}
}

// constant shows what a handler gathers as const metrics, made before a scrape begins.
type constant []prometheus.Metric

func newConstant(b *testing.B, g prometheus.Gatherer) (c constant) {
	b.Helper()
	all, err := g.Gather()
	require.NoError(b, err)
	for _, f := range all {
		if !strings.HasPrefix(f.GetName(), "pharos_replica_") {
			continue
		}
		var names []string
		for _, l := range f.GetMetric()[0].GetLabel() {
			names = append(names, l.GetName())
		}
		desc := prometheus.NewDesc(f.GetName(), f.GetHelp(), names, nil)
		for _, m := range f.GetMetric() {
			var values []string
			for _, l := range m.GetLabel() {
				values = append(values, l.GetValue())
			}
			if h := m.GetHistogram(); h != nil {
				c = append(c, prometheus.MustNewConstNativeHistogram(desc, h.GetSampleCount(), h.GetSampleSum(), buckets(h), nil,
					h.GetZeroCount(), h.GetSchema(), h.GetZeroThreshold(), h.GetCreatedTimestamp().AsTime(), values...))
			} else {
				c = append(c, prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, m.GetGauge().GetValue(), values...))
			}
		}
	}
	return c
}

// buckets returns the counts of the buckets by their indices.
func buckets(h *dto.Histogram) map[int]int64 {
	counts := map[int]int64{}
	index, count, deltas := 0, int64(0), h.GetPositiveDelta()
	for _, span := range h.GetPositiveSpan() {
		index += int(span.GetOffset())
		for range span.GetLength() {
			count, deltas = count+deltas[0], deltas[1:]
			counts[index] = count
			index++
		}
	}
	return counts
}

// Describe implements [prometheus.Collector].
func (constant) Describe(chan<- *prometheus.Desc) {}

// Collect implements [prometheus.Collector].
func (c constant) Collect(ch chan<- prometheus.Metric) {
	for _, m := range c {
		ch <- m
	}
}

// A reader is a client that reads at once, and counts.
type reader struct {
	header http.Header
	bytes  int
}

func (r *reader) Header() http.Header         { return r.header }
func (r *reader) WriteHeader(int)             {}
func (r *reader) Write(p []byte) (int, error) { r.bytes += len(p); return len(p), nil }

// BenchmarkScrape compares a scrape of a hundred thousand series (in text, where a
// histogram has three) with client_golang's promhttp over const metrics of the same
// values: when nothing has changed since the last scrape, when a quarter of the
// replicas has been probed, and when every series has changed. They take turns, and
// the ratios are of medians.
func BenchmarkScrape(b *testing.B) {
	e := many(b, 12_500)
	registry := prometheus.NewRegistry()
	registry.MustRegister(newConstant(b, e.Gatherer()), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	theirs := promhttp.HandlerFor(registry, promhttp.HandlerOpts{EnableOpenMetrics: true})
	found := []error{nil, &probe.Failure{Status: status.Sick, Reason: status.Exit, Err: errors.New("sick")}}
	turns := []struct {
		name   string
		h      http.Handler
		change func(round int)
	}{
		{"promhttp", theirs, func(int) {}},
		{"all", e.Metrics(), func(round int) { e.probeSome(1, found[round%2]) }},
		{"quarter", e.Metrics(), func(round int) { e.probeSome(4, found[round%2]) }},
		{"unchanged", e.Metrics(), func(int) {}},
	}
	for _, format := range []struct{ name, accept string }{
		{"text", "text/plain;version=0.0.4"},
		{"openmetrics", "application/openmetrics-text;version=1.0.0"},
		{"protobuf", "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"},
	} {
		for _, encoding := range []string{"identity", "gzip"} {
			b.Run(format.name+"/"+encoding, func(b *testing.B) {
				times, sizes := map[string][]time.Duration{}, map[string]int{}
				for round := 0; b.Loop(); round++ {
					for _, turn := range turns {
						turn.change(round)
						req := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/metrics", nil)
						req.Header.Set("Accept", format.accept)
						req.Header.Set("Accept-Encoding", encoding)
						r := &reader{header: http.Header{}}
						began := time.Now()
						turn.h.ServeHTTP(r, req)
						times[turn.name] = append(times[turn.name], time.Since(began))
						sizes[turn.name] = r.bytes
					}
				}
				base := median(times["promhttp"])
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(base.Seconds()*1e3, "promhttp-ms")
				b.ReportMetric(float64(sizes["unchanged"])/float64(sizes["promhttp"]), "bytes-ratio")
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

// BenchmarkChanges measures what one replica that dies and comes back costs.
func BenchmarkChanges(b *testing.B) {
	e := many(b, 10_000)
	id := status.ID{Service: "web", Node: "n50", Replica: "tcp://host-50-50.example:80"}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		var err error
		if i%2 == 0 {
			err = errors.New("refused")
		}
		e.outcome(id, err, 1234567*time.Nanosecond)
		require.NotEmpty(b, e.Changes())
	}
}
