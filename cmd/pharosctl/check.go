// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"github.com/pharos-status/pharos/internal/app"
	"github.com/pharos-status/pharos/internal/configdir"
)

const checkHelp = `Check every file of a configuration folder.

Reads exporter.yml, statuspage.yml, bridge.yml, alerting.yml, alertmanager.yml,
prometheus.yml and rules/*.yml, those that are there, as the programs themselves
do. Prints a line for each file and, on standard error, every error with its file
and line. Nothing is started and nothing is changed. Exits with 1 if a file is bad.

  pharosctl check /etc/pharos`

// checkCommand adds the subcommand check.
func checkCommand(cli *app.Command, stdout, _ io.Writer) actions {
	cmd := cli.Command("check", checkHelp)
	dir := cmd.Arg("dir", "The configuration folder.").Default(".").String()
	return actions{cmd.FullCommand(): func(context.Context) error { return checkDir(*dir, stdout) }}
}

// checkDir checks the files of dir and returns all that is wrong with them.
func checkDir(dir string, stdout io.Writer) error {
	if info, err := os.Stat(dir); err != nil {
		return fmt.Errorf("check configuration: %w", err)
	} else if !info.IsDir() {
		return fmt.Errorf("check configuration: %s is a file; name the folder that holds it", dir)
	}
	files := configdir.All(dir)
	out := tabwriter.NewWriter(stdout, 0, 8, 2, ' ', 0)
	for _, f := range files {
		found := "ok\t" + f.Found
		switch {
		case f.Err != nil:
			found = "BAD"
		case f.Found == "":
			found = "-\tnot there: defaults"
		}
		fmt.Fprintf(out, "%s\t%s\n", f.Name, found) //nolint:errcheck // Flush tells
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("print the result: %w", err)
	}
	return configdir.Errors(files)
}
