// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	versioncollector "github.com/prometheus/client_golang/prometheus/collectors/version"
	"github.com/prometheus/common/promslog"
	"github.com/prometheus/common/version"

	"github.com/pharos-status/pharos/internal/app"
	"github.com/pharos-status/pharos/statuspage/config"
	"github.com/pharos-status/pharos/statuspage/server"
)

// start checks the configuration, or runs the page until ctx is done.
func start(ctx context.Context, f *flags, stdout io.Writer) error {
	if f.configCheck {
		if _, err := config.Load(f.configFile); err != nil {
			return err
		}
		_, err := fmt.Fprintf(stdout, "The configuration in %s is good.\n", f.configFile)
		return err
	}
	log := promslog.New(&f.log)
	log.Info("Starting pharos_statuspage", "version", version.Info(), "build_context", version.BuildContext())
	s, err := newStack(f, log)
	if err != nil {
		return err
	}
	return app.Run(ctx, s.parts...)
}

// A stack is the parts of the process, bound to their addresses and files, but not
// yet running.
type stack struct {
	parts []app.Part
	close []func() error // what to undo if a later part fails
}

// newStack binds the addresses before it opens anything else: a port in use is
// the error that people meet most.
func newStack(f *flags, log *slog.Logger) (*stack, error) {
	s := &stack{}
	if err := s.build(f, log); err != nil {
		for _, undo := range s.close {
			err = errors.Join(err, undo())
		}
		return nil, err
	}
	return s, nil
}

func (s *stack) build(f *flags, log *slog.Logger) error {
	publicRoutes, opsRoutes := http.NewServeMux(), http.NewServeMux()
	public, err := s.listen(log, app.HTTPOptions{
		Purpose: "status page", Flag: "web.listen-address", Address: f.public, WebConfig: f.webConfig, Handler: publicRoutes,
	})
	if err != nil {
		return err
	}
	ops, err := s.listen(log, app.HTTPOptions{
		Purpose: "operators", Flag: "ops.listen-address", Address: f.ops, Handler: opsRoutes,
	})
	if err != nil {
		return err
	}
	page, err := server.New(server.Options{
		ConfigFile:    f.configFile,
		RequireConfig: f.configGiven,
		StoragePath:   f.storagePath,
		PageURL:       f.externalURL,
		Logger:        log,
		Registerer:    newRegistry(),
	})
	if err != nil {
		return err
	}
	publicRoutes.Handle("/", page.Public())
	opsRoutes.Handle("/", page.Ops())
	s.parts = []app.Part{
		{Name: "page", Component: page},
		{Name: "listener", Component: public},
		{Name: "ops listener", Component: ops},
		{Name: "reload", Component: app.ReloadOnHangup(page.Reload, log)},
	}
	return nil
}

// newRegistry returns the metrics of the process, to which the server adds its own.
func newRegistry() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		versioncollector.NewCollector("pharos_statuspage"),
	)
	return r
}

// listen binds an address, to be released if a later part fails.
func (s *stack) listen(log *slog.Logger, o app.HTTPOptions) (*app.HTTPServer, error) {
	o.Handler, o.Logger = app.CollapseSlashes(o.Handler), log
	listener, err := app.NewHTTPServer(o)
	if err != nil {
		return nil, err
	}
	s.close = append(s.close, listener.Close)
	return listener, nil
}
