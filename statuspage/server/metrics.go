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
	drawing      prometheus.Histogram
	lastSuccess  prometheus.Gauge
	reloadOK     prometheus.Gauge
	reloadedLast prometheus.Gauge
	rendered     prometheus.Counter
	refused      prometheus.Counter
	limited      prometheus.Counter
	logins       *prometheus.CounterVec
	exports      *prometheus.CounterVec
	more         []prometheus.Collector // which look at the server when they are scraped
}

func newMetrics(o Options) *metrics {
	m := &metrics{
		refreshes: counters(schema.StatuspageRefreshes,
			"How often the data of the page was asked for, by result: success or error.", "success", "error"),
		duration: histogram(schema.StatuspageRefreshDuration, "How long Prometheus took to answer with the data of the page."),
		drawing:  histogram(schema.StatuspageBuildDuration, "How long it took to build all pages, and to draw what is asked for most."),
		lastSuccess: gauge(schema.StatuspageLastSuccess,
			"When Prometheus last answered with the data of the page."),
		reloadOK:     gauge(schema.StatuspageReloadOK, "Whether the last reading of the configuration succeeded."),
		reloadedLast: gauge(schema.StatuspageReloadTime, "When the configuration was last read successfully."),
		rendered:     counter(schema.StatuspageRendered, "How many pages, feeds, badges and so on were drawn. Each is drawn when it is first asked for after a refresh."),
		refused:      counter(schema.StatuspageListenersRefused, "How many event streams were turned away, because there were too many in all or of one address."),
		limited:      counter(schema.StatuspageLimited, "How many requests that change something were turned away, because their address sent too many."),
		logins: counters(schema.StatuspageLogins,
			"How often the password of a private page was tried, by result: admitted, refused or limited.", "admitted", "refused", "limited"),
		exports: counters(schema.StatuspageExports,
			"How often the page was written as static files, by result: success or error.", "success", "error"),
	}
	if o.CertificateNotAfter != nil {
		m.more = append(m.more, newCertificate(o))
	}
	return m
}

func gauge(name, help string) prometheus.Gauge {
	return prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help})
}

func counter(name, help string) prometheus.Counter {
	return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
}

// counters counts by result; each result is there from the start.
func counters(name, help string, results ...string) *prometheus.CounterVec {
	v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{schema.Result})
	for _, result := range results {
		v.WithLabelValues(result)
	}
	return v
}

func histogram(name, help string) prometheus.Histogram {
	return prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help, Buckets: []float64{0.005, 0.02, 0.1, 0.5, 2, 10}})
}

// watch adds what is found out at each scrape.
func (m *metrics) watch(s *Server) {
	is := func(name, help string, value func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value)
	}
	truth := func(b bool) float64 {
		if b {
			return 1
		}
		return 0
	}
	m.more = append(m.more,
		is(schema.StatuspageListeners, "How many visitors' browsers listen to the events of the page.",
			func() float64 { return float64(s.streams.count()) }),
		is(schema.StatuspageStoreUp, "Whether the store of incidents and maintenance answers. While it does not, the page shows what was known and takes no changes.",
			func() float64 { return truth(!s.follower.now.Load().away) }),
		is(schema.StatuspageLeader, "Whether this instance is the one that sends mail, sets silences and opens incidents.",
			func() float64 { return truth(s.store.Leads()) }),
		newMaintenanceActive(s.follower.now.Load, s.Layout),
	)
}

func (m *metrics) all() []prometheus.Collector {
	return append([]prometheus.Collector{
		m.refreshes, m.duration, m.drawing, m.lastSuccess, m.reloadOK, m.reloadedLast,
		m.rendered, m.refused, m.limited, m.logins, m.exports,
	}, m.more...)
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

func (m *metrics) drawn(took time.Duration) { m.drawing.Observe(took.Seconds()) }

func (m *metrics) exported(err error) {
	result := "success"
	if err != nil {
		result = "error"
	}
	m.exports.WithLabelValues(result).Inc()
}

func (m *metrics) reloaded(ok bool) {
	m.reloadOK.Set(0)
	if ok {
		m.reloadOK.Set(1)
		m.reloadedLast.Set(seconds(time.Now()))
	}
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
