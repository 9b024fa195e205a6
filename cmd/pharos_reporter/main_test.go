// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/pharos-status/pharos/collector"
	"github.com/pharos-status/pharos/internal/app"
	"github.com/pharos-status/pharos/internal/testkit"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"pharos_reporter": main, "an_exporter": anExporter})
}

func TestScripts(t *testing.T) {
	t.Parallel()
	testkit.Scripts(t, "ADDR", "SERVER")
}

// anExporter serves the exporter of exporter.yml at the address that it is given: what
// takes the reports is the real thing.
func anExporter() {
	ctx, stop := app.UntilSignal(context.Background())
	parts, err := app.Build(func(b *app.Builder) error {
		log := slog.New(slog.DiscardHandler)
		exporter, err := collector.New(collector.Options{ConfigFile: "exporter.yml", RequireConfig: true, StoragePath: "data", ServeReporter: true, Logger: log})
		if err != nil {
			return err
		}
		listener, err := b.Listen(app.HTTPOptions{Address: os.Args[1], Handler: exporter.Handler(), Logger: log})
		if err != nil {
			return err
		}
		b.Add("exporter", exporter)
		b.Add("listener", listener)
		return nil
	})
	if err == nil {
		err = app.Run(ctx, parts...)
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
