// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"io"

	"github.com/alecthomas/kingpin/v2"

	"github.com/pharos-status/pharos/convert"
	"github.com/pharos-status/pharos/convert/blackbox"
	"github.com/pharos-status/pharos/convert/gatus"
	"github.com/pharos-status/pharos/convert/uptimekuma"
	"github.com/pharos-status/pharos/convert/vigil"
	"github.com/pharos-status/pharos/internal/app"
)

const convertHelp = `Make a configuration folder from the configuration of another program.

Writes the files of the folder, those with secrets with mode 0600, and MOVING.md:
what became of each setting. What differs or has no counterpart is printed, too.
The result is checked as by pharosctl check before any of it is written, and is
written whole or not at all.

Converting again writes the same bytes, and removes what is no longer made. A file
that was edited since is not overwritten without --force, and is kept as NAME.bak
then. FILE may be - for standard input, or a pipe. Environment variables that the file names
are taken from the environment of this command.`

// convertCommand adds the subcommands of convert.
func convertCommand(cli *app.Command, stdout, _ io.Writer) actions {
	group := cli.Command("convert", convertHelp)
	work := actions{}
	add := func(name, program, help string, read func(ctx context.Context, file string) (converter, error)) *kingpin.CmdClause {
		cmd := group.Command(name, help+"\n\n  pharosctl convert "+name+" "+exampleOf(name)+" --out=/etc/pharos")
		var file string
		cmd.Arg("file", "The file to convert; - is standard input.").Required().SetValue(cli.File(&file))
		c := conversion{program: program}
		if name == "vigil-local" {
			c.runs = "pharos_exporter"
		}
		cmd.Flag("out", "The folder to write to; it is made if there is none.").Required().StringVar(&c.out)
		cmd.Flag("force", "Overwrite what was edited since; it is kept as NAME.bak.").BoolVar(&c.force)
		cmd.Flag("dry-run", "Say what would be written, and write nothing.").BoolVar(&c.dry)
		work[cmd.FullCommand()] = func(ctx context.Context) error {
			with, err := read(ctx, file)
			if err != nil {
				return err
			}
			return c.run(with, stdout)
		}
		return cmd
	}
	add("vigil", "Vigil", "Convert config.cfg of Vigil.", ofOne(vigil.Convert))
	add("vigil-local", "Vigil Local", "Convert config.cfg of Vigil Local, into an exporter that relays what it sees.", ofOne(vigil.ConvertLocal))
	var prometheus string
	add("blackbox", "blackbox_exporter", "Convert blackbox.yml of blackbox_exporter, and the targets that a Prometheus has it probe.",
		func(ctx context.Context, file string) (converter, error) { return readBlackbox(ctx, file, prometheus) }).
		Flag("prometheus", "The prometheus.yml whose scrape jobs name the targets; - is standard input.").PlaceHolder("FILE").SetValue(cli.File(&prometheus))
	add("gatus", "Gatus", "Convert config.yaml of Gatus.", ofOne(gatus.Convert))
	add("uptime-kuma", "Uptime Kuma", "Convert the JSON backup of Uptime Kuma.", ofOne(uptimekuma.Convert))
	return work
}

func exampleOf(name string) string {
	switch name {
	case "blackbox":
		return "blackbox.yml \\\n    --prometheus=prometheus.yml"
	case "gatus":
		return "config.yaml"
	case "uptime-kuma":
		return "backup.json"
	}
	return "config.cfg"
}

// A converter makes a folder from what has been read.
type converter func(convert.Options) (convert.Result, error)

// ofOne is for what is converted from one file.
func ofOne(f func(name string, data []byte, o convert.Options) (convert.Result, error)) func(ctx context.Context, file string) (converter, error) {
	return func(ctx context.Context, file string) (converter, error) {
		name, data, err := readSource(ctx, file)
		if err != nil {
			return nil, err
		}
		return func(o convert.Options) (convert.Result, error) { return f(name, data, o) }, nil
	}
}

func readBlackbox(ctx context.Context, file, prometheus string) (converter, error) {
	if file == stdinName && prometheus == stdinName {
		return nil, errors.New("both files are to be read from standard input; name one of them")
	}
	var src blackbox.Sources
	var err error
	if src.Blackbox.Name, src.Blackbox.Data, err = readSource(ctx, file); err != nil {
		return nil, err
	}
	if prometheus != "" {
		if src.Prometheus.Name, src.Prometheus.Data, err = readSource(ctx, prometheus); err != nil {
			return nil, err
		}
	}
	return func(o convert.Options) (convert.Result, error) { return blackbox.Convert(src, o) }, nil
}
