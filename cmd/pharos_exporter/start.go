// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"

	"github.com/prometheus/common/version"

	"github.com/pharos-status/pharos/collector"
	"github.com/pharos-status/pharos/collector/config"
	"github.com/pharos-status/pharos/internal/app"
)

// start checks the configuration, or runs the exporter until ctx is done.
func start(ctx context.Context, f *flags, log *slog.Logger, stdout io.Writer) error {
	if f.configCheck {
		if _, err := config.Load(f.configFile); err != nil {
			return err
		}
		_, err := fmt.Fprintf(stdout, "The configuration in %s is good.\n", f.configFile)
		return err
	}
	if err := f.once.check(); err != nil {
		return &app.Exit{Code: exitUnknown, Err: err}
	}
	if f.once.once {
		return once(ctx, f, log, stdout)
	}
	hangups := app.CatchHangups()
	log.Info("Starting pharos_exporter", "version", version.Info(), "build_context", version.BuildContext())
	parts, err := app.Build(func(b *app.Builder) error { return build(b, f, hangups, log) }) //nolint:contextcheck // what is made asks nobody until it runs
	if err != nil {
		return err
	}
	return app.Run(ctx, parts...)
}

// build binds the addresses before it opens anything else: a port in use is the
// error that people meet most.
func build(b *app.Builder, f *flags, hangups app.Hangups, log *slog.Logger) error {
	routes, reporterRoutes := http.NewServeMux(), http.NewServeMux()
	listener, err := b.Listen(app.HTTPOptions{
		Purpose: "exporter", Flag: "web.listen-address", Address: f.address, WebConfig: f.webConfig, Handler: routes, Logger: log,
	})
	if err != nil {
		return err
	}
	var reporterListener *app.HTTPServer
	if f.reporter != "" {
		if reporterListener, err = b.Listen(app.HTTPOptions{
			Purpose: "reporters", Flag: "reporter.listen-address", Address: f.reporter, Public: true, WebConfig: f.webConfig, Handler: reporterRoutes, Logger: log,
		}); err != nil {
			return err
		}
	}
	exporter, err := collector.New(f.options(log))
	if err != nil {
		return err
	}
	routes.Handle("/", exporter.Handler())
	reporterRoutes.Handle("/reporter", exporter.Reporter())
	reporterRoutes.Handle("/reporter/", exporter.Reporter())
	b.Add("exporter", exporter)
	b.Add("listener", listener)
	if reporterListener != nil {
		b.Add("reporter listener", reporterListener)
	}
	b.Add("memory", app.Func(tuneMemory))
	b.Add("reload", hangups.Reload(exporter.Reload, log))
	return nil
}

// options are those of the exporter.
func (f *flags) options(log *slog.Logger) collector.Options {
	return collector.Options{
		ConfigFile:    f.configFile,
		RequireConfig: f.configGiven,
		StoragePath:   f.storagePath,
		UserAgent:     collector.UserAgent(f.externalURL),
		ServeReporter: f.reporter == "",
		TimeoutOffset: f.timeoutOffset,
		History:       f.history,
		Logger:        log,
	}
}
