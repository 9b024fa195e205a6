// SPDX-License-Identifier: Apache-2.0

// Command pharosctl checks the configuration of Pharos from a terminal. Each
// subcommand is a file.
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/version"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run returns the exit code: 0 if all is well, 1 if the subcommand says no, 2 if
// the command line can't be understood.
func run(args []string, stdout, stderr io.Writer) int {
	cli := kingpin.New("pharosctl", "Tools for those who run Pharos.")
	cli.HelpFlag.Short('h')
	cli.UsageWriter(stdout)
	cli.ErrorWriter(stderr)
	exit := -1
	cli.Terminate(func(code int) { exit = code })
	cli.Version(version.Print("pharosctl"))

	commands := map[string]func() error{}
	for _, add := range []func(*kingpin.Application, io.Writer) (string, func() error){
		checkCommand,
	} {
		name, action := add(cli, stdout)
		commands[name] = action
	}

	name, err := cli.Parse(args)
	if exit >= 0 {
		return exit // --help or --version
	}
	if err != nil {
		fmt.Fprintf(stderr, "pharosctl: %v; try pharosctl --help\n", err) //nolint:errcheck // nowhere to report it
		return 2
	}
	if err := commands[name](); err != nil {
		fmt.Fprintln(stderr, err) //nolint:errcheck // nowhere to report it
		return 1
	}
	return 0
}
