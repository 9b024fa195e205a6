// SPDX-License-Identifier: Apache-2.0

// Command pharos is all of Pharos in one process: the exporter, the status page, the
// bridge, and Prometheus and Alertmanager embedded as libraries.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/prometheus/common/version"

	"github.com/pharos-status/pharos/internal/app"
	"github.com/pharos-status/pharos/internal/status"
)

func main() {
	ctx, stop := app.UntilSignal(context.Background())
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// flags are what the command line says.
type flags struct {
	configDir   string
	configCheck bool
	storagePath string
	public      string // address
	ops         string // address
	webConfig   string
	publicURL   string // as people reach it; may be empty
	opsURL      string // likewise
	self        status.NodeID
}

// file returns the path of a file of the configuration folder.
func (f *flags) file(name string) string { return filepath.Join(f.configDir, name) }

const help = `Pharos in one process: watches services, keeps their history, wakes the right
person, and serves the public status page. It embeds Prometheus and Alertmanager.

Reads exporter.yml, statuspage.yml, bridge.yml, alerting.yml, alertmanager.yml,
prometheus.yml and rules/*.yml from one folder; each may be absent. SIGHUP and
POST /-/reload on the operations listener read them again.

  pharos --config.dir=/etc/pharos --storage.path=/var/lib/pharos`

// run returns the exit code of [app.Command.Run].
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var f flags
	c := app.NewCommand("pharos", help, stdout, stderr)
	c.Flag("config.dir", "Folder of the configuration files.").Default(".").StringVar(&f.configDir)
	c.Flag("config.check", "Check the configuration files and exit.").BoolVar(&f.configCheck)
	c.Flag("storage.path", "Folder of the data: state, announcements, time series, silences, notifications on their way.").Default("data").StringVar(&f.storagePath)
	c.Flag("web.listen-address", "Public address: the page, its APIs, the reporter and manager APIs.").Default(":8080").StringVar(&f.public)
	c.Flag("ops.listen-address", "Address for those who run Pharos: metrics, reload, the Prometheus and Alertmanager APIs. Keep it private.").Default("127.0.0.1:9640").StringVar(&f.ops)
	c.Flag("web.config.file", "Web configuration file of the Prometheus exporter toolkit, for TLS on the public address.").PlaceHolder("FILE").StringVar(&f.webConfig)
	c.Flag("web.external-url", "URL under which people find the status page. HTTP probes name it as their User-Agent.").PlaceHolder("URL").SetValue(app.URL(&f.publicURL))
	c.Flag("ops.external-url", "URL under which those who run Pharos find the operations listener, for links in notifications.").PlaceHolder("URL").SetValue(app.URL(&f.opsURL))
	c.Flag("self.report", "Node in push mode to which this process reports its own load. Nothing is sent if there is no such node.").Default("pharos/self").PlaceHolder("SERVICE/NODE").SetValue((*nodeValue)(&f.self))
	logger := c.LogFlags()
	return c.Run(args, func(string) error { return start(ctx, &f, logger(), stdout) })
}

func start(ctx context.Context, f *flags, log *slog.Logger, stdout io.Writer) error {
	if f.configCheck {
		if err := checkFiles(f); err != nil {
			return err
		}
		_, err := fmt.Fprintf(stdout, "The configuration in %s is good.\n", f.configDir)
		return err
	}
	hangups := app.CatchHangups()
	log.Info("Starting pharos", "version", version.Info(), "build_context", version.BuildContext())
	s := &stack{log: log, evaluated: make(chan struct{})}
	parts, err := app.Build(func(b *app.Builder) error { return s.build(b, f, hangups) }) //nolint:contextcheck // the parts get a context when they run
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(stdout, "Status page  %s/\nOperations   %s/\n", s.public.URL(), s.ops.URL()); err != nil {
		return fmt.Errorf("print the addresses: %w", err)
	}
	return app.Run(ctx, parts...)
}
