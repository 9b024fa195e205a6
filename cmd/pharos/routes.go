// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"io"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/pharos-status/pharos/internal/app"
)

// routePublic has what visitors and reporters may reach, and nothing else.
func (s *stack) routePublic(mux *http.ServeMux) {
	mux.Handle("/reporter", s.exporter.Reporter())
	mux.Handle("/reporter/", s.exporter.Reporter())
	mux.Handle("/", s.page.Public())
}

// routeOps has what only those who run Pharos may reach. The exporter's own
// pages (landing page, profiles) answer what is not listed here.
func (s *stack) routeOps(mux *http.ServeMux) {
	all := prometheus.Gatherers{s.exporter.Gatherer(), s.own}
	mux.Handle("GET /metrics", promhttp.HandlerFor(all, promhttp.HandlerOpts{EnableOpenMetrics: true}))
	mux.HandleFunc("GET /-/healthy", text(func() error { return nil }, "Pharos is healthy.\n"))
	mux.HandleFunc("GET /-/ready", text(s.ready, "Pharos is ready.\n"))
	mux.Handle("POST /-/reload", app.ReloadHandler(s.reload.run, s.log))
	mux.Handle("/prometheus/", s.engine.Handler())
	mux.Handle("/alertmanager/", s.engine.Handler())
	mux.Handle("/bridge/", s.bridge.Handler())
	exporter, page, bridge := s.exporter.Handler(), s.page.Ops(), s.bridge.Ops()
	mux.HandleFunc("GET /config", func(w http.ResponseWriter, r *http.Request) {
		exporter.ServeHTTP(w, r)
		_, _ = io.WriteString(w, "---\n") // the client is gone if this fails
		page.ServeHTTP(w, r)
		_, _ = io.WriteString(w, "---\n")
		bridge.ServeHTTP(w, r)
	})
	mux.Handle("/", exporter)
}

// errStarting is why a part is not ready until it is.
var errStarting = errors.New("Pharos is starting") //nolint:staticcheck,revive // a sentence for people

// ready returns nil if every part is ready, and otherwise why not.
func (s *stack) ready() error {
	if !s.exporter.Ready() || !s.engine.Ready() || !s.page.Ready() {
		return errStarting
	}
	return s.bridge.Ready()
}

// text answers with words while ok returns no error, and with 503 and the error while
// it does.
func text(ok func() error, words string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if err := ok(); err != nil {
			app.WriteText(w, http.StatusServiceUnavailable, err.Error()+".\n")
			return
		}
		app.WriteText(w, http.StatusOK, words)
	}
}
