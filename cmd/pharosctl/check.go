// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/pharos-status/pharos/internal/app"
	"github.com/pharos-status/pharos/internal/configdir"
)

const checkHelp = `Check every file of a configuration folder.

Reads exporter.yml, statuspage.yml, bridge.yml, alerting.yml, alertmanager.yml,
prometheus.yml, reporter.yml and rules/*.yml, those that are there, as the programs
themselves do. Prints a line for each file and, on standard error, every error with
its file and line. Nothing is started and nothing is changed. Exits with 1 if a
file is bad, or there is none.

Warnings tell what the programs take but is probably not meant: services that no
other file has, and secrets that everyone on the machine may read. With --online
also hosts without an address and servers that nobody listens on.

  pharosctl check /etc/pharos
  pharosctl check /etc/pharos --online --lint-fatal`

// maxWarnings is how many warnings are printed.
const maxWarnings = 100

// A checkCmd is what check is asked to do.
type checkCmd struct {
	dir            string
	online, fatal  bool
	timeout        time.Duration
	stdout, stderr io.Writer
}

// checkCommand adds the subcommand check.
func checkCommand(cli *app.Command, stdout, stderr io.Writer) actions {
	cmd := cli.Command("check", checkHelp)
	c := &checkCmd{stdout: stdout, stderr: stderr}
	cmd.Arg("dir", "The configuration folder.").Default(".").StringVar(&c.dir)
	cmd.Flag("online", "Ask the network, too. What is probed is not asked, its hosts are looked up.").BoolVar(&c.online)
	cmd.Flag("timeout", "How long to ask the network.").Default("1m").DurationVar(&c.timeout)
	cmd.Flag("lint-fatal", "Exit with 1 for warnings, too.").BoolVar(&c.fatal)
	return actions{cmd.FullCommand(): c.run}
}

// run checks the files of the folder and returns all that is wrong with them.
func (c *checkCmd) run(ctx context.Context) error {
	if info, err := os.Stat(c.dir); err != nil {
		return fmt.Errorf("check configuration: %w", err)
	} else if !info.IsDir() {
		return fmt.Errorf("check configuration: %s is a file; name the folder that holds it", c.dir)
	}
	files := configdir.All(c.dir)
	if !slices.ContainsFunc(files, func(f configdir.File) bool { return f.Found != "" || f.Err != nil }) {
		return fmt.Errorf("check configuration: there is none in %s; name the folder that holds exporter.yml or another file of Pharos", c.dir)
	}
	var rows [][]cell
	for _, f := range files {
		state, found := "ok", f.Found
		switch {
		case f.Err != nil:
			state, found = "BAD", ""
		case f.Found == "":
			state, found = "-", "not there: defaults"
		}
		rows = append(rows, plain(f.Name, state, found))
	}
	if err := writeTable(c.stdout, rows, 0); err != nil {
		return fmt.Errorf("print the result: %w", err)
	}
	warned, err := c.warn(ctx)
	if err := errors.Join(configdir.Errors(files), err); err != nil || !warned || !c.fatal {
		return err
	}
	return &app.Exit{Code: 1}
}

// warn prints what is probably not meant, and tells whether there is anything.
func (c *checkCmd) warn(ctx context.Context) (bool, error) {
	all := configdir.Warnings(c.dir)
	if c.online {
		limited, cancel := context.WithTimeout(ctx, c.timeout)
		defer cancel()
		all = append(all, configdir.Online(limited, c.dir, configdir.Asker{})...)
	}
	for i, w := range all {
		text := "warning: " + w.Error()
		if i == maxWarnings {
			text = fmt.Sprintf("warning: there are %d more", len(all)-i)
		}
		if _, err := fmt.Fprintln(c.stderr, text); err != nil {
			return true, fmt.Errorf("print the warnings: %w", err)
		}
		if i == maxWarnings {
			break
		}
	}
	return len(all) > 0, ctx.Err()
}
