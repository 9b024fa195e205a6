// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/prometheus/rules"

	"github.com/pharos-status/pharos/internal/app"
)

// Paths of the two programs below [Engine.Handler].
const (
	prometheusPrefix   = "/prometheus"
	alertmanagerPrefix = "/alertmanager"
)

// maxBody bounds what clients send to either API, in bytes.
const maxBody = 16 << 20

// An Engine is Prometheus and Alertmanager in this process. Its methods may be
// called at any time and from any goroutine, but Run and Close once, and only
// one of them.
type Engine struct {
	o       Options
	prom    *prom
	pager   *pager
	driver  *driver
	metrics *metrics
	handler http.Handler
	up      chan struct{} // closed once Run has started what the handler needs

	mu      sync.Mutex     // one reload at a time; guards all below
	pending *configuration // read, but not applied because Run has not begun
	current *configuration // nil before Run and after it
}

// New opens the storage in the data folder and reads the configuration. All that
// is wrong with the files is in the error, with file and line where they are
// known. An Engine that is not going to run has to be closed.
func New(o Options) (_ *Engine, err error) {
	o = o.withDefaults()
	if err := o.validate(); err != nil {
		return nil, err
	}
	e := &Engine{o: o, up: make(chan struct{}), metrics: newMetrics(o.Registerer)}
	if e.pager, err = openPager(o); err != nil {
		return nil, err
	}
	alerts := e.pager.handler(alertmanagerPrefix)
	if e.prom, err = openPrometheus(o, alerts); err != nil {
		e.pager.close()
		return nil, err
	}
	e.driver = newDriver(e.prom, e.metrics)
	if e.pending, err = e.load(); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	e.prom.conf.Store(&applied{e.pending.prom, time.Now(), true})
	e.metrics.reloaded(nil)
	mux := http.NewServeMux()
	mux.Handle(prometheusPrefix+"/", e.prom.handler(prometheusPrefix, e.driver, e.Ready))
	mux.Handle(alertmanagerPrefix+"/", alerts)
	e.handler = e.whileUp(mux)
	return e, nil
}

// Close releases what New has acquired. It is for an Engine that never runs.
func (e *Engine) Close() error {
	e.pager.close()
	return e.prom.close()
}

// whileUp holds requests off until there is something to ask, and bounds them.
func (e *Engine) whileUp(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-e.up:
		default:
			http.Error(w, "The engine is starting.", http.StatusServiceUnavailable)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}

// Run scrapes, evaluates and notifies until ctx is done. Then it stops what
// brings work first and the storage last, and releases everything: nothing may
// call the handler or the transports once ctx is done.
func (e *Engine) Run(ctx context.Context) error {
	if err := e.begin(ctx); err != nil {
		return errors.Join(err, e.Close())
	}
	e.pager.run(func() {
		e.prom.run(ctx, e.driver.run)
	})
	e.mu.Lock()
	defer e.mu.Unlock()
	e.current = nil
	return e.Close()
}

// begin applies the configuration that New, or a reload since, has read.
func (e *Engine) begin(ctx context.Context) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.driver.recover.reach = max(minReach, e.pending.routing.longestInterval())
	if err := e.apply(ctx, e.pending, e.driver.begin); err != nil {
		return err
	}
	e.current, e.pending = e.pending, nil
	close(e.up)
	return nil
}

// apply makes c what runs; groups is the driver's way to take the rules.
func (e *Engine) apply(ctx context.Context, c *configuration, groups func(context.Context, map[string]*rules.Group)) error {
	if err := e.prom.apply(c); err != nil {
		return err
	}
	e.pager.route(c.routing)
	groups(ctx, c.groups)
	e.prom.conf.Store(&applied{c.prom, time.Now(), true})
	return nil
}

// Check tells all that is wrong with the files that [Engine.Reload] would read. It
// changes nothing.
func (e *Engine) Check() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	_, err := e.load()
	return err
}

// Reload reads alerting.yml, prometheus.yml, the rules and alertmanager.yml again.
// If anything in them is wrong it returns all of it, and the old configuration
// goes on.
func (e *Engine) Reload() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	err := e.reload(context.Background())
	e.metrics.reloaded(err)
	if err != nil {
		now := *e.prom.conf.Load()
		now.ok = false
		e.prom.conf.Store(&now)
	}
	return err
}

func (e *Engine) reload(ctx context.Context) error {
	next, err := e.load()
	if err != nil {
		return err
	}
	switch {
	case e.current != nil:
		if err := e.apply(ctx, next, e.driver.replace); err != nil {
			// The files are good but a part refuses them: back to what worked.
			return errors.Join(err, e.prom.apply(e.current))
		}
		e.current = next
	case e.pending != nil:
		e.pending = next
		e.prom.conf.Store(&applied{next.prom, time.Now(), true})
	}
	return nil
}

// Ready tells whether the rules have been evaluated on all there is, so that
// what is asked now has an answer.
func (e *Engine) Ready() bool { return e.driver.ready.Load() }

// Handler serves Prometheus' API below /prometheus (api/v1, -/healthy, -/ready)
// and Alertmanager's below /alertmanager (api/v2, -/healthy, -/ready). It has no
// authentication: it belongs on a listener that the public does not reach.
func (e *Engine) Handler() http.Handler { return e.handler }

// PrometheusTransport returns a transport that reaches the embedded Prometheus
// in memory, whatever the host of the URL; the path begins with /prometheus.
func (e *Engine) PrometheusTransport() http.RoundTripper {
	return app.HandlerTransport{Handler: e.handler}
}

// AlertmanagerTransport does for /alertmanager what PrometheusTransport does for
// /prometheus.
func (e *Engine) AlertmanagerTransport() http.RoundTripper {
	return app.HandlerTransport{Handler: e.handler}
}
