// SPDX-License-Identifier: Apache-2.0

// Command pharos is all of Pharos in one process: the exporter, the status page,
// and Prometheus and Alertmanager embedded as libraries.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/promslog"
	promslogflag "github.com/prometheus/common/promslog/flag"
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
	log         promslog.Config
}

// run returns the exit code: 0 after a clean stop, 1 if something went wrong, 2
// if the command line can't be understood.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	f, exit := parse(args, stdout, stderr)
	if f == nil {
		return exit
	}
	f.log.Writer = stderr
	log := promslog.New(&f.log)
	if err := start(ctx, f, log, stdout); err != nil {
		fmt.Fprintln(stderr, "pharos:", err) //nolint:errcheck // nowhere to report it
		return 1
	}
	return 0
}

func start(ctx context.Context, f *flags, log *slog.Logger, stdout io.Writer) error {
	if f.configCheck {
		if err := checkFiles(f); err != nil {
			return err
		}
		_, err := fmt.Fprintf(stdout, "The configuration in %s is good.\n", f.configDir)
		return err
	}
	log.Info("Starting pharos", "version", version.Info(), "build_context", version.BuildContext())
	s, err := newStack(f, log) //nolint:contextcheck // the parts get a context when they run
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(stdout, "Status page  %s\nOperations   %s\n", s.publicURL(f.webConfig != ""), s.opsURL()); err != nil {
		return err
	}
	return s.run(ctx)
}

const help = `Pharos in one process: watches services, keeps their history, wakes the right
person, and serves the public status page. It embeds Prometheus and Alertmanager.

Reads exporter.yml, statuspage.yml, alertmanager.yml, prometheus.yml and
rules/*.yml from one folder; each may be absent. SIGHUP and POST /-/reload on the
operations listener read them again.

  pharos --config.dir=/etc/pharos --storage.path=/var/lib/pharos`

// parse returns nil and the exit code if there is nothing to run.
func parse(args []string, stdout, stderr io.Writer) (f *flags, exit int) {
	f = &flags{}
	cli := kingpin.New("pharos", help)
	cli.HelpFlag.Short('h')
	cli.UsageWriter(stdout)
	cli.ErrorWriter(stderr)
	exit = -1
	cli.Terminate(func(code int) { exit = code })
	cli.Version(version.Print("pharos"))
	cli.Flag("config.dir", "Folder of the configuration files.").Default(".").StringVar(&f.configDir)
	cli.Flag("config.check", "Check the configuration files and exit.").BoolVar(&f.configCheck)
	cli.Flag("storage.path", "Folder of the data: state, announcements, time series, silences.").Default("data").StringVar(&f.storagePath)
	cli.Flag("web.listen-address", "Public address: the page, its APIs, the reporter and manager APIs.").Default(":8080").StringVar(&f.public)
	cli.Flag("ops.listen-address", "Address for those who run Pharos: metrics, reload, the Prometheus and Alertmanager APIs. Keep it private.").Default("127.0.0.1:9640").StringVar(&f.ops)
	cli.Flag("web.config.file", "Web configuration file of the Prometheus exporter toolkit, for TLS and authentication on the public address.").PlaceHolder("FILE").StringVar(&f.webConfig)
	cli.Flag("web.external-url", "URL under which people find the status page. HTTP probes name it as their User-Agent.").PlaceHolder("URL").StringVar(&f.publicURL)
	cli.Flag("ops.external-url", "URL under which those who run Pharos find the operations listener, for links in notifications.").PlaceHolder("URL").StringVar(&f.opsURL)
	self := cli.Flag("self.report", "Node in push mode to which this process reports its own load, as SERVICE/NODE. Nothing is sent if there is no such node.").Default("pharos/self").String()
	promslogflag.AddFlags(cli, &f.log)
	if _, err := cli.Parse(args); exit >= 0 {
		return nil, exit
	} else if err != nil {
		fmt.Fprintf(stderr, "pharos: %v; try pharos --help\n", err) //nolint:errcheck // nowhere to report it
		return nil, 2
	}
	service, node, ok := strings.Cut(*self, "/")
	if !ok {
		fmt.Fprintf(stderr, "pharos: --self.report=%s is not SERVICE/NODE\n", *self) //nolint:errcheck // nowhere to report it
		return nil, 2
	}
	f.self = status.NodeID{Service: service, Node: node}
	return f, 0
}

// file returns the path of a file of the configuration folder.
func (f *flags) file(name string) string { return filepath.Join(f.configDir, name) }
