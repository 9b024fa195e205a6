// SPDX-License-Identifier: Apache-2.0

// Command pharos_exporter watches services and shows Prometheus how they are.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"time"

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

	timeoutOffset time.Duration
	history       int
	once          onceFlags
}

const help = `Watches services and shows Prometheus how they are.

Probes URLs (http, https, tcp, icmp, ssh, dns, grpc, unix, ws) and runs scripts at
intervals, takes the reports of applications and relays, and serves the result at
/metrics. Probes on demand, at /probe, are those of blackbox_exporter, with its
modules. What to watch stands in one file, which SIGHUP and POST /-/reload read again.

  pharos_exporter --config.file=/etc/pharos/exporter.yml --storage.path=/var/lib/pharos
  pharos_exporter --config.file=/etc/pharos/exporter.yml --config.check
  pharos_exporter --config.file=/etc/pharos/exporter.yml --once --once.textfile=/var/lib/node_exporter/pharos.prom`

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
	c.Flag("timeout-offset", "Seconds that a probe on demand ends before Prometheus' time limit for the scrape.").Default("0.5").SetValue((*secondsValue)(&f.timeoutOffset))
	c.Flag("history.limit", "How many probes on demand are remembered, and how many failed ones besides.").Default("100").IntVar(&f.history)
	f.once.add(c)
	if slices.Contains(args, "--once") {
		c.Misuse = exitUnknown // the codes below say how things are
	}
	logger := c.LogFlags()
	return c.Run(args, func(string) error { return start(ctx, &f, logger(), stdout) })
}

// A secondsValue is the value of a flag in seconds, as blackbox_exporter takes it.
type secondsValue time.Duration

// Set implements kingpin.Value.
func (v *secondsValue) Set(text string) error {
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil || !(seconds >= 0 && seconds <= 3600) {
		return fmt.Errorf("%q is no number of seconds such as 0.5", text)
	}
	*v = secondsValue(seconds * float64(time.Second))
	return nil
}

// String implements kingpin.Value.
func (v *secondsValue) String() string {
	return strconv.FormatFloat(time.Duration(*v).Seconds(), 'g', -1, 64)
}
