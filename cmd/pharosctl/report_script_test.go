// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"log/slog"
	"net/http"
	"os"

	"github.com/pharos-status/pharos/collector"
	"github.com/pharos-status/pharos/internal/app"
)

// exporter is what pharos_exporter does, for scripts: it serves exporter.yml at its
// one argument.
func exporter() {
	ctx, stop := app.UntilSignal(context.Background())
	defer stop()
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	parts, err := app.Build(func(b *app.Builder) error {
		routes := http.NewServeMux()
		listener, err := b.Listen(app.HTTPOptions{Purpose: "exporter", Flag: "address", Address: os.Args[1], Handler: routes, Logger: log})
		if err != nil {
			return err
		}
		e, err := collector.New(collector.Options{ConfigFile: "exporter.yml", RequireConfig: true, StoragePath: "data", ServeReporter: true, Logger: log})
		if err != nil {
			return err
		}
		routes.Handle("/", e.Handler())
		b.Add("exporter", e)
		b.Add("listener", listener)
		return nil
	})
	if err == nil {
		err = app.Run(ctx, parts...)
	}
	if err != nil {
		log.Error("The exporter has ended", "err", err)
		os.Exit(1) //nolint:gocritic // there is nothing left that stop would do
	}
}
