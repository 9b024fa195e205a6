// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"

	"github.com/prometheus/common/version"

	"github.com/pharos-status/pharos/internal/app"
	"github.com/pharos-status/pharos/statuspage/config"
	"github.com/pharos-status/pharos/statuspage/server"
)

// check tells whether the configuration is good.
func check(f *flags, stdout io.Writer) error {
	if _, err := config.Load(f.configFile); err != nil {
		return err
	}
	_, err := fmt.Fprintf(stdout, "The configuration in %s is good.\n", f.configFile)
	return err
}

// start runs the page until ctx is done.
func start(ctx context.Context, f *flags, log *slog.Logger) error {
	hangups := app.CatchHangups()
	log.Info("Starting pharos_statuspage", "version", version.Info(), "build_context", version.BuildContext())
	parts, err := app.Build(func(b *app.Builder) error { return build(b, f, hangups, log) }) //nolint:contextcheck // the parts get a context when they run
	if err != nil {
		return err
	}
	return app.Run(ctx, parts...)
}

// build binds the addresses before it opens anything else: a port in use is the
// error that people meet most.
func build(b *app.Builder, f *flags, hangups app.Hangups, log *slog.Logger) error {
	publicRoutes, opsRoutes := http.NewServeMux(), http.NewServeMux()
	public, err := b.Listen(app.HTTPOptions{
		Purpose: "status page", Flag: "web.listen-address", Address: f.public, Public: true, WebConfig: f.webConfig, Handler: publicRoutes, Logger: log,
	})
	if err != nil {
		return err
	}
	ops, err := b.Listen(app.HTTPOptions{
		Purpose: "operators", Flag: "ops.listen-address", Address: f.ops, Handler: opsRoutes, Logger: log,
	})
	if err != nil {
		return err
	}
	o := options(f, log)
	o.CertificateNotAfter = public.CertificateNotAfter
	page, err := server.New(o)
	if err != nil {
		return err
	}
	public.OnShutdown(page.EndStreams)
	publicRoutes.Handle("/", page.Public())
	opsRoutes.Handle("/", page.Ops())
	b.Add("page", page)
	b.Add("listener", public)
	b.Add("ops listener", ops)
	b.Add("reload", hangups.Reload(page.Reload, log))
	return nil
}

func options(f *flags, log *slog.Logger) server.Options {
	return server.Options{
		ConfigFile:    f.configFile,
		RequireConfig: f.configGiven,
		StoragePath:   f.storagePath,
		PageURL:       f.externalURL,
		Logger:        log,
		Registerer:    app.NewRegistry("pharos_statuspage"),
	}
}

// exportPage writes the page as static files once.
func exportPage(ctx context.Context, f *flags, log *slog.Logger) error {
	page, err := server.New(options(f, log)) //nolint:contextcheck // it runs nothing
	if err != nil {
		return err
	}
	return errors.Join(page.Export(ctx, f.out), page.Close())
}
