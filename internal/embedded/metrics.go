// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/pharos-status/pharos/internal/schema"
)

// metrics are what the engine says of itself.
type metrics struct {
	reloadOK    prometheus.Gauge
	reloadAt    prometheus.Gauge
	evaluations *prometheus.CounterVec
	seconds     prometheus.Counter
	written     prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		reloadOK: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: schema.EngineReloadSuccessful, Help: "Whether the last reload of alerting.yml, prometheus.yml, the rules and alertmanager.yml was successful.",
		}),
		reloadAt: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: schema.EngineReloadTimestamp, Help: "When the files were last reloaded successfully, in seconds since 1970.",
		}),
		evaluations: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: schema.EngineEvaluations, Help: "Evaluations of the rules, by what caused them: start, tick, event or reload.",
		}, []string{schema.Trigger}),
		seconds: prometheus.NewCounter(prometheus.CounterOpts{
			Name: schema.EngineEvaluationSeconds, Help: "Time spent in evaluations of the rules, in seconds.",
		}),
		written: prometheus.NewCounter(prometheus.CounterOpts{
			Name: schema.EngineEventSamples, Help: "Samples written because something changed, ahead of the next scrape.",
		}),
	}
	reg.MustRegister(m.reloadOK, m.reloadAt, m.evaluations, m.seconds, m.written)
	for _, t := range []trigger{start, tick, event, reload} {
		m.evaluations.WithLabelValues(string(t))
	}
	return m
}

func (m *metrics) reloaded(err error) {
	if err != nil {
		m.reloadOK.Set(0)
		return
	}
	m.reloadOK.Set(1)
	m.reloadAt.SetToCurrentTime()
}

func (m *metrics) evaluation(why trigger, took time.Duration, written int) {
	m.evaluations.WithLabelValues(string(why)).Inc()
	m.seconds.Add(took.Seconds())
	m.written.Add(float64(written))
}
