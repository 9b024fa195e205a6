// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"io"
	"net/http"
	"net/http/pprof"
)

// Handler returns the handler of the exporter's own listener: a page to start
// from, metrics, the configuration, health, reload and profiles, and the API for
// reporters if the options say so. It is not meant for the public.
func (e *Exporter) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", e.serveLanding)
	mux.Handle("GET /metrics", e.Metrics())
	mux.HandleFunc("GET /config", func(w http.ResponseWriter, _ *http.Request) {
		writeText(w, http.StatusOK, e.current().config.String())
	})
	mux.HandleFunc("GET /-/healthy", func(w http.ResponseWriter, _ *http.Request) {
		writeText(w, http.StatusOK, "The exporter is healthy.\n")
	})
	mux.HandleFunc("GET /-/ready", e.serveReady)
	mux.Handle("POST /-/reload", http.NewCrossOriginProtection().Handler(http.HandlerFunc(e.serveReload)))
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
func (e *Exporter) Metrics() http.Handler { return e.metrics.handler(e.o.Logger) }

func (e *Exporter) serveReady(w http.ResponseWriter, _ *http.Request) {
	if !e.Ready() {
		writeText(w, http.StatusServiceUnavailable, "The exporter is starting or ending.\n")
		return
	}
	writeText(w, http.StatusOK, "The exporter is ready.\n")
}

// serveReload answers with the errors of the file: who may ask for a reload may
// read them.
func (e *Exporter) serveReload(w http.ResponseWriter, _ *http.Request) {
	if err := e.Reload(); err != nil {
		e.o.Logger.Error("Configuration not reloaded; the old one goes on", "err", err)
		writeText(w, http.StatusInternalServerError, err.Error()+"\n")
		return
	}
	e.o.Logger.Info("Configuration reloaded")
	writeText(w, http.StatusOK, "Configuration reloaded.\n")
}

func writeText(w http.ResponseWriter, code int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(code)
	_, _ = io.WriteString(w, text) // the client is gone if this fails
}
