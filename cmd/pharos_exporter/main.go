// SPDX-License-Identifier: Apache-2.0

// Command pharos_exporter watches services and shows Prometheus how they are.
package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"runtime/debug"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/promslog"
	promslogflag "github.com/prometheus/common/promslog/flag"
	"github.com/prometheus/common/version"

	"github.com/pharos-status/pharos/internal/app"
)

func main() {
	if os.Getenv("GOGC") == "" {
		// Mostly idle, and often on machines that have other work: it takes less
		// memory, for a little more time of its own.
		debug.SetGCPercent(gcPercent)
	}
	ctx, stop := app.UntilSignal(context.Background())
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

const gcPercent = 40

// flags are what the command line says.
type flags struct {
	configFile  string
	configGiven bool // by the user, so the file has to be there
	configCheck bool
	storagePath string
	address     string
	reporter    string // address; empty: the main listener takes reports
	webConfig   string
	externalURL string
	log         promslog.Config
}

const help = `Watches services and shows Prometheus how they are.

Probes URLs (http, https, tcp, icmp, ssh) and runs scripts at intervals, takes the
reports of applications and relays, and serves the result at /metrics. What to
watch stands in one file, which SIGHUP and POST /-/reload read again.

  pharos_exporter --config.file=/etc/pharos/exporter.yml --storage.path=/var/lib/pharos
  pharos_exporter --config.file=/etc/pharos/exporter.yml --config.check`

// run returns the exit code: 0 after a clean stop, 1 if something went wrong, 2
// if the command line can't be understood.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	f, exit := parse(args, stdout, stderr)
	if f == nil {
		return exit
	}
	f.log.Writer = stderr
	if err := start(ctx, f, stdout); err != nil {
		fmt.Fprintln(stderr, "pharos_exporter:", err) //nolint:errcheck // nowhere to report it
		return 1
	}
	return 0
}

// parse returns nil and the exit code if there is nothing to run.
func parse(args []string, stdout, stderr io.Writer) (f *flags, exit int) {
	f = &flags{}
	cli := kingpin.New("pharos_exporter", help)
	cli.HelpFlag.Short('h')
	cli.UsageWriter(stdout)
	cli.ErrorWriter(stderr)
	exit = -1
	cli.Terminate(func(code int) { exit = code })
	cli.Version(version.Print("pharos_exporter"))
	cli.Flag("config.file", "What to watch. If the default is absent, nothing is watched.").Default("exporter.yml").IsSetByUser(&f.configGiven).StringVar(&f.configFile)
	cli.Flag("config.check", "Check the configuration file and exit.").BoolVar(&f.configCheck)
	cli.Flag("storage.path", "Folder of the data: the last word on each replica, kept across restarts.").Default("data").StringVar(&f.storagePath)
	cli.Flag("web.listen-address", "Address for Prometheus and those who run the exporter.").Default(":9640").StringVar(&f.address)
	cli.Flag("reporter.listen-address", "Address for reports alone, as it may be open to the public. Without it they come to --web.listen-address.").PlaceHolder("ADDRESS").StringVar(&f.reporter)
	cli.Flag("web.config.file", "Web configuration file of the Prometheus exporter toolkit, for TLS and authentication on both addresses.").PlaceHolder("FILE").StringVar(&f.webConfig)
	cli.Flag("web.external-url", "URL under which people find this exporter or its status page. HTTP probes name it as their User-Agent.").PlaceHolder("URL").StringVar(&f.externalURL)
	promslogflag.AddFlags(cli, &f.log)
	if _, err := cli.Parse(args); exit >= 0 {
		return nil, exit
	} else if err != nil {
		fmt.Fprintf(stderr, "pharos_exporter: %v; try pharos_exporter --help\n", err) //nolint:errcheck // nowhere to report it
		return nil, 2
	}
	if f.externalURL != "" && !isURL(f.externalURL) {
		fmt.Fprintf(stderr, "pharos_exporter: --web.external-url=%q is no URL such as https://status.example.com\n", f.externalURL) //nolint:errcheck // nowhere to report it
		return nil, 2
	}
	return f, 0
}

// isURL tells whether text is an absolute URL that a User-Agent may name.
func isURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}
