// SPDX-License-Identifier: Apache-2.0

// Command pharosctl checks the configuration of Pharos from a terminal, and writes
// what a Prometheus and an Alertmanager of one's own need of it. Each subcommand is
// a file.
package main

import (
	"io"
	"os"

	"github.com/pharos-status/pharos/internal/app"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run returns the exit code of [app.Command.Run].
func run(args []string, stdout, stderr io.Writer) int {
	c := app.NewCommand("pharosctl", "Tools for those who run Pharos.", stdout, stderr)
	work := map[string]func() error{}
	for _, add := range []func(*app.Command, io.Writer) (string, func() error){
		checkCommand,
		rulesCommand,
	} {
		name, action := add(c, stdout)
		work[name] = action
	}
	return c.Run(args, func(subcommand string) error { return work[subcommand]() })
}
