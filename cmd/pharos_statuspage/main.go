// SPDX-License-Identifier: Apache-2.0

// Command pharos_statuspage shows the public what Prometheus knows.
package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"os"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/promslog"
	promslogflag "github.com/prometheus/common/promslog/flag"
	"github.com/prometheus/common/version"

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
	log         promslog.Config
}

const help = `Shows the public what Prometheus knows.

Asks Prometheus how the services are, serves the status page, its badges and its
JSON, and keeps announcements. Where Prometheus is and what the page looks like
stands in one file, which SIGHUP and POST /-/reload read again.

  pharos_statuspage --config.file=/etc/pharos/statuspage.yml --storage.path=/var/lib/pharos
  pharos_statuspage --config.file=/etc/pharos/statuspage.yml --config.check`

// run returns the exit code: 0 after a clean stop, 1 if something went wrong, 2
// if the command line can't be understood.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	f, exit := parse(args, stdout, stderr)
	if f == nil {
		return exit
	}
	f.log.Writer = stderr
	if err := start(ctx, f, stdout); err != nil {
		fmt.Fprintln(stderr, "pharos_statuspage:", err) //nolint:errcheck // nowhere to report it
		return 1
	}
	return 0
}

// parse returns nil and the exit code if there is nothing to run.
func parse(args []string, stdout, stderr io.Writer) (f *flags, exit int) {
	f = &flags{}
	cli := kingpin.New("pharos_statuspage", help)
	cli.HelpFlag.Short('h')
	cli.UsageWriter(stdout)
	cli.ErrorWriter(stderr)
	exit = -1
	cli.Terminate(func(code int) { exit = code })
	cli.Version(version.Print("pharos_statuspage"))
	cli.Flag("config.file", "Where Prometheus is, and what the page looks like. If the default is absent, its defaults hold.").Default("statuspage.yml").IsSetByUser(&f.configGiven).StringVar(&f.configFile)
	cli.Flag("config.check", "Check the configuration file and exit.").BoolVar(&f.configCheck)
	cli.Flag("storage.path", "Folder of the data: announcements, and the last layout of the page.").Default("data").StringVar(&f.storagePath)
	cli.Flag("web.listen-address", "Public address: the page, its APIs and the manager API.").Default(":8080").StringVar(&f.public)
	cli.Flag("ops.listen-address", "Address for Prometheus and those who run the page: metrics, configuration, reload. Keep it private.").Default(":9641").StringVar(&f.ops)
	cli.Flag("web.config.file", "Web configuration file of the Prometheus exporter toolkit, for TLS on the public address.").PlaceHolder("FILE").StringVar(&f.webConfig)
	cli.Flag("web.external-url", "URL under which people find the page, unless branding.page_url in the configuration says it.").PlaceHolder("URL").StringVar(&f.externalURL)
	promslogflag.AddFlags(cli, &f.log)
	if _, err := cli.Parse(args); exit >= 0 {
		return nil, exit
	} else if err != nil {
		fmt.Fprintf(stderr, "pharos_statuspage: %v; try pharos_statuspage --help\n", err) //nolint:errcheck // nowhere to report it
		return nil, 2
	}
	if u, err := url.Parse(f.externalURL); f.externalURL != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "") {
		fmt.Fprintf(stderr, "pharos_statuspage: --web.external-url=%s is not an address; write it in full, such as https://status.example.com/\n", f.externalURL) //nolint:errcheck // nowhere to report it
		return nil, 2
	}
	return f, 0
}
