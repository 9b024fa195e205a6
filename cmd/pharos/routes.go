// SPDX-License-Identifier: Apache-2.0

package main

import (
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
	mux.HandleFunc("GET /-/healthy", text(func() string { return "" }, "Pharos is healthy.\n"))
	mux.HandleFunc("GET /-/ready", text(s.unready, "Pharos is ready.\n"))
	mux.Handle("POST /-/reload", app.ReloadHandler(s.reload.run, s.log))
	mux.Handle("/prometheus/", s.engine.Handler())
	mux.Handle("/alertmanager/", s.engine.Handler())
	mux.Handle("/bridge/", s.bridge.Handler())
	mux.Handle("/admin/", s.page.Admin())
	exporter, page, bridge := s.exporter.Handler(), s.page.Ops(), s.bridge.Ops()
	mux.Handle("GET /bridge/{$}", bridge)
	mux.HandleFunc("GET /config", func(w http.ResponseWriter, r *http.Request) {
		exporter.ServeHTTP(w, r)
		_, _ = io.WriteString(w, "---\n") // the client is gone if this fails
		page.ServeHTTP(w, r)
		_, _ = io.WriteString(w, "---\n")
		bridge.ServeHTTP(w, r)
	})
	mux.Handle("/", exporter)
}

// unready says why a part is not ready, if one is not.
func (s *stack) unready() string {
	if !s.exporter.Ready() || !s.engine.Ready() || !s.page.Ready() {
		return "Pharos is starting.\n"
	}
	if err := s.bridge.Ready(); err != nil {
		return "The bridge is not ready: " + err.Error() + ".\n"
	}
	return ""
}

// text answers with words unless something is wrong, and otherwise with 503 and what is.
func text(wrong func() string, words string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if why := wrong(); why != "" {
			app.WriteText(w, http.StatusServiceUnavailable, why)
			return
		}
		app.WriteText(w, http.StatusOK, words)
	}
}
