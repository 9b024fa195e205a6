// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"

	"github.com/prometheus/common/promslog"
	"github.com/prometheus/common/version"

	"github.com/pharos-status/pharos/collector"
	"github.com/pharos-status/pharos/collector/config"
	"github.com/pharos-status/pharos/internal/app"
)

// start checks the configuration, or runs the exporter until ctx is done.
func start(ctx context.Context, f *flags, stdout io.Writer) error {
	if f.configCheck {
		if _, err := config.Load(f.configFile); err != nil {
			return err
		}
		_, err := fmt.Fprintf(stdout, "The configuration in %s is good.\n", f.configFile)
		return err
	}
	log := promslog.New(&f.log)
	log.Info("Starting pharos_exporter", "version", version.Info(), "build_context", version.BuildContext())
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
	routes, reporterRoutes := http.NewServeMux(), http.NewServeMux()
	main, err := s.listen(f, log, app.HTTPOptions{
		Purpose: "exporter", Flag: "web.listen-address", Address: f.address, Handler: routes,
	})
	if err != nil {
		return err
	}
	listeners := []app.Part{{Name: "listener", Component: main}}
	if f.reporter != "" {
		reporter, err := s.listen(f, log, app.HTTPOptions{
			Purpose: "reporters", Flag: "reporter.listen-address", Address: f.reporter, Handler: reporterRoutes,
		})
		if err != nil {
			return err
		}
		listeners = append(listeners, app.Part{Name: "reporter listener", Component: reporter})
	}
	exporter, err := collector.New(collector.Options{
		ConfigFile:    f.configFile,
		RequireConfig: f.configGiven,
		StoragePath:   f.storagePath,
		UserAgent:     userAgent(f.externalURL),
		ServeReporter: f.reporter == "",
		Logger:        log,
	})
	if err != nil {
		return err
	}
	routes.Handle("/", exporter.Handler())
	reporterRoutes.Handle("/reporter/", exporter.Reporter())
	s.parts = append(s.parts, app.Part{Name: "exporter", Component: exporter})
	s.parts = append(s.parts, listeners...)
	s.parts = append(s.parts, app.Part{Name: "reload", Component: app.ReloadOnHangup(exporter.Reload, log)})
	return nil
}

// listen binds an address, to be released if a later part fails.
func (s *stack) listen(f *flags, log *slog.Logger, o app.HTTPOptions) (*app.HTTPServer, error) {
	o.WebConfig, o.Handler, o.Logger = f.webConfig, app.CollapseSlashes(o.Handler), log
	server, err := app.NewHTTPServer(o)
	if err != nil {
		return nil, err
	}
	s.close = append(s.close, server.Close)
	return server, nil
}

// userAgent returns what HTTP probes call themselves, the default if there is no URL.
func userAgent(url string) string {
	if url == "" {
		return ""
	}
	return "pharos (+" + url + ")"
}
