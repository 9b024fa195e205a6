// SPDX-License-Identifier: Apache-2.0

package server

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/pprof"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/common/version"
	"github.com/prometheus/exporter-toolkit/web"

	"github.com/pharos-status/pharos/internal/app"
)

// Ops returns what only operators may reach: their pages, metrics, configuration,
// readiness, reload and profiles.
func (s *Server) Ops() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", s.landing())
	if s.o.Gatherer != nil {
		mux.Handle("GET /metrics", promhttp.HandlerFor(s.o.Gatherer, promhttp.HandlerOpts{
			ErrorLog:          slog.NewLogLogger(s.o.Logger.Handler(), slog.LevelError),
			EnableOpenMetrics: true,
		}))
	}
	mux.Handle("/admin/", s.admin)
	mux.HandleFunc("GET /config", s.showConfig)
	mux.HandleFunc("GET /-/healthy", func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "healthy") })
	mux.HandleFunc("GET /-/ready", s.showReady)
	mux.Handle("POST /-/reload", app.ReloadHandler(s.Reload, s.o.Logger))

	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("POST /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}

func (s *Server) landing() http.Handler {
	page, err := web.NewLandingPage(web.LandingConfig{
		Name:        "Pharos status page",
		Description: "The page for operators. The public page has a listener of its own.",
		Version:     version.Info(),
		Links: []web.LandingLinks{
			{Address: "admin/", Text: "Incidents, maintenance, announcements"},
			{Address: "metrics", Text: "Metrics"},
			{Address: "config", Text: "Configuration"},
			{Address: "-/healthy", Text: "Healthy"},
			{Address: "-/ready", Text: "Ready"},
		},
	})
	if err != nil {
		s.o.Logger.Error("could not render the landing page", "err", err)
		return http.NotFoundHandler()
	}
	return page
}

func (s *Server) showConfig(w http.ResponseWriter, _ *http.Request) {
	text, err := s.settings.Load().config.YAML()
	if err != nil {
		plain(w, http.StatusInternalServerError, err.Error())
		return
	}
	w.Header().Set("Content-Type", typeText)
	_, _ = w.Write(text)
}

func (s *Server) showReady(w http.ResponseWriter, _ *http.Request) {
	if !s.Ready() {
		plain(w, http.StatusServiceUnavailable, "not ready: the page has not been refreshed yet")
		return
	}
	plain(w, http.StatusOK, "ready")
}

func plain(w http.ResponseWriter, code int, line string) {
	w.Header().Set("Content-Type", typeText)
	w.WriteHeader(code)
	_, _ = fmt.Fprintln(w, line)
}
