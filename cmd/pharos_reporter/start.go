// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"runtime/debug"
	"text/tabwriter"

	"github.com/prometheus/common/version"

	"github.com/pharos-status/pharos/internal/app"
	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/sidecar"
	"github.com/pharos-status/pharos/sidecar/config"
	"github.com/pharos-status/pharos/sidecar/watch"
)

// gcPercent is how much the heap may grow before it is collected, in percent of what is
// alive: it is little, and so is what collecting it costs. Who sets GOGC has the last word.
const gcPercent = 50

// start checks the configuration, looks once, or reports until ctx is done.
func start(ctx context.Context, f *flags, log *slog.Logger, stdout io.Writer) error {
	switch {
	case f.configCheck:
		if _, err := config.Load(f.configFile); err != nil {
			return err
		}
		_, err := fmt.Fprintf(stdout, "The configuration in %s is good.\n", f.configFile)
		return err
	case f.once:
		return once(ctx, f, stdout)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	hangups := app.CatchHangups()
	log.Info("Starting pharos_reporter", "version", version.Info(), "build_context", version.BuildContext())
	parts, err := app.Build(func(b *app.Builder) error { return build(b, f, hangups, log) })
	if err != nil {
		return err
	}
	return app.Run(ctx, parts...)
}

// build binds the address, if there is one, before it opens anything else.
func build(b *app.Builder, f *flags, hangups app.Hangups, log *slog.Logger) error {
	routes := http.NewServeMux()
	var listener *app.HTTPServer
	if f.address != "" {
		var err error
		if listener, err = b.Listen(app.HTTPOptions{
			Purpose: "reporter", Flag: "web.listen-address", Address: f.address, WebConfig: f.webConfig, Handler: routes, Logger: log,
		}); err != nil {
			return err
		}
	}
	registry := app.NewRegistry(schema.ReporterPrefix)
	s, err := sidecar.New(sidecar.Options{ConfigFile: f.configFile, UserAgent: userAgent(), Logger: log, Registerer: registry})
	if err != nil {
		return err
	}
	log.Info("Watching", "watches", s.Watches(), "servers", s.Servers())
	b.Add("reporter", s)
	if listener != nil {
		routes.Handle("/", s.Handler(registry))
		b.Add("listener", listener)
	}
	b.Add("reload", hangups.Reload(s.Reload, log))
	return nil
}

func userAgent() string { return "pharos_reporter/" + version.Version }

// once prints a table of what is watched. The exit code says how the worst of it is.
func once(ctx context.Context, f *flags, stdout io.Writer) error {
	c, err := config.Load(f.configFile)
	if err != nil {
		return &app.Exit{Code: exitUnknown, Err: err}
	}
	seen, err := sidecar.Once(ctx, c, watch.HostOptions{UserAgent: userAgent()})
	if err != nil {
		return &app.Exit{Code: exitUnknown, Err: err}
	}
	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SERVICE\tNODE\tREPLICA\tSTATUS\tCORES\tMEMORY\tREASON") //nolint:errcheck // Flush tells
	worst := status.Healthy
	for _, s := range seen {
		if s.Verdict.Status.Severity() > worst.Severity() {
			worst = s.Verdict.Status
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", s.ID.Service, s.ID.Node, s.ID.Replica, s.Verdict.Status, //nolint:errcheck // likewise
			watch.Cores(s.Verdict.Figures.CPU), watch.Size(s.Verdict.Figures.Memory), s.Verdict.Reason)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	codes := map[status.Status]int{status.Sick: 1, status.Dead: 2, status.Unknown: exitUnknown}
	if code := codes[worst]; code != 0 {
		return &app.Exit{Code: code}
	}
	return nil
}
