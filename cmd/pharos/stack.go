// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/pharos-status/pharos/collector"
	"github.com/pharos-status/pharos/internal/app"
	"github.com/pharos-status/pharos/internal/embedded"
	"github.com/pharos-status/pharos/internal/selfreport"
	"github.com/pharos-status/pharos/statuspage/server"
)

// A stack is the parts of the process, tied together and bound to their
// addresses and files, but not yet running.
type stack struct {
	exporter *collector.Exporter
	engine   *embedded.Engine
	page     *server.Server
	self     *selfreport.Reporter
	own      *prometheus.Registry // metrics of the engine and the page
	reload   *reloader
	public   *app.HTTPServer
	ops      *app.HTTPServer
	log      *slog.Logger

	evaluated chan struct{} // closed after the engine's first evaluation
}

// newStack acquires what the parts need. The listeners come first: a port in
// use is the error that people meet most, and it should cost them no time. Their
// routes are added once the parts are there; nothing is served before run.
func newStack(f *flags, log *slog.Logger) (_ *stack, err error) {
	if err := checkFolder(f.configDir); err != nil {
		return nil, err
	}
	s := &stack{log: log, evaluated: make(chan struct{})}
	publicRoutes, opsRoutes := http.NewServeMux(), http.NewServeMux()
	if s.public, err = app.NewHTTPServer(app.HTTPOptions{
		Purpose: "status page", Flag: "web.listen-address", Address: f.public, WebConfig: f.webConfig,
		Handler: app.CollapseSlashes(publicRoutes), Logger: log.With("component", "web"),
	}); err != nil {
		return nil, err
	}
	if s.ops, err = app.NewHTTPServer(app.HTTPOptions{
		Purpose: "operations listener", Flag: "ops.listen-address", Address: f.ops,
		Handler: opsRoutes, Logger: log.With("component", "ops"),
	}); err != nil {
		return nil, errors.Join(err, s.public.Close())
	}
	if err := s.build(f); err != nil {
		return nil, errors.Join(err, s.public.Close(), s.ops.Close())
	}
	s.routePublic(publicRoutes)
	s.routeOps(opsRoutes)
	return s, nil
}

func checkFolder(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case err != nil:
		return fmt.Errorf("open the configuration folder: %w; name an existing one with --config.dir", err)
	case !info.IsDir():
		return fmt.Errorf("open the configuration folder: %s is a file; name its folder with --config.dir", dir)
	}
	return nil
}

// build makes the parts, each from those before it.
func (s *stack) build(f *flags) (err error) {
	opsURL, err := url.Parse(s.opsURL())
	if f.opsURL != "" {
		opsURL, err = url.Parse(strings.TrimSuffix(f.opsURL, "/"))
	}
	if err != nil {
		return fmt.Errorf("read --ops.external-url: %w", err)
	}
	if s.exporter, err = collector.New(collector.Options{
		ConfigFile:  f.file("exporter.yml"),
		StoragePath: f.storagePath,
		UserAgent:   userAgent(f.publicURL),
		Logger:      s.log.With("component", "exporter"),
	}); err != nil {
		return err
	}
	s.own = prometheus.NewRegistry()
	if s.engine, err = embedded.New(embedded.Options{
		ConfigDir:     f.configDir,
		StoragePath:   f.storagePath,
		ExternalURL:   opsURL,
		ListenAddress: s.ops.Addr(),
		Exporter:      s.exporter.Metrics(),
		Own:           promhttp.HandlerFor(s.own, promhttp.HandlerOpts{}),
		Changes:       s.exporter,
		Evaluated:     s.refresher(),
		Logger:        s.log,
		Registerer:    s.own,
	}); err != nil {
		return err
	}
	if s.page, err = server.New(server.Options{
		ConfigFile:   f.file("statuspage.yml"),
		StoragePath:  f.storagePath,
		PageURL:      f.publicURL,
		Prometheus:   s.engine.PrometheusTransport(),
		Alertmanager: s.engine.AlertmanagerTransport(),
		Logger:       s.log.With("component", "statuspage"),
		Registerer:   s.own,
		Gatherer:     s.own,
	}); err != nil {
		return err
	}
	s.self = newSelfReport(f.self, s.exporter, s.log)
	s.reload = &reloader{parts: []reloadable{
		{checkEngine(f), s.engine.Reload},
		{checkExporter(f), s.exporter.Reload},
		{checkPage(f), s.page.Reload},
	}}
	return nil
}

// run starts the parts, those first on which others rely, and stops them in the
// reverse order.
func (s *stack) run(ctx context.Context) error {
	return app.Run(ctx,
		app.Part{Name: "exporter", Component: s.exporter},
		app.Part{Name: "engine", Component: s.engine},
		app.Part{Name: "status page", Component: app.Func(s.runPage)},
		app.Part{Name: "public listener", Component: s.public},
		app.Part{Name: "operations listener", Component: s.ops},
		app.Part{Name: "self report", Component: s.self},
		app.Part{Name: "reload", Component: app.ReloadOnHangup(s.reload.run, s.log)},
	)
}

// refresher returns what the engine calls after each evaluation.
func (s *stack) refresher() func() {
	first := sync.OnceFunc(func() { close(s.evaluated) })
	return func() {
		first()
		s.page.Refresh()
	}
}

// runPage runs the page from the first evaluation on: before it there is nothing
// to read, and the page is served as it was last known, with all of it unknown.
func (s *stack) runPage(ctx context.Context) error {
	select {
	case <-s.evaluated:
	case <-ctx.Done():
	}
	return s.page.Run(ctx)
}

// userAgent returns what HTTP probes call themselves, the default if there is no URL.
func userAgent(url string) string {
	if url == "" {
		return ""
	}
	return "pharos (+" + url + ")"
}

func (s *stack) publicURL(tls bool) string {
	if tls {
		return "https://" + browsable(s.public.Addr()) + "/"
	}
	return "http://" + browsable(s.public.Addr()) + "/"
}

func (s *stack) opsURL() string { return "http://" + browsable(s.ops.Addr()) }

// browsable replaces the address of every interface by one that a browser on
// this machine can open.
func browsable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err == nil && ip != nil && ip.IsUnspecified() {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return address
}
