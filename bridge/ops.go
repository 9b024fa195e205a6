// SPDX-License-Identifier: Apache-2.0

package bridge

import (
	"log/slog"
	"net/http"
	"net/http/pprof"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/pharos-status/pharos/internal/app"
)

// Ops returns what only operators may reach: a page to start from, metrics,
// configuration, readiness, reload and profiles. Where they are beside those of other
// parts, the page may be had at /bridge/ instead of /.
func (b *Bridge) Ops() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", b.serveLanding(""))
	mux.HandleFunc("GET /bridge/{$}", b.serveLanding("../")) // where / is another page
	if b.o.Gatherer != nil {
		mux.Handle("GET /metrics", promhttp.HandlerFor(b.o.Gatherer, promhttp.HandlerOpts{
			ErrorLog:          slog.NewLogLogger(b.o.Logger.Handler(), slog.LevelError),
			EnableOpenMetrics: true,
		}))
	}
	mux.HandleFunc("GET /config", b.serveConfig)
	mux.HandleFunc("GET /-/healthy", func(w http.ResponseWriter, _ *http.Request) {
		app.WriteText(w, http.StatusOK, "The bridge is healthy.\n")
	})
	mux.HandleFunc("GET /-/ready", b.serveReady)
	mux.Handle("POST /-/reload", app.ReloadHandler(b.Reload, b.o.Logger))

	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("POST /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}

func (b *Bridge) serveConfig(w http.ResponseWriter, _ *http.Request) {
	text, err := b.settings.Load().config.YAML()
	if err != nil {
		app.WriteText(w, http.StatusInternalServerError, err.Error()+"\n")
		return
	}
	app.WriteText(w, http.StatusOK, string(text))
}

func (b *Bridge) serveReady(w http.ResponseWriter, _ *http.Request) {
	if err := b.Ready(); err != nil {
		app.WriteText(w, http.StatusServiceUnavailable, "The bridge is not ready: "+err.Error()+".\n")
		return
	}
	app.WriteText(w, http.StatusOK, "The bridge is ready.\n")
}
