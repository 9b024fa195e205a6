// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/alecthomas/kingpin/v2"
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
	m := newReader(group, stdout)
	group.Flag("author", "Who you are, for the journal; the public never sees it. Default: $USER, and \"manager\" where that is not set, as in cron.").Envar("USER").StringVar(&m.author)
	return m
}

// newReader adds the flags of what changes nothing.
func newReader(cmd *kingpin.CmdClause, stdout io.Writer) *manager {
	m := &manager{stdin: os.Stdin, stdout: stdout, client: client{peer: pagePeer()}}
	m.flags(cmd)
	oneOf(cmd, "output", "What to print: text for people, or json for programs.", &m.format, "text", "json").Short('o').Default("text")
	return m
}

// pagePeer is a status page that runs.
func pagePeer() peer {
	return peer{
		name: "status page", listens: "Where the status page listens.", usual: "http://127.0.0.1:8080", address: settingURL,
		token: "manager.token of statuspage.yml", secret: settingTokenFile,
		start: "start pharos or pharos_statuspage, or name its public listener by --url",
	}
}

// publicPeer is one of which is asked what it tells everyone.
func publicPeer() peer {
	p := pagePeer()
	p.token, p.secret = "", ""
	return p
}

// ask makes a call, and stores the answer in out. What is printed for programs is
// printed here.
func (m *manager) ask(ctx context.Context, method, path string, in, out any) error {
	body, err := m.call(ctx, method, path, in, out)
	if err != nil || len(body) == 0 || m.format != "json" {
		return err
	}
	return m.printJSON(body)
}

// call is ask without printing.
func (m *manager) call(ctx context.Context, method, path string, in, out any) ([]byte, error) {
	body, err := m.do(ctx, method, managerPath+path, in)
	if err != nil || len(body) == 0 {
		return nil, err
	}
	if err := json.Unmarshal(body, out); err != nil {
		return nil, fmt.Errorf("%s answers otherwise than a status page: %w", m.url, err)
	}
	return body, nil
}

func (m *manager) printJSON(text []byte) error {
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, text, "", "  "); err != nil {
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
	cells := [][]cell{plain(head...)}
	for _, row := range rows {
		cells = append(cells, plain(row...))
	}
	if err := writeTable(m.stdout, cells, 0); err != nil {
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
