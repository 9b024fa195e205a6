// SPDX-License-Identifier: Apache-2.0

// Package convert holds what the converters of other programs' configuration share:
// what they make (files, and notes of what became of each setting), and how that is
// written into a folder. What the settings of a program mean is left to the
// packages below, one for each program.
package convert

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A Result is what a converter makes.
type Result struct {
	Program string // what was converted, as people write it: Vigil
	Files   []File // each name once
	Notes   []Note // in the order of the source
	Runs    string // the program that runs on it: pharos, or pharos_exporter; empty: pharos
}

// A File is a file of the configuration folder.
type File struct {
	Name   string // within the folder, such as exporter.yml or templates/vigil.tmpl
	Data   []byte
	Secret bool // nobody but the owner may read it
}

// A Fit says how well a setting of the other program has a counterpart.
type Fit int

// The fits.
const (
	Exact   Fit = iota // it means the same
	Differs            // there is something like it; the note says what differs
	Missing            // there is nothing like it; the note says what to do instead
)

// String returns the word for people.
func (f Fit) String() string {
	switch f {
	case Exact:
		return "exact"
	case Differs:
		return "differs"
	case Missing:
		return "missing"
	}
	return "Fit(" + strconv.Itoa(int(f)) + ")"
}

// A Note says what became of a setting. It holds no secret.
type Note struct {
	Source Source
	Fit    Fit
	To     string // where it is now, such as "exporter.yml: defaults.poll.interval" or "flag --log.level=warn"; empty if nowhere
	Text   string // what differs, or what to do; one or two sentences, empty if the fit is exact
}

// A Source is a place in a file of the other program.
type Source struct {
	File string // as the user named it, without its folder
	Line int    // from 1; 0 if it is not known
	Key  string // as the other program calls it, such as metrics.poll_interval; empty: the line itself
}

// String returns the place as comments and messages show it: metrics.poll_interval, config.cfg:63.
func (s Source) String() string {
	at := s.File
	if s.Line > 0 {
		at = fmt.Sprintf("%s:%d", s.File, s.Line)
	}
	if s.Key == "" {
		return at
	}
	return s.Key + ", " + at
}

// An Error is what is wrong at a line of the source, and what to do.
type Error struct {
	File string // as the user named it
	Line int    // from 1; 0 if it is not known
	Key  string // may be empty
	Msg  string
}

// Error implements error.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d", e.Line)
	}
	b.WriteString(": ")
	if e.Key != "" {
		b.WriteString(e.Key + ": ")
	}
	b.WriteString(e.Msg)
	return b.String()
}

// Errors is all that is wrong with a source, a line each.
type Errors []*Error

// Error implements error.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, err := range e {
		lines[i] = err.Error()
	}
	return strings.Join(lines, "\n")
}

// Err returns the errors in the order of their lines, and nil if there are none.
func (e Errors) Err() error {
	if len(e) == 0 {
		return nil
	}
	slices.SortStableFunc(e, func(a, b *Error) int { return a.Line - b.Line })
	return e
}

// Options are what every converter is told besides its source.
type Options struct {
	Dir    string                           // absolute path of the folder that the result is for
	Lookup func(name string) (string, bool) // environment variables; usually os.LookupEnv
}

// MaxSource is how large a file that is converted may be, in bytes.
const MaxSource = 16 << 20
