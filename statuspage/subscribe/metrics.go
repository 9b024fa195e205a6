// SPDX-License-Identifier: Apache-2.0

package subscribe

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/pharos-status/pharos/internal/app"
	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/statuspage/store"
)

// What became of a try to deliver a message.
const (
	outcomeDelivered = "delivered"
	outcomeRetried   = "retried" // it failed, and will be tried again
	outcomeRefused   = "refused" // for good
	outcomeExpired   = "expired" // given up
)

type metrics struct {
	messages    *prometheus.CounterVec
	subscribers *prometheus.GaugeVec
}

func newMetrics() *metrics {
	m := &metrics{
		messages: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: schema.StatuspageMessages, Help: "Tries to tell subscribers something, by kind of subscriber and outcome.",
		}, []string{schema.Kind, schema.Outcome}),
		subscribers: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: schema.StatuspageSubscribers, Help: "Subscribers who have confirmed, by kind.",
		}, []string{schema.Kind}),
	}
	for _, kind := range kinds() {
		m.subscribers.WithLabelValues(string(kind))
		for _, outcome := range []string{outcomeDelivered, outcomeRetried, outcomeRefused, outcomeExpired} {
			m.messages.WithLabelValues(string(kind), outcome)
		}
	}
	return m
}

func kinds() []store.SubscriberKind {
	return []store.SubscriberKind{store.ByEmail, store.ByWebhook}
}

func (m *metrics) register(r prometheus.Registerer) error {
	return app.Register(r, "subscribers", m.messages, m.subscribers)
}

func (m *metrics) unregister(r prometheus.Registerer) { app.Unregister(r, m.messages, m.subscribers) }

func (m *metrics) counted(counts map[store.SubscriberKind]int) {
	for _, kind := range kinds() {
		m.subscribers.WithLabelValues(string(kind)).Set(float64(counts[kind]))
	}
}
