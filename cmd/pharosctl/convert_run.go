// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/pharos-status/pharos/convert"
	"github.com/pharos-status/pharos/internal/configdir"
)

// A conversion is what the flags of a subcommand say.
type conversion struct {
	program, runs string
	out           string
	force, dry    bool
}

// run converts, checks, writes and tells.
func (c *conversion) run(with converter, stdout io.Writer) error {
	dir, err := filepath.Abs(c.out)
	if err != nil {
		return fmt.Errorf("name the folder: %w", err)
	}
	r, err := c.convert(with, dir)
	if err != nil {
		return err
	}
	if err := c.try(with); err != nil {
		return err
	}
	plan, err := convert.NewPlan(dir, r)
	if err != nil {
		return err
	}
	plan.Force = c.force
	var out strings.Builder
	if c.dry {
		tellPlan(&out, plan, "would be ")
		tellNotes(&out, r, len(r.Notes))
		if _, err := io.WriteString(stdout, out.String()); err != nil {
			return fmt.Errorf("print the result: %w", err)
		}
		return plan.Refused()
	}
	if err := plan.Apply(); err != nil {
		return err
	}
	tellPlan(&out, plan, "")
	tellNotes(&out, r, mostNotes)
	fmt.Fprintf(&out, "\n%s tells of every setting. To start:\n\n    %s\n", filepath.Join(dir, convert.ReportFile), convert.Line(r.Start(dir)))
	if _, err := io.WriteString(stdout, out.String()); err != nil {
		return fmt.Errorf("print the result: %w", err)
	}
	return nil
}

// convert returns errors as they can be shown on a terminal, whatever the file holds.
func (c *conversion) convert(with converter, dir string) (convert.Result, error) {
	r, err := with(convert.Options{Dir: dir, Lookup: os.LookupEnv})
	r.Program, r.Runs = c.program, c.runs
	if err == nil {
		return r, nil
	}
	lines := strings.Split(err.Error(), "\n")
	for i, text := range lines {
		lines[i] = convert.Line(text)
	}
	return r, errors.New(strings.Join(lines, "\n"))
}

// try has the parts of pharos read what the converter makes, in a folder that nobody
// else sees. What they refuse is never written.
func (c *conversion) try(with converter) (err error) {
	tmp, err := os.MkdirTemp("", "pharos-convert-")
	if err != nil {
		return fmt.Errorf("try what was converted: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(tmp)) }()
	dir := filepath.Join(tmp, "config")
	r, err := c.convert(with, dir)
	if err != nil {
		return err
	}
	plan, err := convert.NewPlan(dir, r)
	if err != nil {
		return err
	}
	if err := plan.Apply(); err != nil {
		return fmt.Errorf("try what was converted: %w", err)
	}
	if bad := configdir.Errors(configdir.All(dir)); bad != nil {
		return fmt.Errorf("what was made of the configuration can't be used, which is a mistake of pharosctl; please report it with these lines. Nothing was written\n%s",
			strings.ReplaceAll(bad.Error(), dir+string(filepath.Separator), ""))
	}
	return nil
}

func tellPlan(out io.Writer, plan *convert.Plan, would string) {
	tell := func(format string, args ...any) { fmt.Fprintf(out, format+"\n", args...) } //nolint:errcheck // it is a buffer
	for _, edit := range plan.Edited {
		tell("%skept: %s as %s, which was edited", would, filepath.Join(plan.Dir, edit.Name), edit.Backup)
	}
	for _, name := range plan.Write {
		tell("%swritten: %s", would, filepath.Join(plan.Dir, name))
	}
	for _, name := range plan.Stale {
		tell("%sremoved: %s, which is no longer made", would, filepath.Join(plan.Dir, name))
	}
	for _, name := range plan.Left {
		tell("left: %s, which is no longer made, but was edited", filepath.Join(plan.Dir, name))
	}
	for _, path := range plan.LeftOver {
		tell("left over: %s, of a conversion that did not end; it may hold secrets: remove it, unless one is running", path)
	}
	if len(plan.Same) > 0 {
		tell("unchanged: %d", len(plan.Same))
	}
}

// mostNotes is how many of what differs, and of what is missing, are told where
// the report has all of them.
const mostNotes = 20

// tellNotes tells what is missing and what differs, at most so many of each.
func tellNotes(out io.Writer, r convert.Result, most int) {
	tell := func(format string, args ...any) { fmt.Fprintf(out, format, args...) } //nolint:errcheck // it is a buffer
	tell("\nOf %d settings %d mean the same, %d differ, and %d have no counterpart.\n",
		len(r.Notes), len(r.Of(convert.Exact)), len(r.Of(convert.Differs)), len(r.Of(convert.Missing)))
	for _, fit := range []convert.Fit{convert.Missing, convert.Differs} {
		notes := r.Of(fit)
		for _, n := range notes[:min(most, len(notes))] {
			text := fit.String() + ": " + n.Source.String()
			if n.To != "" {
				text += " → " + n.To
			}
			tell("\n%s\n    %s\n", convert.Line(text), convert.Line(n.Text))
		}
		if more := len(notes) - most; more > 0 {
			tell("\n%s: %d more, in %s\n", fit, more, convert.ReportFile)
		}
	}
}
