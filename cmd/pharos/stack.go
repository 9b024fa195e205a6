// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/pharos-status/pharos/bridge"
	"github.com/pharos-status/pharos/collector"
	"github.com/pharos-status/pharos/internal/app"
	"github.com/pharos-status/pharos/internal/configdir"
	"github.com/pharos-status/pharos/internal/embedded"
	"github.com/pharos-status/pharos/statuspage/server"
)

// A stack is the parts of the process, tied together.
type stack struct {
	exporter *collector.Exporter
	bridge   *bridge.Bridge
	inbox    *app.MemoryServer // where Alertmanager finds the bridge
	engine   *embedded.Engine
	page     *server.Server
	own      *prometheus.Registry // metrics of the engine, the bridge and the page
	public   *app.HTTPServer
	ops      *app.HTTPServer
	reload   *reloader
	log      *slog.Logger

	evaluated chan struct{} // closed after the engine's first evaluation
}

// build acquires what the parts need. The listeners come first: a port in use is
// the error that people meet most, and it should cost them no time. Those on
// which others rely are added, and so started, before them.
func (s *stack) build(b *app.Builder, f *flags, hangups app.Hangups) error {
	if err := checkFolder(f.configDir); err != nil {
		return err
	}
	publicRoutes, opsRoutes := http.NewServeMux(), http.NewServeMux()
	if err := s.listen(b, f, publicRoutes, opsRoutes); err != nil {
		return err
	}
	if err := s.open(b, f); err != nil {
		return err
	}
	s.reload = &reloader{parts: []reloadable{
		{f.check(configdir.Bridge), s.bridge.Reload}, // a new channel is there before an alert is led to it
		{s.engine.Check, s.engine.Reload},
		{f.check(configdir.Exporter), s.exporter.Reload},
		{f.check(configdir.StatusPage), s.page.Reload},
	}}
	s.routePublic(publicRoutes)
	s.routeOps(opsRoutes)
	b.Add("exporter", s.exporter)
	b.Add("bridge", s.bridge)
	b.Add("inbox of the bridge", s.inbox)
	b.Add("engine", s.engine)
	b.Add("status page", app.Func(s.runPage))
	b.Add("public listener", s.public)
	b.Add("operations listener", s.ops)
	b.Add("self report", newSelfReport(f.self, s.exporter, s.log))
	b.Add("reload", hangups.Reload(s.reload.run, s.log))
	return nil
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

// listen binds the addresses. Routes are added once the parts are there: nothing
// is served before the listeners run.
func (s *stack) listen(b *app.Builder, f *flags, public, ops http.Handler) (err error) {
	if s.public, err = b.Listen(app.HTTPOptions{
		Purpose: "status page", Flag: "web.listen-address", Address: f.public, Public: true, WebConfig: f.webConfig,
		Handler: public, Logger: s.log.With("component", "web"),
	}); err != nil {
		return err
	}
	s.ops, err = b.Listen(app.HTTPOptions{
		Purpose: "operations listener", Flag: "ops.listen-address", Address: f.ops,
		Handler: ops, Logger: s.log.With("component", "ops"),
	})
	return err
}

// open makes the parts that read the configuration, each from those before it.
func (s *stack) open(b *app.Builder, f *flags) (err error) {
	opsURL, err := url.Parse(cmp.Or(strings.TrimRight(f.opsURL, "/"), s.ops.URL()))
	if err != nil {
		return fmt.Errorf("read --ops.external-url: %w", err)
	}
	if s.exporter, err = collector.New(collector.Options{
		ConfigFile:  f.file("exporter.yml"),
		StoragePath: f.storagePath,
		UserAgent:   collector.UserAgent(f.publicURL),

		TimeoutOffset: collector.DefaultTimeoutOffset,
		History:       collector.DefaultHistory,

		Title: "Pharos",
		Links: []collector.Link{
			{URL: s.public.URL() + "/", Text: "Status page"},
			{URL: "/admin/", Text: "Incidents, maintenance, announcements"},
			{URL: "/prometheus/api/v1/rules", Text: "Rules"},
			{URL: "/prometheus/api/v1/targets", Text: "Scrape targets"},
			{URL: "/alertmanager/api/v2/alerts", Text: "Alerts"},
			{URL: "/alertmanager/api/v2/silences", Text: "Silences"},
			{URL: "/bridge/", Text: "Bridge"},
		},
		Logger: s.log.With("component", "exporter"),
	}); err != nil {
		return err
	}
	b.Undo(s.exporter.Close)
	s.own = prometheus.NewRegistry()
	if err := s.openBridge(b, f); err != nil {
		return err
	}
	if s.engine, err = embedded.New(embedded.Options{
		ConfigDir:     f.configDir,
		StoragePath:   f.storagePath,
		ExternalURL:   opsURL,
		ListenAddress: s.ops.Addr(),
		Exporter:      s.exporter.Metrics(),
		Own:           promhttp.HandlerFor(s.own, promhttp.HandlerOpts{}),
		Changes:       s.exporter,
		Dial:          s.dial,
		Evaluated:     s.refresher(),
		Logger:        s.log,
		Registerer:    s.own,
	}); err != nil {
		return err
	}
	b.Undo(s.engine.Close)
	s.page, err = server.New(server.Options{
		ConfigFile:   f.file("statuspage.yml"),
		StoragePath:  f.storagePath,
		PageURL:      f.publicURL,
		Prometheus:   s.engine.PrometheusTransport(),
		Alertmanager: s.engine.AlertmanagerTransport(),

		CertificateNotAfter: s.public.CertificateNotAfter,

		Logger:     s.log.With("component", "statuspage"),
		Registerer: s.own,
		Gatherer:   s.own,
	})
	if err != nil {
		return err
	}
	s.public.OnShutdown(s.page.EndStreams)
	return nil
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
