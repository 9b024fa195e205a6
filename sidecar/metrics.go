// SPDX-License-Identifier: Apache-2.0

package sidecar

import (
	"math"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/pharos-status/pharos/internal/app"
	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/sidecar/watch"
)

// metrics show what is watched as it was seen last, and count what became of reports.
type metrics struct {
	runners      func() []*runner
	status       *prometheus.Desc
	lastSeen     *prometheus.Desc
	figures      []figure
	reports      *prometheus.CounterVec
	reloadOK     prometheus.Gauge
	reloadedLast prometheus.Gauge
}

// A figure is one that a watch may have measured.
type figure struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	of   func(*watch.Figures) float64 // NaN: not measured
}

func newMetrics(runners func() []*runner) *metrics {
	labels := []string{schema.Service, schema.Node, schema.Replica}
	desc := func(name, help string, more ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, append(slices.Clip(labels), more...), nil)
	}
	gauge, counter := prometheus.GaugeValue, prometheus.CounterValue
	return &metrics{
		runners: runners,
		status: desc(schema.ReporterWatchStatus,
			"Whether the watch found this status (1) or not (0) when it looked last. All of them are 0 if it could not tell.", schema.Status),
		lastSeen: desc(schema.ReporterWatchLastSeen, "When the watch looked last."),
		figures: []figure{
			{desc(schema.ReporterWatchCPU, "How many cores the processes kept busy between the last two looks. 1 is one core all of the time."), gauge, func(f *watch.Figures) float64 { return f.CPU }},
			{desc(schema.ReporterWatchMemory, "Resident memory of the processes, or the working set of their cgroup."), gauge, func(f *watch.Figures) float64 { return f.Memory }},
			{desc(schema.ReporterWatchOpenFiles, "Open files of the processes. Watches with a limit for them only."), gauge, func(f *watch.Figures) float64 { return f.OpenFiles }},
			{desc(schema.ReporterWatchThreads, "Threads of the processes."), gauge, func(f *watch.Figures) float64 { return f.Threads }},
			{desc(schema.ReporterWatchProcesses, "How many processes there are."), gauge, func(f *watch.Figures) float64 { return f.Processes }},
			{desc(schema.ReporterWatchRestarts, "How often what is watched was started again since it is watched."), counter, func(f *watch.Figures) float64 { return f.RestartsSeen }},
			{desc(schema.ReporterWatchStart, "When the oldest of the processes was started."), gauge, started},
			{desc(schema.ReporterWatchAnswer, "How long the last answer took. TCP and HTTP only."), gauge, func(f *watch.Figures) float64 { return f.Answer }},
		},
		reports: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: schema.ReporterReports,
			Help: "Reports by what became of them: accepted, refused (by an answer that would be repeated), or failed (to be tried again).",
		}, []string{schema.Server, schema.Result}),
		reloadOK: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: schema.ReporterReloadSuccessful, Help: "Whether the last reading of the configuration succeeded.",
		}),
		reloadedLast: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: schema.ReporterReloadSuccessTime, Help: "When the configuration was last read successfully.",
		}),
	}
}

func started(f *watch.Figures) float64 {
	if f.Started.IsZero() {
		return math.NaN()
	}
	return float64(f.Started.Unix())
}

// Describe implements [prometheus.Collector].
func (m *metrics) Describe(to chan<- *prometheus.Desc) {
	to <- m.status
	to <- m.lastSeen
	for _, f := range m.figures {
		to <- f.desc
	}
}

// Collect implements [prometheus.Collector].
func (m *metrics) Collect(to chan<- prometheus.Metric) {
	for _, r := range m.runners() {
		last := r.board.read()
		if !last.some {
			continue
		}
		labels := []string{r.id.Service, r.id.Node, r.id.Replica}
		for _, s := range []status.Status{status.Healthy, status.Sick, status.Dead} {
			is := 0.0
			if last.verdict.Status == s {
				is = 1
			}
			to <- prometheus.MustNewConstMetric(m.status, prometheus.GaugeValue, is, append(labels, s.String())...)
		}
		to <- prometheus.MustNewConstMetric(m.lastSeen, prometheus.GaugeValue, float64(last.at.UnixMilli())/1000, labels...)
		for _, f := range m.figures {
			if v := f.of(&last.verdict.Figures); !math.IsNaN(v) {
				to <- prometheus.MustNewConstMetric(f.desc, f.kind, v, labels...)
			}
		}
	}
}

func (m *metrics) all() []prometheus.Collector {
	return []prometheus.Collector{m, m.reports, m.reloadOK, m.reloadedLast}
}

func (m *metrics) register(r prometheus.Registerer) error {
	return app.Register(r, "the reporter", m.all()...)
}

func (m *metrics) unregister(r prometheus.Registerer) { app.Unregister(r, m.all()...) }

func (m *metrics) count(server, result string) { m.reports.WithLabelValues(server, result).Inc() }

// serve has the counters of all servers there before the first report is sent, or its
// increase would not be seen.
func (m *metrics) serve(p *plan) {
	for _, s := range p.servers {
		for _, result := range []string{schema.ReportAccepted, schema.ReportRefused, schema.ReportFailed} {
			m.reports.WithLabelValues(s.name, result)
		}
	}
}

// forget takes away the counters of servers that are not told any more.
func (m *metrics) forget(servers []*server) {
	for _, s := range servers {
		m.reports.DeletePartialMatch(prometheus.Labels{schema.Server: s.name})
	}
}

func (m *metrics) reloaded(ok bool) {
	m.reloadOK.Set(0)
	if ok {
		m.reloadOK.Set(1)
		m.reloadedLast.Set(float64(time.Now().UnixMilli()) / 1000)
	}
}
