// SPDX-License-Identifier: Apache-2.0

package deliver

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/pharos-status/pharos/bridge/spool"
	"github.com/pharos-status/pharos/internal/app"
	"github.com/pharos-status/pharos/internal/schema"
)

// Native histograms: each bucket is at most 10 % wider than the one before, and
// neighbours are merged if there would be more than 100.
const (
	bucketFactor = 1.1
	maxBuckets   = 100
)

// Values of the label result: what came of an attempt.
const (
	resultOK        = "ok"
	resultTemporary = "temporary"
	resultRefused   = "refused"
)

// metrics are those of all channels that are in use, or of which the spool has
// something. Those that are not counted are read from the spool when they are
// collected.
type metrics struct {
	mu       sync.Mutex
	channels map[string]*channelMetrics

	notifications, attempts, duplicates *prometheus.CounterVec
	seconds                             *prometheus.HistogramVec
	queue                               *queueMetrics
}

// channelMetrics are those of one channel. Once the channel is forgotten, they can
// still be counted, and nobody sees it.
type channelMetrics struct {
	outcomes   map[string]prometheus.Counter
	results    map[string]prometheus.Counter
	duplicates prometheus.Counter
	seconds    prometheus.Observer
}

func newMetrics(figures func() map[string]spool.Figure) *metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	return &metrics{
		channels: map[string]*channelMetrics{},
		notifications: counter(schema.BridgeNotifications,
			"Notifications by what became of them, one for each recipient.", schema.Channel, schema.Outcome),
		attempts: counter(schema.BridgeAttempts,
			"Attempts to deliver, by what came of them: acknowledged (ok), to be tried again (temporary), or refused for good.", schema.Channel, schema.Result),
		duplicates: counter(schema.BridgePossibleDuplicates,
			"Messages that were delivered, and may have come twice: an attempt before may have reached the recipient, too.", schema.Channel),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:                            schema.BridgeDelivery,
			Help:                            "Time from when a notification was accepted until the channel acknowledged it.",
			Buckets:                         []float64{.1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 14400, 86400},
			NativeHistogramBucketFactor:     bucketFactor,
			NativeHistogramMaxBucketNumber:  maxBuckets,
			NativeHistogramMinResetDuration: time.Hour,
		}, []string{schema.Channel}),
		queue: newQueueMetrics(figures),
	}
}

func (m *metrics) all() []prometheus.Collector {
	return []prometheus.Collector{m.notifications, m.attempts, m.duplicates, m.seconds, m.queue}
}

func (m *metrics) register(r prometheus.Registerer) error {
	return app.Register(r, "deliveries", m.all()...)
}

func (m *metrics) unregister(r prometheus.Registerer) { app.Unregister(r, m.all()...) }

// of returns the metrics of a channel, which are there from then on, until keep
// forgets them.
func (m *metrics) of(name string) *channelMetrics {
	m.mu.Lock()
	defer m.mu.Unlock()
	if c := m.channels[name]; c != nil {
		return c
	}
	c := &channelMetrics{
		outcomes: map[string]prometheus.Counter{}, results: map[string]prometheus.Counter{},
		duplicates: m.duplicates.WithLabelValues(name), seconds: m.seconds.WithLabelValues(name),
	}
	for _, outcome := range []string{
		schema.OutcomeDelivered, schema.OutcomeOvertaken, schema.OutcomeSkipped,
		schema.OutcomeRefused, schema.OutcomeExpired, schema.OutcomeDuplicate,
	} {
		c.outcomes[outcome] = m.notifications.WithLabelValues(name, outcome)
	}
	for _, result := range []string{resultOK, resultTemporary, resultRefused} {
		c.results[result] = m.attempts.WithLabelValues(name, result)
	}
	m.channels[name] = c
	return c
}

// find returns the metrics of a channel, nil if there are none.
func (m *metrics) find(name string) *channelMetrics {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.channels[name]
}

// keep drops the metrics of all other channels.
func (m *metrics) keep(is func(name string) bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for name := range m.channels {
		if is(name) {
			continue
		}
		delete(m.channels, name)
		gone := prometheus.Labels{schema.Channel: name}
		m.notifications.DeletePartialMatch(gone)
		m.attempts.DeletePartialMatch(gone)
		m.duplicates.Delete(gone)
		m.seconds.Delete(gone)
	}
}

// queueMetrics show how the spool stands.
type queueMetrics struct {
	figures                            func() map[string]spool.Figure
	length, oldest, deadLetters, bytes *prometheus.Desc
}

func newQueueMetrics(figures func() map[string]spool.Figure) *queueMetrics {
	desc := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, []string{schema.Channel}, nil)
	}
	return &queueMetrics{
		figures:     figures,
		length:      desc(schema.BridgeQueueLength, "Messages that wait, one for each recipient; those that are being sent included."),
		oldest:      desc(schema.BridgeQueueOldestAge, "For how long the oldest of the messages has been waiting; 0 if none waits."),
		deadLetters: desc(schema.BridgeDeadLetters, "Messages that were given up and are kept to be looked at and sent again."),
		bytes:       desc(schema.BridgeSpoolBytes, "Size of the notifications that are kept, because they wait or were given up; one for many recipients counts once."),
	}
}

// Describe implements [prometheus.Collector].
func (m *queueMetrics) Describe(ch chan<- *prometheus.Desc) {
	ch <- m.length
	ch <- m.oldest
	ch <- m.deadLetters
	ch <- m.bytes
}

// Collect implements [prometheus.Collector].
func (m *queueMetrics) Collect(ch chan<- prometheus.Metric) {
	now := time.Now()
	for name, f := range m.figures() {
		gauge := func(desc *prometheus.Desc, value float64) {
			ch <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, name)
		}
		gauge(m.length, float64(f.Waiting))
		gauge(m.deadLetters, float64(f.DeadLetters))
		gauge(m.bytes, float64(f.Bytes))
		age := 0.0
		if !f.Oldest.IsZero() {
			age = max(now.Sub(f.Oldest).Seconds(), 0)
		}
		gauge(m.oldest, age)
	}
}

// figures returns how the spool stands with each channel in use, and with each other
// one of which it has something.
func (d *Deliverer) figures() map[string]spool.Figure {
	all := d.o.Spool.Figures()
	d.mu.RLock()
	defer d.mu.RUnlock()
	for name := range d.outlets {
		if _, ok := all[name]; !ok {
			all[name] = spool.Figure{}
		}
	}
	return all
}

// measureLocked sees to it that there are counters for the same channels.
func (d *Deliverer) measureLocked() {
	kept := d.o.Spool.Figures()
	for name := range kept {
		d.metrics.of(name)
	}
	d.metrics.keep(func(name string) bool {
		_, ok := kept[name]
		return ok || d.outlets[name] != nil
	})
}
