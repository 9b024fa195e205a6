// SPDX-License-Identifier: Apache-2.0

package bridge

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/pharos-status/pharos/internal/app"
	"github.com/pharos-status/pharos/internal/schema"
)

// metrics tell how the bridge itself is. What became of notifications is counted by
// package deliver.
type metrics struct {
	requests     *prometheus.CounterVec
	storageOK    prometheus.Collector
	reloadOK     prometheus.Gauge
	reloadedLast prometheus.Gauge
}

func newMetrics(storage func() error) *metrics {
	gauge := func(name, help string) prometheus.GaugeOpts {
		return prometheus.GaugeOpts{Name: name, Help: help}
	}
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: schema.BridgeRequests,
			Help: "Requests to the webhook, by the status code of the answer.",
		}, []string{schema.Code}),
		storageOK: prometheus.NewGaugeFunc(gauge(schema.BridgeStorageOK,
			"Whether the last write to the data folder succeeded. While it did not, nothing is accepted."),
			func() float64 {
				if storage() != nil {
					return 0
				}
				return 1
			}),
		reloadOK: prometheus.NewGauge(gauge(schema.BridgeReloadSuccessful, "Whether the last reading of the configuration succeeded.")),
		reloadedLast: prometheus.NewGauge(gauge(schema.BridgeReloadSuccessTime,
			"When the configuration was last read successfully.")),
	}
	for _, code := range []string{"200", "400", "401", "403", "404", "413", "503"} {
		m.requests.WithLabelValues(code) // there before the first one comes, or its increase would not be seen
	}
	return m
}

func (m *metrics) all() []prometheus.Collector {
	return []prometheus.Collector{m.requests, m.storageOK, m.reloadOK, m.reloadedLast}
}

func (m *metrics) register(r prometheus.Registerer) error {
	return app.Register(r, "the bridge", m.all()...)
}

func (m *metrics) unregister(r prometheus.Registerer) { app.Unregister(r, m.all()...) }

func (m *metrics) reloaded(ok bool) {
	m.reloadOK.Set(0)
	if ok {
		m.reloadOK.Set(1)
		m.reloadedLast.Set(float64(time.Now().UnixMilli()) / 1000)
	}
}
