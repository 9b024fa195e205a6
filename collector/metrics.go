// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	versioncollector "github.com/prometheus/client_golang/prometheus/collectors/version"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/pharos-status/pharos/collector/config"
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

// A source is what is to be shown.
type source interface {
	// snapshot returns the replicas at now, sorted, and the configuration. Neither
	// is changed later.
	snapshot(now time.Time) ([]state.Replica, *config.Config)
}

// snapshot implements [source].
func (e *Exporter) snapshot(now time.Time) ([]state.Replica, *config.Config) {
	return e.store.Snapshot(now), e.current().config
}

// metrics are all that the exporter shows to Prometheus.
type metrics struct {
	registry *prometheus.Registry
	families *families
	latency  *prometheus.HistogramVec
	probes   *prometheus.CounterVec
	lag      prometheus.Histogram
	reports  *prometheus.CounterVec
	reload   struct{ successful, time prometheus.Gauge }
}

func newMetrics(src source, registry *prometheus.Registry) *metrics {
	m := &metrics{
		registry: registry,
		families: newFamilies(),
		latency: prometheus.NewHistogramVec(nativeHistogram(schema.ReplicaLatency,
			"How long the probes of the replica took: of each, the last try, unless it left the status unknown. Rounded to 12 significant bits."),
			[]string{schema.Service, schema.Node, schema.Replica}),
		probes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: schema.ExporterProbes, Help: "Probes by mode and by the status that they found. Retries are not counted.",
		}, []string{schema.Mode, schema.Result}),
		lag: prometheus.NewHistogram(nativeHistogram(schema.ExporterProbeLag,
			"How late probes began, the wait for a free place among those that run at a time included.")),
		reports: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: schema.ExporterReports, Help: "Requests of reporters by the HTTP status of the answer.",
		}, []string{schema.Code}),
	}
	m.reload.successful = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: schema.ExporterReloadSuccessful, Help: "Whether the configuration was last read without an error.",
	})
	m.reload.time = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: schema.ExporterReloadSuccessTime, Help: "When the configuration was last read without an error.",
	})
	for s := range status.All() {
		m.probes.WithLabelValues(string(config.ModePoll), s.String())
		m.probes.WithLabelValues(string(config.ModeScript), s.String())
	}
	for _, code := range push.Codes() {
		m.reports.WithLabelValues(strconv.Itoa(code))
	}
	m.registry.MustRegister(&stateCollector{m.families, src}, m.latency, m.probes, m.lag, m.reports,
		m.reload.successful, m.reload.time, versioncollector.NewCollector(schema.ExporterPrefix),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func nativeHistogram(name, help string) prometheus.HistogramOpts {
	return prometheus.HistogramOpts{
		Name: name, Help: help,
		NativeHistogramBucketFactor:     bucketFactor,
		NativeHistogramMaxBucketNumber:  maxBuckets,
		NativeHistogramMinResetDuration: time.Hour,
	}
}

// probed counts the outcome of a probe.
func (m *metrics) probed(mode config.Mode, o schedule.Outcome) {
	id := o.Job.ID
	if o.Verdict.Status != status.Unknown { // the time says something of the target
		m.latency.WithLabelValues(id.Service, id.Node, id.Replica).Observe(roundBits(o.Result.Took.Seconds()))
	}
	m.probes.WithLabelValues(string(mode), o.Verdict.Status.String()).Inc()
	m.lag.Observe(o.Lag.Seconds())
}

// reported counts the answer to a reporter.
func (m *metrics) reported(code int) { m.reports.WithLabelValues(strconv.Itoa(code)).Inc() }

// forget drops the series of replicas that are in the old plan only.
func (m *metrics) forget(before, after *plan) {
	for id := range before.jobs {
		if _, ok := after.jobs[id]; !ok {
			m.latency.DeleteLabelValues(id.Service, id.Node, id.Replica)
		}
	}
}

func (m *metrics) reloaded() {
	m.reload.successful.Set(1)
	m.reload.time.Set(float64(time.Now().Unix()))
}

func (m *metrics) reloadFailed() { m.reload.successful.Set(0) }

// handler serves the metrics in the format that the client asks for.
func (m *metrics) handler(logger *slog.Logger) http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		EnableOpenMetrics: true,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelError),
	})
}

// A stateCollector is a [prometheus.Collector] of what is known when it is read.
type stateCollector struct {
	*families
	source
}

// Describe implements [prometheus.Collector].
func (c *stateCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, f := range c.all() {
		ch <- f.desc
	}
}

// Collect implements [prometheus.Collector].
func (c *stateCollector) Collect(ch chan<- prometheus.Metric) {
	replicas, configuration := c.snapshot(time.Now())
	for _, s := range c.ofNodes(configuration) {
		ch <- s.metric()
	}
	var samples []sample
	for _, r := range replicas {
		samples = c.ofReplica(samples[:0], r)
		for _, s := range samples {
			ch <- s.metric()
		}
	}
}

func (s sample) metric() prometheus.Metric {
	return prometheus.MustNewConstMetric(s.desc, prometheus.GaugeValue, s.value, s.values...)
}
