// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"log/slog"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	versioncollector "github.com/prometheus/client_golang/prometheus/collectors/version"

	"github.com/pharos-status/pharos/collector/config"
	"github.com/pharos-status/pharos/collector/exposition"
	"github.com/pharos-status/pharos/collector/push"
	"github.com/pharos-status/pharos/collector/schedule"
	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/internal/status"
)

// Native histograms: each bucket is at most 10 % wider than the one before, and
// neighbours are merged if there would be more than 100.
const (
	bucketFactor = 1.1
	maxBuckets   = 100
)

// A source calls each with every replica as it is at now, in order, and returns what
// else there is to show. It writes over what each is given.
type source func(now time.Time, each func(r *state.Replica)) ([]state.NodeQueue, *config.Config)

// snapshot is the [source] of an exporter.
func (e *Exporter) snapshot(now time.Time, each func(r *state.Replica)) ([]state.NodeQueue, *config.Config) {
	e.store.Each(now, each)
	return e.store.Queues(now), e.current().config
}

// metrics are all that the exporter shows to Prometheus.
type metrics struct {
	handler  *exposition.Handler
	registry *prometheus.Registry // those of the process, and of parts of the exporter
	families *families
	latency  exposition.Histograms[status.ID]
	probes   *prometheus.CounterVec
	probe    map[probeKind]prometheus.Counter // those of probes
	lag      prometheus.Histogram
	reports  *prometheus.CounterVec
	reload   struct{ successful, time prometheus.Gauge }
}

// A probeKind tells probes apart that are counted apart.
type probeKind struct {
	mode  config.Mode
	found status.Status
}

// newMetrics shows what a source returns, and what is in the registry.
func newMetrics(from source, registry *prometheus.Registry, logger *slog.Logger) *metrics {
	m := &metrics{
		registry: registry,
		families: newFamilies(),
		probe:    map[probeKind]prometheus.Counter{},
		probes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: schema.ExporterProbes, Help: "Probes by mode and by the status that they found. Retries are not counted.",
		}, []string{schema.Mode, schema.Result}),
		lag: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:                            schema.ExporterProbeLag,
			Help:                            "How late probes began, the wait for a free place among those that run at a time included.",
			NativeHistogramBucketFactor:     bucketFactor,
			NativeHistogramMaxBucketNumber:  maxBuckets,
			NativeHistogramMinResetDuration: time.Hour,
		}),
		reports: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: schema.ExporterReports, Help: "Requests of reporters by the HTTP status of the answer; each report of a batch counts as one.",
		}, []string{schema.Code}),
	}
	m.reload.successful = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: schema.ExporterReloadSuccessful, Help: "Whether the configuration was last read without an error.",
	})
	m.reload.time = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: schema.ExporterReloadSuccessTime, Help: "When the configuration was last read without an error.",
	})
	for s := range status.All() {
		for _, mode := range []config.Mode{config.ModePoll, config.ModeScript} {
			m.probe[probeKind{mode, s}] = m.probes.WithLabelValues(string(mode), s.String())
		}
	}
	for _, code := range push.Codes() {
		m.reports.WithLabelValues(strconv.Itoa(code))
	}
	m.registry.MustRegister(m.probes, m.lag, m.reports,
		m.reload.successful, m.reload.time, versioncollector.NewCollector(schema.ExporterPrefix),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.handler = exposition.New(exposition.Options{View: m.newViewer(from).view, Rest: m.registry, Logger: logger})
	return m
}

// probed counts the outcome of a probe.
func (m *metrics) probed(mode config.Mode, o schedule.Outcome) {
	if s := o.Verdict.Status; s == status.Healthy || s == status.Sick { // else there was no answer that could be fast
		m.latency.Observe(o.Job.ID, roundBits(o.Result.Took.Seconds()))
	}
	m.probe[probeKind{mode, o.Verdict.Status}].Inc()
	m.lag.Observe(o.Lag.Seconds())
}

// reported counts the answer to a reporter.
func (m *metrics) reported(code int) { m.reports.WithLabelValues(strconv.Itoa(code)).Inc() }

// forget drops the series of replicas that are in the old plan only.
func (m *metrics) forget(before, after *plan) {
	for id := range before.jobs {
		if _, ok := after.jobs[id]; !ok {
			m.latency.Delete(id)
		}
	}
}

func (m *metrics) reloaded() {
	m.reload.successful.Set(1)
	m.reload.time.Set(float64(time.Now().Unix()))
}

func (m *metrics) reloadFailed() { m.reload.successful.Set(0) }
