// SPDX-License-Identifier: Apache-2.0

// Command pharos_reporter watches processes, systemd units and ports of its machine,
// and reports them to Pharos or to a Vigil.
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
	configCheck bool
	once        bool
	address     string
	webConfig   string
}

const help = `Watches what can't report by itself, and reports it to Pharos.

Looks at processes (by PID file, name or cgroup), systemd units, TCP ports and URLs of
its machine at intervals, and tells a status page how they are, with the reason, over
the Reporter protocol of Pharos and of Vigil. What to watch and whom to tell stands in
one file, which SIGHUP reads again.

  pharos_reporter --config.file=/etc/pharos/reporter.yml
  pharos_reporter --config.file=/etc/pharos/reporter.yml --config.check
  pharos_reporter --config.file=/etc/pharos/reporter.yml --once

With --once it looks once, prints what it sees and reports nothing. The exit code is then
that of the worst: 0 healthy, 1 sick, 2 dead, 3 unknown.`

// exitUnknown is the exit code for what can't be told, as monitoring plugins have it.
const exitUnknown = 3

// run returns the exit code of [app.Command.Run].
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var f flags
	c := app.NewCommand("pharos_reporter", help, stdout, stderr)
	c.Flag("config.file", "What to watch, and whom to tell.").Default("reporter.yml").StringVar(&f.configFile)
	c.Flag("config.check", "Check the configuration file and exit.").BoolVar(&f.configCheck)
	c.Flag("once", "Look once, print what is seen and exit.").BoolVar(&f.once)
	c.Flag("web.listen-address", "Address for /metrics and those who run the reporter, such as 127.0.0.1:9643. Without it no port is opened.").PlaceHolder("ADDRESS").StringVar(&f.address)
	c.Flag("web.config.file", "Web configuration file of the Prometheus exporter toolkit, for TLS and authentication.").PlaceHolder("FILE").StringVar(&f.webConfig)
	logger := c.LogFlags()
	return c.Run(args, func(string) error { return start(ctx, &f, logger(), stdout) })
}
