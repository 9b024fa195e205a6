// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A rowOf tests has a few values and a histogram.
type rowOf struct {
	name      string
	status    int
	value     float64
	version   uint64
	histogram *Histogram
}

var (
	statusFamily = &Family{Name: "test_status", Help: "A \"status\" with \\ and\na line break.", Labels: []string{"status"}} // between the others
	zoomFamily   = &Family{Name: "test_zoom", Help: "It has labels after the others.", Labels: []string{"zoom", "zz"}}
	valueFamily  = &Family{Name: "test_value_seconds", Help: "A value."}
	timeFamily   = &Family{Name: "test_latency_seconds", Help: "A histogram.", Type: TypeHistogram}
	emptyFamily  = &Family{Name: "test_empty", Help: "Nobody has it."}
	aloneFamily  = &Family{Name: "a_test_alone", Help: "It has no labels."}
)

// rowNames are the labels of all rows.
var rowNames = []string{"zone", "name"}

// statuses are in the order in which client_golang sorts them.
var statuses = []string{"dead", "healthy", "sick"}

func boolean(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func columns() []Column[rowOf] {
	return []Column[rowOf]{
		{statusFamily, func(r *rowOf) uint64 { return uint64(r.status) }, func(r *rowOf, to *Samples) {
			for i, s := range statuses {
				to.Add(boolean(r.status == i), s)
			}
		}},
		{valueFamily, func(r *rowOf) uint64 { return r.version }, func(r *rowOf, to *Samples) { to.Add(r.value) }},
		{zoomFamily, func(r *rowOf) uint64 { return r.version }, func(r *rowOf, to *Samples) { to.Add(r.value, r.name, "x") }},
		{timeFamily, func(r *rowOf) uint64 { return r.histogram.Version() }, func(r *rowOf, to *Samples) { to.AddHistogram(r.histogram) }},
		{emptyFamily, nil, func(*rowOf, *Samples) {}},
	}
}

// A world is what a handler under test shows. It is a [prometheus.Collector] of
// the same metrics, made by client_golang.
type world struct {
	rows       []rowOf
	layout     uint64
	common     []Label
	rest       []prometheus.Collector
	histograms Histograms[string]
}

func (w *world) view() View {
	alone := TableOf[int]{Rows: []int{7}, Columns: []Column[int]{{aloneFamily, nil, func(r *int, to *Samples) { to.Add(float64(*r)) }}}}
	return View{Tables: []Table{TableOf[rowOf]{
		Layout: w.layout, Labels: rowNames, Values: func(r *rowOf, to []string) { to[0], to[1] = "eu", r.name },
		Rows: w.rows, Columns: columns(),
	}, alone}, Common: w.common}
}

// handler returns the handler under test.
func (w *world) handler() *Handler {
	rest := prometheus.NewPedanticRegistry()
	rest.MustRegister(w.rest...)
	return New(Options{View: w.view, Rest: rest, Logger: slog.New(slog.DiscardHandler)})
}

// registry returns one of client_golang that has the same metrics.
func (w *world) registry() *prometheus.Registry {
	registry := prometheus.NewRegistry()
	labels := prometheus.Labels{}
	for _, l := range w.common {
		labels[l.Name] = l.Value
	}
	prometheus.WrapRegistererWith(labels, registry).MustRegister(append(w.rest, w)...)
	return registry
}

// Describe implements [prometheus.Collector].
func (w *world) Describe(chan<- *prometheus.Desc) {}

// Collect implements [prometheus.Collector].
func (w *world) Collect(ch chan<- prometheus.Metric) {
	desc := func(f *Family) *prometheus.Desc {
		return prometheus.NewDesc(f.Name, f.Help, append(rowNames[:2:2], f.Labels...), nil)
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	status, zoom, value, latency := desc(statusFamily), desc(zoomFamily), desc(valueFamily), desc(timeFamily)
	for _, r := range w.rows {
		name := strings.ToValidUTF8(r.name, "\uFFFD")
		for i, s := range statuses {
			gauge(status, boolean(r.status == i), "eu", name, s)
		}
		gauge(value, r.value, "eu", name)
		gauge(zoom, r.value, "eu", name, name, "x")
		s := Samples{detailed: true}
		if s.AddHistogram(r.histogram); len(s.histograms) > 0 {
			h := s.histograms[0]
			positive := map[int]int64{}
			for _, b := range h.Buckets {
				positive[int(b.Index)] = int64(b.Count)
			}
			ch <- prometheus.MustNewConstNativeHistogram(latency, h.Count, h.Sum, positive, nil, h.Zero, h.Schema, zeroThreshold, h.Created, "eu", name)
		}
	}
	gauge(prometheus.NewDesc(aloneFamily.Name, aloneFamily.Help, nil, nil), 7)
}

// hostile are label values that need care.
var hostile = []string{
	"", "plain", `back\slash`, `"quoted"`, "two\nlines", `\n`, "umlaut ä", "\U0001F4A9", "not \xff UTF-8", "\xc3", "\x00\x01", "tab\t",
	strings.Repeat("long ", 60), "{}=,#", "# EOF",
}

// values are numbers that are written in many ways.
var values = []float64{
	0, math.Copysign(0, -1), 1, -1, 2, 10, 0.1, 1e21, 1e-7, 1.7e9, 123456789, 1e6, 1e15, math.MaxFloat64, math.SmallestNonzeroFloat64,
	math.NaN(), math.Inf(1), math.Inf(-1), 1.0 / 3,
}

// newWorld returns n rows, some of them hostile.
func newWorld(tb testing.TB, n int) *world {
	tb.Helper()
	counter := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "test_probes_total", Help: "Count\\er."}, []string{"result"})
	counter.WithLabelValues("ok").Add(3)
	native := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "zz_lag_seconds", Help: "Lag.", NativeHistogramBucketFactor: 1.1})
	native.Observe(0.5)
	summary := prometheus.NewSummary(prometheus.SummaryOpts{Name: "test_sizes_bytes", Help: "Sizes.", Objectives: map[float64]float64{0.5: 0.1}})
	summary.Observe(1)
	first := prometheus.NewGauge(prometheus.GaugeOpts{Name: "aa_first", Help: "First."})
	w := &world{rest: []prometheus.Collector{counter, native, summary, first}}
	for i := range n {
		name := fmt.Sprintf("https://host-%d.example.com:8443/health/%d", i%100, i)
		if i < len(hostile) {
			name = hostile[i]
		}
		for j := range i % 30 {
			w.histograms.Observe(name, 0.001*float64(1+j*j))
		}
		w.rows = append(w.rows, rowOf{
			name: name, status: i % 4, value: values[i%len(values)], version: uint64(i), histogram: w.histograms.Of(name),
		})
	}
	// The order of client_golang, so that the bytes can be compared.
	slices.SortFunc(w.rows, func(a, b rowOf) int {
		return strings.Compare(strings.ToValidUTF8(a.name, "\uFFFD"), strings.ToValidUTF8(b.name, "\uFFFD"))
	})
	return w
}
