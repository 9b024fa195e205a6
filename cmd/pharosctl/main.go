// SPDX-License-Identifier: Apache-2.0

// Command pharosctl checks the configuration of Pharos from a terminal, writes what a
// Prometheus and an Alertmanager of one's own need of it, tries and clears the
// channels of the bridge, and edits the status page. Each subcommand is a file.
package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"syscall"

	"github.com/pharos-status/pharos/internal/app"
)

func main() {
	ctx, stop := app.UntilSignal(context.Background(), endings()...)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// endings returns the signals that end the program. A SIGINT that is ignored, as a
// script has it for what it starts in the background, stays so, for a job of
// "report --on-exit", too.
func endings() []os.Signal {
	if signal.Ignored(os.Interrupt) {
		return []os.Signal{syscall.SIGTERM}
	}
	return []os.Signal{os.Interrupt, syscall.SIGTERM}
}

const programHelp = `Tools for those who run Pharos.

pharosctl help COMMAND tells what a command does, with examples. Where servers
are, and the files of tokens, may be said once for all in
~/.config/pharos/pharosctl.yml or by the environment variables that help names.`

// actions are what subcommands do, by their full names.
type actions map[string]func(context.Context) error

// run returns the exit code of [app.Command.Run].
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	c, work := commandLine(stdout, stderr)
	switch {
	case len(args) > 0 && args[0] == completeWord:
		for _, candidate := range complete(c, args[1:]) {
			fmt.Fprintln(stdout, candidate) //nolint:errcheck // nowhere to report it
		}
		return 0
	case len(args) > 0 && args[0] == "status":
		c.Misuse = exitUnknown // its codes say how things are
	}
	return c.Run(args, func(subcommand string) error { return work[subcommand](ctx) })
}

// commandLine returns the command line and what its subcommands do.
func commandLine(stdout, stderr io.Writer) (*app.Command, actions) {
	c := app.NewCommand("pharosctl", programHelp, stdout, stderr)
	helpLike(c.Application)
	work := actions{}
	for _, add := range []func(cli *app.Command, stdout, stderr io.Writer) actions{
		statusCommand,
		checkCommand,
		rulesCommand,
		convertCommand,
		bridgeCommand,
		listenCommand,
		incidentCommand,
		maintenanceCommand,
		announceCommand,
		correctionCommand,
		templateCommand,
		journalCommand,
		subscribersCommand,
		silenceCommand,
		completionCommand,
		reportCommand,
	} {
		maps.Copy(work, add(c, stdout, stderr))
	}
	return c, work
}
