// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"net/http"
	"net/http/pprof"

	"github.com/pharos-status/pharos/internal/app"
)

// Handler returns the handler of the exporter's own listener: a page to start
// from, metrics, probes on demand and their logs, the configuration, health, reload and profiles, and the API for
// reporters if the options say so. It is not meant for the public.
func (e *Exporter) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", e.serveLanding)
	mux.Handle("GET /metrics", e.Metrics())
	mux.Handle("/probe", e.demand)
	mux.Handle("GET /logs", e.history)
	mux.HandleFunc("GET /config", func(w http.ResponseWriter, _ *http.Request) {
		app.WriteText(w, http.StatusOK, e.current().config.String())
	})
	mux.HandleFunc("GET /-/healthy", func(w http.ResponseWriter, _ *http.Request) {
		app.WriteText(w, http.StatusOK, "The exporter is healthy.\n")
	})
	mux.HandleFunc("GET /-/ready", e.serveReady)
	mux.Handle("POST /-/reload", app.ReloadHandler(e.Reload, e.o.Logger))
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	if e.o.ServeReporter {
		mux.Handle("/reporter", e.Reporter()) // or the mux would redirect
		mux.Handle("/reporter/", e.Reporter())
	}
	return mux
}

// Metrics returns the handler of /metrics alone.
func (e *Exporter) Metrics() http.Handler { return e.metrics.handler }

func (e *Exporter) serveReady(w http.ResponseWriter, _ *http.Request) {
	if !e.Ready() {
		app.WriteText(w, http.StatusServiceUnavailable, "The exporter is starting or ending.\n")
		return
	}
	app.WriteText(w, http.StatusOK, "The exporter is ready.\n")
}
