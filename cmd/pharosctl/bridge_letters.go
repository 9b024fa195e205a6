// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/alecthomas/kingpin/v2"

	"github.com/pharos-status/pharos/bridge"
	"github.com/pharos-status/pharos/internal/app"
)

const lettersHelp = `Messages that the bridge has given up.

A message is given up when its channel refuses it for good, or after
give_up_after. It is kept until it is sent again or discarded: at most 1,000 for
each channel, and for 30 days. The bridge has to run: pharos_bridge, or pharos, whose
operations listener is the one to name by --url.`

const lettersListHelp = `List them, the newest first.

  pharosctl bridge dead-letters list --channel=oncall-sms
  pharosctl bridge dead-letters list --url=http://127.0.0.1:9640 -o json`

const lettersSendHelp = `Send some again, or all, the oldest first, before what waits for the same people.
Reminders of what is over are removed instead.

  pharosctl bridge dead-letters send 17 18
  pharosctl bridge dead-letters send --all --channel=oncall-sms`

const lettersDiscardHelp = `Discard some, or all.

  pharosctl bridge dead-letters discard 17 18`

// letters is what the subcommands of bridge dead-letters are asked to do.
type letters struct {
	client  bridgeClient
	channel string   // empty: any
	format  string   // table or json
	ids     []string // as given
	all     bool
	stdout  io.Writer
}

// bridgeLetters adds the subcommands of bridge dead-letters.
func bridgeLetters(group *kingpin.CmdClause, stdout io.Writer) actions {
	cmd := group.Command("dead-letters", lettersHelp)
	l := &letters{client: newBridgeClient(), stdout: stdout}
	l.client.flags(cmd)
	cmd.Flag("channel", "Those of this channel alone.").StringVar(&l.channel)
	list := cmd.Command("list", lettersListHelp).Default()
	oneOf(list, "output", "What to print: a table for people, or json for programs.", &l.format, "table", "json").Short('o').Default("table")
	send := cmd.Command("send", lettersSendHelp)
	discard := cmd.Command("discard", lettersDiscardHelp)
	for _, c := range []*kingpin.CmdClause{send, discard} {
		c.Arg("id", "Number of a message, as list shows it.").StringsVar(&l.ids)
		c.Flag("all", "All of them.").BoolVar(&l.all)
	}
	return actions{
		list.FullCommand():    l.list,
		send.FullCommand():    func(ctx context.Context) error { return l.each(ctx, l.client.send) },
		discard.FullCommand(): func(ctx context.Context) error { return l.each(ctx, l.client.discard) },
	}
}

func (l *letters) list(ctx context.Context) error {
	all, err := l.client.list(ctx, l.channel)
	if err != nil {
		return err
	}
	if l.format == "json" {
		err = printJSON(l.stdout, all)
	} else {
		err = printTable(l.stdout, all)
	}
	if err != nil {
		return fmt.Errorf("print the list: %w", err)
	}
	return nil
}

func printJSON(w io.Writer, all []bridge.DeadLetter) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(all)
}

func printTable(w io.Writer, all []bridge.DeadLetter) error {
	if len(all) == 0 {
		_, err := io.WriteString(w, "There are no dead letters.\n")
		return err
	}
	out := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(out, "ID\tCHANNEL\tRECIPIENT\tACCEPTED (UTC)\tGIVEN UP (UTC)\tATTEMPTS\tOUTCOME\tTITLE\tREASON") //nolint:errcheck // Flush tells
	for _, d := range all {
		fmt.Fprintf(out, "%d\t%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\n", d.ID, printable(d.Channel), printable(d.Recipient), //nolint:errcheck // likewise
			moment(d.Accepted), moment(d.Died), d.Attempts, printable(d.Outcome), printable(d.Title), printable(d.Reason))
	}
	return out.Flush()
}

func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }

// printable returns a text of others on one line, without what a terminal obeys.
func printable(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text)
	return strings.Join(strings.Fields(text), " ")
}

// each does something to the dead letters that the command line names, and prints what
// was done.
func (l *letters) each(ctx context.Context, act func(context.Context, uint64) (done string, err error)) error {
	ids, err := l.chosen(ctx)
	if err != nil {
		return err
	}
	var errs error
	for _, id := range ids {
		done, err := act(ctx, id)
		if err != nil {
			errs = errors.Join(errs, fmt.Errorf("%d: %w", id, err))
			if errors.Is(err, errUnreachable) || ctx.Err() != nil {
				break // nor will the others work
			}
			continue
		}
		if _, err := fmt.Fprintf(l.stdout, "%d %s\n", id, done); err != nil {
			return errors.Join(errs, fmt.Errorf("print the result: %w", err))
		}
	}
	return errs
}

// chosen returns the ids that are meant, each once. Of all, those accepted first come
// first, or people would be told of an end before its beginning.
func (l *letters) chosen(ctx context.Context) (ids []uint64, err error) {
	switch {
	case l.all && len(l.ids) > 0:
		return nil, &app.Exit{Code: 2, Err: errors.New("both --all and numbers are given; give one of them")}
	case len(l.ids) > 0 && l.channel != "":
		return nil, &app.Exit{Code: 2, Err: errors.New("--channel goes with --all; numbers name a message of any channel")}
	case len(l.ids) > 0:
		return numbers(l.ids)
	case !l.all:
		return nil, &app.Exit{Code: 2, Err: errors.New("no message is named; give the numbers that list shows, or --all")}
	}
	all, err := l.client.list(ctx, l.channel)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b bridge.DeadLetter) int {
		return cmp.Or(a.Accepted.Compare(b.Accepted), cmp.Compare(a.ID, b.ID))
	})
	for _, d := range all {
		ids = append(ids, d.ID)
	}
	if len(ids) == 0 {
		_, err = io.WriteString(l.stdout, "There are no dead letters.\n")
	}
	return ids, err
}

// numbers reads the ids that the command line gives.
func numbers(texts []string) (ids []uint64, err error) {
	for _, text := range texts {
		id, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return nil, &app.Exit{Code: 2, Err: fmt.Errorf("%q is no number of a message; give the numbers that list shows", text)}
		}
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

func idPath(id uint64) string { return lettersPath + "/" + strconv.FormatUint(id, 10) }
