// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/pharos-status/pharos/internal/app"
	"github.com/pharos-status/pharos/internal/status"
)

const statusHelp = `Show what the status page shows, as a table.

Reads what the page tells everyone, so it needs no token; the page of a Vigil can
be read as well. A component is named as the last column does it: service, or service/node. Exits with 0 if all is healthy, 1 if something is sick, 2 if something is dead,
and 3 if that is not known: nobody answers, or what is told is too old. What is
in maintenance counts as it is measured.

  pharosctl status --url=https://status.example.com
  pharosctl status web/api -o json
  pharosctl status --watch --every=2s`

// Exit codes of status, as those of pharos_exporter --once and of plugins of Nagios.
const (
	exitHealthy = iota
	exitSick
	exitDead
	exitUnknown
)

// A statusCmd is what status is asked to do.
type statusCmd struct {
	client
	component string
	format    string // text or json
	watch     bool
	every     time.Duration
	oldest    time.Duration
	out       screen
	now       func() time.Time
}

// statusCommand adds the subcommand status.
func statusCommand(cli *app.Command, stdout, _ io.Writer) actions {
	cmd := cli.Command("status", statusHelp)
	c := &statusCmd{out: screenOf(stdout), now: time.Now, client: client{peer: publicPeer()}}
	c.flags(cmd)
	cmd.Arg("component", "service or service/node. Default: all.").StringVar(&c.component)
	oneOf(cmd, "output", "What to print: text for people, or json, as /status/report has it.", &c.format, "text", "json").Short('o').Default("text")
	cmd.Flag("watch", "Go on showing it, until interrupted.").Short('w').BoolVar(&c.watch)
	cmd.Flag("every", "How often, with --watch; at least 1s.").Default("5s").DurationVar(&c.every)
	cmd.Flag("stale-after", "Age of the data from which on the status counts as unknown, whatever the page says; 0s: never.").Default("10m").DurationVar(&c.oldest)
	return actions{cmd.FullCommand(): c.run}
}

func (c *statusCmd) run(ctx context.Context) error {
	if c.every < time.Second {
		return &app.Exit{Code: exitUnknown, Err: errors.New("--every is less than 1s, which would burden the page; give more")}
	}
	if c.watch {
		return c.keep(ctx)
	}
	s, err := c.read(ctx)
	if err != nil {
		return &app.Exit{Code: exitUnknown, Err: err}
	}
	if c.format == "json" {
		_, err = c.out.Write(s.body)
	} else {
		columns, _ := c.out.size()
		_, err = io.WriteString(c.out, c.text(s, columns))
	}
	if err != nil {
		return &app.Exit{Code: exitUnknown, Err: fmt.Errorf("print the status: %w", err)}
	}
	return &app.Exit{Code: c.code(s)}
}

// read asks the page, and leaves what is asked for.
func (c *statusCmd) read(ctx context.Context) (*publicStatus, error) {
	s, err := readStatus(ctx, &c.client)
	if err != nil {
		return nil, err
	}
	if c.component != "" {
		err = s.only(c.component)
	}
	return s, err
}

// code returns the exit code.
func (c *statusCmd) code(s *publicStatus) int {
	switch c.health(s) {
	case status.Healthy:
		return exitHealthy
	case status.Sick:
		return exitSick
	case status.Dead:
		return exitDead
	case status.Unknown:
	}
	return exitUnknown
}

// health is what the page says, unless that is too old.
func (c *statusCmd) health(s *publicStatus) status.Status {
	if c.stale(s) {
		return status.Unknown
	}
	return s.Health
}

func (c *statusCmd) stale(s *publicStatus) bool {
	return c.oldest > 0 && !s.asOf.IsZero() && c.now().Sub(s.asOf) > c.oldest
}

// keep shows the page again and again. It ends with the code of what was seen last.
func (c *statusCmd) keep(ctx context.Context) error {
	next := time.NewTicker(c.every)
	defer next.Stop()
	code := exitUnknown
	for {
		s, err := c.read(ctx)
		if ctx.Err() != nil {
			return &app.Exit{Code: code}
		}
		code = exitUnknown
		if err == nil {
			code = c.code(s)
		}
		if err := c.show(s, err); err != nil {
			return &app.Exit{Code: exitUnknown, Err: fmt.Errorf("print the status: %w", err)}
		}
		select {
		case <-ctx.Done():
			return &app.Exit{Code: code}
		case <-next.C:
		}
	}
}

// show prints what was read, on a terminal in place of what was printed before. It
// is written at once, so that it doesn't flicker.
func (c *statusCmd) show(s *publicStatus, problem error) error {
	columns, lines := c.out.size()
	var text string
	switch {
	case problem != nil:
		text = printable(problem.Error()) + "\n"
	case c.format == "json":
		text = string(s.body)
	default:
		text = c.text(s, columns)
	}
	if c.out.terminal && c.format != "json" {
		text = redraw(text, lines)
	}
	_, err := io.WriteString(c.out, text)
	return err
}

// redraw returns what replaces all that a terminal shows by the first lines of a text.
func redraw(text string, lines int) string {
	all := strings.SplitAfter(strings.TrimRight(text, "\n"), "\n")
	if lines > 2 && len(all) > lines-1 {
		hidden := len(all) - (lines - 2)
		all = append(all[:lines-2:lines-2], fmt.Sprintf("… %d more lines", hidden))
	}
	return "\x1b[H\x1b[2J" + strings.Join(all, "") + "\n"
}
