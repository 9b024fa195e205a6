// SPDX-License-Identifier: Apache-2.0

// Command pharos_bridge takes notifications from Alertmanager and delivers them to
// people.
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
	webConfig   string
}

const help = `Takes notifications from Alertmanager and delivers them to people.

Receives Alertmanager's webhooks at /bridge/v1/CHANNEL, keeps each notification on
disk, and sends it by SMS, Zulip, Gotify, Pushover, Matrix, XMPP, Mastodon or HTTP
until it is acknowledged. Which channels there are stands in one file, which SIGHUP
and POST /-/reload read again.

  pharos_bridge --config.file=/etc/pharos/bridge.yml --storage.path=/var/lib/pharos
  pharos_bridge --config.file=/etc/pharos/bridge.yml --config.check`

// run returns the exit code of [app.Command.Run].
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var f flags
	c := app.NewCommand("pharos_bridge", help, stdout, stderr)
	c.Flag("config.file", "Which channels there are, and who may post to them. If the default is absent, there are none.").Default("bridge.yml").IsSetByUser(&f.configGiven).StringVar(&f.configFile)
	c.Flag("config.check", "Check the configuration file and exit.").BoolVar(&f.configCheck)
	c.Flag("storage.path", "Folder of the data: notifications that wait, and dead letters.").Default("data").StringVar(&f.storagePath)
	c.Flag("web.listen-address", "Address for Alertmanager, Prometheus and those who run the bridge. Keep it private.").Default(":9642").StringVar(&f.address)
	c.Flag("web.config.file", "Web configuration file of the Prometheus exporter toolkit, for TLS and client certificates.").PlaceHolder("FILE").StringVar(&f.webConfig)
	logger := c.LogFlags()
	return c.Run(args, func(string) error { return start(ctx, &f, logger(), stdout) })
}
