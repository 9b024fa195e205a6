// SPDX-License-Identifier: Apache-2.0

// Command pharos_statuspage shows the public what Prometheus knows.
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
	public      string // address
	ops         string // address
	webConfig   string
	externalURL string
	out         string // folder of the static files
}

const help = `Shows the public what Prometheus knows.

Asks Prometheus how the services are, serves the status page with its feeds, badges
and JSON, and keeps incidents, maintenance and announcements. Where Prometheus is and
what the page looks like stands in one file, which SIGHUP and POST /-/reload read again.

  pharos_statuspage --config.file=/etc/pharos/statuspage.yml --storage.path=/var/lib/pharos
  pharos_statuspage --config.file=/etc/pharos/statuspage.yml --config.check
  pharos_statuspage export --config.file=/etc/pharos/statuspage.yml --out=/var/www/status`

// run returns the exit code of [app.Command.Run].
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var f flags
	c := app.NewCommand("pharos_statuspage", help, stdout, stderr)
	c.Flag("config.file", "Where Prometheus is, and what the page looks like. If the default is absent, its defaults hold.").Default("statuspage.yml").IsSetByUser(&f.configGiven).StringVar(&f.configFile)
	c.Flag("config.check", "Check the configuration file and exit.").BoolVar(&f.configCheck)
	c.Flag("storage.path", "Folder of the data: incidents, maintenance, announcements, and the days that are over.").Default("data").StringVar(&f.storagePath)
	c.Flag("web.listen-address", "Public address: the page, its APIs and the manager API.").Default(":8080").StringVar(&f.public)
	c.Flag("ops.listen-address", "Address for Prometheus and those who run the page: metrics, configuration, reload. Keep it private.").Default(":9641").StringVar(&f.ops)
	c.Flag("web.config.file", "Web configuration file of the Prometheus exporter toolkit, for TLS on the public address.").PlaceHolder("FILE").StringVar(&f.webConfig)
	c.Flag("web.external-url", "URL under which people find the page, unless branding.page_url in the configuration says it.").PlaceHolder("URL").SetValue(app.URL(&f.externalURL))
	c.Command("serve", "Serve the page. This is what happens without a command.").Default()
	export := c.Command("export", "Ask Prometheus once, write the page as static files, and exit. Nothing listens: the flags of addresses are of no account.")
	export.Flag("out", "Folder of the files. What an earlier export wrote there is replaced, the rest is left alone.").Required().PlaceHolder("DIR").StringVar(&f.out)
	logger := c.LogFlags()
	return c.Run(args, func(command string) error {
		switch {
		case f.configCheck:
			return check(&f, stdout)
		case command == export.FullCommand():
			return exportPage(ctx, &f, logger())
		}
		return start(ctx, &f, logger())
	})
}
