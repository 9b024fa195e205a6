// SPDX-License-Identifier: Apache-2.0

package server

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/pharos-status/pharos/internal/app"
	"github.com/pharos-status/pharos/internal/schema"
)

// metrics tell how the server itself is.
type metrics struct {
	refreshes    *prometheus.CounterVec
	duration     prometheus.Histogram
	lastSuccess  prometheus.Gauge
	reloadOK     prometheus.Gauge
	reloadedLast prometheus.Gauge
	certificate  prometheus.Collector // nil: nobody knows of one
}

func newMetrics(o Options) *metrics {
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help})
	}
	m := &metrics{
		refreshes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: schema.StatuspageRefreshes,
			Help: "How often the data of the page was asked for, by result: success or error.",
		}, []string{schema.Result}),
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    schema.StatuspageRefreshDuration,
			Help:    "How long Prometheus took to answer with the data of the page.",
			Buckets: []float64{0.005, 0.02, 0.1, 0.5, 2, 10},
		}),
		lastSuccess: gauge(schema.StatuspageLastSuccess, "When Prometheus last answered with the data of the page."),
		reloadOK:    gauge(schema.StatuspageReloadOK, "Whether the last reading of the configuration succeeded."),
		reloadedLast: gauge(schema.StatuspageReloadTime,
			"When the configuration was last read successfully."),
	}
	for _, result := range []string{"success", "error"} {
		m.refreshes.WithLabelValues(result)
	}
	if o.CertificateNotAfter != nil {
		m.certificate = newCertificate(o)
	}
	return m
}

func (m *metrics) all() []prometheus.Collector {
	all := []prometheus.Collector{m.refreshes, m.duration, m.lastSuccess, m.reloadOK, m.reloadedLast}
	if m.certificate != nil {
		all = append(all, m.certificate)
	}
	return all
}

func (m *metrics) register(r prometheus.Registerer) error {
	return app.Register(r, "the status page", m.all()...)
}

func (m *metrics) unregister(r prometheus.Registerer) { app.Unregister(r, m.all()...) }

func (m *metrics) refreshed(a answer) {
	result := "success"
	if a.err != nil {
		result = "error"
	} else {
		m.lastSuccess.Set(seconds(time.Now()))
	}
	m.refreshes.WithLabelValues(result).Inc()
	m.duration.Observe(a.took.Seconds())
}

func (m *metrics) reloaded(ok bool) {
	m.reloadOK.Set(0)
	if ok {
		m.reloadOK.Set(1)
		m.reloadedLast.Set(seconds(time.Now()))
	}
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
