// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"github.com/pharos-status/pharos/internal/app"
)

const managerPath = "/manager/v1/"

// A manager asks a status page that runs, and prints what it answers.
type manager struct {
	client
	format string // text or json
	stdin  io.Reader
	stdout io.Writer
}

// newManager adds the flags that all subcommands of a group have.
func newManager(group *kingpin.CmdClause, stdout io.Writer) *manager {
	m := &manager{stdin: os.Stdin, stdout: stdout, client: client{peer: peer{
		name: "status page", listens: "Where the status page listens.", token: "manager.token of statuspage.yml",
		start: "start pharos or pharos_statuspage, or name its public listener by --url",
	}, url: "http://127.0.0.1:8080"}}
	m.flags(group)
	group.Flag("author", "Who you are, for the journal; the public never sees it. Default: $USER.").Envar("USER").StringVar(&m.author)
	group.Flag("output", "What to print: text for people, or json for programs.").Short('o').Default("text").EnumVar(&m.format, "text", "json")
	return m
}

// ask makes a call, and stores the answer in out. What is printed for programs is
// printed here.
func (m *manager) ask(ctx context.Context, method, path string, in, out any) error {
	body, err := m.do(ctx, method, managerPath+path, in)
	if err != nil || len(body) == 0 {
		return err
	}
	if err := json.Unmarshal(body, out); err != nil {
		return fmt.Errorf("%s answers otherwise than a status page: %w", m.url, err)
	}
	if m.format != "json" {
		return nil
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, body, "", "  "); err != nil {
		return err
	}
	return m.print("%s\n", pretty.Bytes())
}

func (m *manager) print(format string, args ...any) error {
	if _, err := fmt.Fprintf(m.stdout, format, args...); err != nil {
		return fmt.Errorf("print the result: %w", err)
	}
	return nil
}

// say prints a line for people.
func (m *manager) say(format string, args ...any) error {
	if m.format == "json" {
		return nil
	}
	return m.print(format+"\n", args...)
}

// table prints rows for people, or that there are none.
func (m *manager) table(none string, head []string, rows [][]string) error {
	switch {
	case m.format == "json":
		return nil
	case len(rows) == 0:
		return m.say("%s", none)
	}
	out := tabwriter.NewWriter(m.stdout, 0, 8, 2, ' ', 0)
	for _, row := range append([][]string{head}, rows...) {
		for i := range row {
			row[i] = printable(row[i])
		}
		fmt.Fprintln(out, strings.Join(row, "\t")) //nolint:errcheck // Flush tells
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("print the list: %w", err)
	}
	return nil
}

// listPath is the path of a list: those in a state unless it is empty, so many.
func listPath(name, state string, limit int) string {
	query := url.Values{"limit": {strconv.Itoa(limit)}}
	if state != "" {
		query.Set("state", state)
	}
	return name + "?" + query.Encode()
}

// limitFlag adds --limit.
func limitFlag(cmd *kingpin.CmdClause) *int {
	return cmd.Flag("limit", "How many to list, at most 1000.").Default("50").Int()
}

// address is where the public sees something.
func (m *manager) address(path ...string) string {
	at, err := url.JoinPath(m.url, path...)
	if err != nil {
		return m.url
	}
	return at
}

// A words is a text for people, given by a flag, by a file or by standard input.
type words struct {
	text, file string
	given      bool
}

func (w *words) flags(cmd *kingpin.CmdClause, what string) {
	cmd.Flag("text", what+", in Markdown.").Short('m').IsSetByUser(&w.given).StringVar(&w.text)
	cmd.Flag("text-file", "File that holds it; - is standard input.").Short('F').PlaceHolder("FILE").StringVar(&w.file)
}

// read returns the text, nil if none is given.
func (w *words) read(stdin io.Reader) (*string, error) {
	switch {
	case w.given && w.file != "":
		return nil, &app.Exit{Code: 2, Err: errors.New("both --text and --text-file are given; give one of them")}
	case w.given:
		return &w.text, nil
	case w.file == "":
		return nil, nil //nolint:nilnil // no text is given
	}
	in := stdin
	if w.file != "-" {
		file, err := os.Open(w.file)
		if err != nil {
			return nil, fmt.Errorf("read the text: %w", err)
		}
		defer func() { _ = file.Close() }() // it was only read
		in = file
	}
	const most = 200_000 // bytes; more than the status page takes
	text, err := io.ReadAll(io.LimitReader(in, most+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the text: %w", err)
	case len(text) > most:
		return nil, fmt.Errorf("read the text: it is longer than %d bytes", most)
	}
	return new(string(text)), nil
}

// readTime reads a time of the command line: now, +2h, -30m, 2026-11-30 22:00 in the
// zone, or as RFC 3339 has it. The zone is UTC if its name is empty.
func readTime(flag, text, zone string, now time.Time) (time.Time, error) {
	location, err := time.LoadLocation(zone)
	if err != nil {
		return time.Time{}, &app.Exit{Code: 2, Err: fmt.Errorf("--time-zone: there is no time zone %q; give one such as Europe/Paris", zone)}
	}
	if text == "now" {
		return now, nil
	}
	if strings.HasPrefix(text, "+") || strings.HasPrefix(text, "-") {
		if d, err := time.ParseDuration(text); err == nil {
			return now.Add(d).Truncate(time.Second), nil
		}
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02 15:04:05"} {
		if t, err := time.ParseInLocation(layout, text, location); err == nil {
			return t, nil
		}
	}
	return time.Time{}, &app.Exit{Code: 2, Err: fmt.Errorf(`%s: %q is no time; write "2026-11-30 22:00", 2026-11-30T22:00:00+01:00, now, +2h or -30m`, flag, text)}
}

// optionalTime is readTime for a flag that may be missing.
func optionalTime(flag, text string, now time.Time) (*time.Time, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // no time is given
	}
	t, err := readTime(flag, text, "", now)
	return &t, err
}

// minute is how times are printed.
func minute(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04")
}

// given returns nil for what is empty.
func given[T ~string](v T) *T {
	if v == "" {
		return nil
	}
	return &v
}

// some returns nil for a list of nothing.
func some(list []string) *[]string {
	if len(list) == 0 {
		return nil
	}
	return &list
}

// joined joins the texts of things.
func joined[T fmt.Stringer](all []T) string {
	texts := make([]string, len(all))
	for i, v := range all {
		texts[i] = v.String()
	}
	return strings.Join(texts, ", ")
}

// idPathOf puts an ID of the command line into a path.
func idPathOf(name, id string, more ...string) string {
	return strings.Join(append([]string{name, url.PathEscape(id)}, more...), "/")
}

// misnamed says what there is none of, and which group of subcommands lists them.
func misnamed(err error, kind, group, id string) error {
	if err != nil && strings.HasPrefix(err.Error(), "there is nothing at ") {
		return fmt.Errorf("there is no %s %q; see pharosctl %s list", kind, id, group)
	}
	return err
}
