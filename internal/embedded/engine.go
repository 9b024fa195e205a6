// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"context"
	"net/http"
)

// An Engine is Prometheus and Alertmanager in this process. Its methods may be
// called at any time and from any goroutine, Run once.
type Engine struct {
	o       Options
	handler http.Handler
}

// New opens the storage and reads the configuration.
func New(o Options) (*Engine, error) {
	o = o.withDefaults()
	if err := o.validate(); err != nil {
		return nil, err
	}
	return &Engine{o: o, handler: http.NotFoundHandler()}, nil
}

// Run works until ctx is done.
func (e *Engine) Run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

// Reload reads prometheus.yml, the rules and alertmanager.yml again.
func (e *Engine) Reload() error { return nil }

// Ready tells whether the rules have been evaluated on everything there is.
func (e *Engine) Ready() bool { return false }

// Handler serves /prometheus/ and /alertmanager/.
func (e *Engine) Handler() http.Handler { return e.handler }

// PrometheusTransport returns a transport that reaches the embedded Prometheus
// in memory, whatever the host of the URL; the path begins with /prometheus.
func (e *Engine) PrometheusTransport() http.RoundTripper { return transport{e.handler} }

// AlertmanagerTransport does for /alertmanager what PrometheusTransport does.
func (e *Engine) AlertmanagerTransport() http.RoundTripper { return transport{e.handler} }
