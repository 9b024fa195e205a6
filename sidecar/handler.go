// SPDX-License-Identifier: Apache-2.0

package sidecar

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/pharos-status/pharos/internal/app"
)

// Handler serves those who run the sidecar: /metrics with what from has, /config without
// secrets, /-/healthy, and POST /-/reload.
func (s *Sidecar) Handler(from prometheus.Gatherer) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(from, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /-/healthy", func(w http.ResponseWriter, _ *http.Request) {
		app.WriteText(w, http.StatusOK, "pharos_reporter is healthy.\n")
	})
	mux.HandleFunc("GET /config", func(w http.ResponseWriter, _ *http.Request) {
		app.WriteText(w, http.StatusOK, s.current.Load().config.String())
	})
	mux.Handle("POST /-/reload", app.ReloadHandler(s.Reload, s.o.Logger))
	return mux
}
