// SPDX-License-Identifier: Apache-2.0

package discovery

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/pharos-status/pharos/internal/schema"
)

// Values of the result label.
const (
	success = "success"
	failure = "failure"
)

type descs struct{ targets, leftOut, requests, last *prometheus.Desc }

func newDescs() descs {
	return descs{
		targets: prometheus.NewDesc(schema.ExporterDiscoveryTargets,
			"Targets that a source told of in its last good answer.", []string{schema.Source}, nil),
		leftOut: prometheus.NewDesc(schema.ExporterDiscoveryLeftOut,
			"Targets of the last good answer that were left out because their URL or labels are too long.", []string{schema.Source}, nil),
		requests: prometheus.NewDesc(schema.ExporterDiscoveryRequests,
			"Requests for targets by whether they succeeded.", []string{schema.Source, schema.Result}, nil),
		last: prometheus.NewDesc(schema.ExporterDiscoverySuccess,
			"When a source last told of its targets.", []string{schema.Source}, nil),
	}
}

// Describe implements [prometheus.Collector].
func (h *HTTP) Describe(ch chan<- *prometheus.Desc) {
	ch <- h.descs.targets
	ch <- h.descs.leftOut
	ch <- h.descs.requests
	ch <- h.descs.last
}

// Collect implements [prometheus.Collector].
func (h *HTTP) Collect(ch chan<- prometheus.Metric) {
	for _, s := range h.all() {
		seen := s.look()
		gauge := func(desc *prometheus.Desc, value float64) {
			ch <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, seen.name)
		}
		gauge(h.descs.targets, float64(len(seen.targets)))
		gauge(h.descs.leftOut, float64(seen.leftOut))
		if !seen.last.IsZero() {
			gauge(h.descs.last, float64(seen.last.UnixMilli())/1e3)
		}
		for result, n := range map[string]uint64{success: seen.successes, failure: seen.failures} {
			ch <- prometheus.MustNewConstMetric(h.descs.requests, prometheus.CounterValue, float64(n), seen.name, result)
		}
	}
}
