// SPDX-License-Identifier: Apache-2.0

package relay

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/pharos-status/pharos/internal/schema"
)

// metrics are a Relay's account of its own success.
type metrics struct {
	reports                        *prometheus.CounterVec
	accepted, refused, failed      prometheus.Counter
	replicas, pending, lastSuccess prometheus.Gauge
}

func newMetrics() *metrics {
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help})
	}
	m := &metrics{
		reports: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: schema.ExporterRelayReports,
			Help: "Reports to the master of the relay by what became of them: accepted, refused (the master wants none like that), or failed (to be tried again).",
		}, []string{schema.Result}),
		replicas: gauge(schema.ExporterRelayReplicas, "Replicas that the master of the relay is told of."),
		pending:  gauge(schema.ExporterRelayPending, "Reports that the master of the relay was to get the last time and did not."),
		lastSuccess: gauge(schema.ExporterRelayLastSuccess,
			"When the master of the relay had last been told everything, in seconds since 1970. 0 before the first time."),
	}
	m.accepted = m.reports.WithLabelValues("accepted")
	m.refused = m.reports.WithLabelValues("refused")
	m.failed = m.reports.WithLabelValues("failed")
	return m
}

func (m *metrics) all() []prometheus.Collector {
	return []prometheus.Collector{m.reports, m.replicas, m.pending, m.lastSuccess}
}

func (m *metrics) describe(ch chan<- *prometheus.Desc) {
	for _, c := range m.all() {
		c.Describe(ch)
	}
}

func (m *metrics) collect(ch chan<- prometheus.Metric) {
	for _, c := range m.all() {
		c.Collect(ch)
	}
}
