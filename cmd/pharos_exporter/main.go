// SPDX-License-Identifier: Apache-2.0

// Command pharos_exporter watches services and shows Prometheus how they are.
package main

import (
	"context"
	"io"
	"os"

	"github.com/pharos-status/pharos/internal/app"
)

func main() {
	ctx, stop := app.UntilSignal(context.Background())
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

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
}

const help = `Watches services and shows Prometheus how they are.

Probes URLs (http, https, tcp, icmp, ssh) and runs scripts at intervals, takes the
reports of applications and relays, and serves the result at /metrics. What to
watch stands in one file, which SIGHUP and POST /-/reload read again.

  pharos_exporter --config.file=/etc/pharos/exporter.yml --storage.path=/var/lib/pharos
  pharos_exporter --config.file=/etc/pharos/exporter.yml --config.check`

// run returns the exit code of [app.Command.Run].
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var f flags
	c := app.NewCommand("pharos_exporter", help, stdout, stderr)
	c.Flag("config.file", "What to watch. If the default is absent, nothing is watched.").Default("exporter.yml").IsSetByUser(&f.configGiven).StringVar(&f.configFile)
	c.Flag("config.check", "Check the configuration file and exit.").BoolVar(&f.configCheck)
	c.Flag("storage.path", "Folder of the data: the last word on each replica, kept across restarts.").Default("data").StringVar(&f.storagePath)
	c.Flag("web.listen-address", "Address for Prometheus and those who run the exporter.").Default(":9640").StringVar(&f.address)
	c.Flag("reporter.listen-address", "Address for reports alone, as it may be open to the public. Without it they come to --web.listen-address.").PlaceHolder("ADDRESS").StringVar(&f.reporter)
	c.Flag("web.config.file", "Web configuration file of the Prometheus exporter toolkit, for TLS on both addresses.").PlaceHolder("FILE").StringVar(&f.webConfig)
	c.Flag("web.external-url", "URL under which people find this exporter or its status page. HTTP probes name it as their User-Agent.").PlaceHolder("URL").SetValue(app.URL(&f.externalURL))
	logger := c.LogFlags()
	return c.Run(args, func(string) error { return start(ctx, &f, logger(), stdout) })
}
