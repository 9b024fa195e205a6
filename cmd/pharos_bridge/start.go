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

	"github.com/prometheus/common/version"

	"github.com/pharos-status/pharos/bridge"
	"github.com/pharos-status/pharos/bridge/config"
	"github.com/pharos-status/pharos/internal/app"
	"github.com/pharos-status/pharos/internal/schema"
)

// gcPercent is how much the heap may grow before it is collected, in percent of what is
// alive: half of what Go allows, as a notification of thousands of alerts leaves many
// times its size as garbage. Who sets GOGC has the last word.
const gcPercent = 50

// memoryLimit is how many bytes the process may take before more is collected than
// gcPercent asks for. Large notifications are mostly garbage: four of 4 MiB at a time take
// the process to 80 MB with it and to 125 MB without, for twice the processor time of these
// seconds. If more than that is alive, nothing fails. Who sets GOMEMLIMIT has the last word.
const memoryLimit = 64 << 20

// start checks the configuration, or runs the bridge until ctx is done.
func start(ctx context.Context, f *flags, log *slog.Logger, stdout io.Writer) error {
	if f.configCheck {
		if _, err := config.Load(f.configFile, config.Options{Logger: log}); err != nil {
			return err
		}
		_, err := fmt.Fprintf(stdout, "The configuration in %s is good.\n", f.configFile)
		return err
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
	hangups := app.CatchHangups()
	log.Info("Starting pharos_bridge", "version", version.Info(), "build_context", version.BuildContext())
	parts, err := app.Build(func(b *app.Builder) error { return build(b, f, hangups, log) })
	if err != nil {
		return err
	}
	return app.Run(ctx, parts...)
}

// build binds the address before it opens anything else: a port in use is the error
// that people meet most.
func build(b *app.Builder, f *flags, hangups app.Hangups, log *slog.Logger) error {
	routes := http.NewServeMux()
	listener, err := b.Listen(app.HTTPOptions{
		Purpose: "bridge", Flag: "web.listen-address", Address: f.address, Public: true, WebConfig: f.webConfig, Handler: routes, Logger: log,
	})
	if err != nil {
		return err
	}
	br, err := bridge.New(bridge.Options{
		ConfigFile:    f.configFile,
		RequireConfig: f.configGiven,
		StoragePath:   f.storagePath,
		Logger:        log,
		Registerer:    app.NewRegistry(schema.BridgePrefix),
	})
	if err != nil {
		return err
	}
	if len(br.Channels()) == 0 {
		log.Warn("There are no channels: whatever is posted is turned away. Write some into the configuration file, then reload", "file", f.configFile)
	}
	routes.Handle("/bridge/", br.Handler())
	routes.Handle("/", br.Ops())
	b.Add("bridge", br)
	b.Add("listener", listener)
	b.Add("reload", hangups.Reload(br.Reload, log))
	return nil
}
