// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/pharos-status/pharos/internal/app"
)

const silenceHelp = `Silences of Alertmanager: alerts of which nobody is told for a while.

Alertmanager has to run: that of pharos is below its operations listener. Work that
visitors should know of is better planned by pharosctl maintenance, which silences
as well.`

const silenceAddHelp = `Silence alerts, from now on, and print the ID.

Each component gets a silence of its own. Matchers are written as in Alertmanager,
and have to fit together; with components, both have to fit. A component that
neither the status page shows nor an alert is about is warned of: it may be
mistyped, and then nothing is silenced.

  pharosctl silence add -c web/api -c db --for=2h --comment="New disks"
  pharosctl silence add --matcher=alertname=PharosSlow \
    --matcher="node=~api|www" --for=30m --comment="Load test" --author=anna`

const silenceListHelp = `List silences, those that end first before others.

  pharosctl silence list
  pharosctl silence list -c web --expired -o json`

const silenceExpireHelp = `End silences, now.

  pharosctl silence expire 6fb1f1a2-9f4a-4c0b-9d0b-6c3c4d8f0c11`

const silencesPath = "/api/v2/silences"

// A silence is one as Alertmanager takes it and answers with it.
type silence struct {
	ID       string           `json:"id,omitempty"`
	Matchers []silenceMatcher `json:"matchers"`
	Starts   time.Time        `json:"startsAt"`
	Ends     time.Time        `json:"endsAt"`
	Author   string           `json:"createdBy"`
	Comment  string           `json:"comment"`
	Status   *silenceStatus   `json:"status,omitempty"`
}

type silenceStatus struct {
	State string `json:"state"` // pending, active or expired
}

// A silenceCmd is what the subcommands of silence are asked to do.
type silenceCmd struct {
	client
	page       client // of the public, which knows what there is
	components []string
	matchers   []string
	lasts      time.Duration
	comment    string
	by         string
	expired    bool
	format     string
	ids        []string
	stdout     io.Writer
	stderr     io.Writer
}

// silenceCommand adds the subcommands of silence.
func silenceCommand(cli *app.Command, stdout, stderr io.Writer) actions {
	group := cli.Command("silence", silenceHelp)
	c := &silenceCmd{stdout: stdout, stderr: stderr, page: client{peer: publicPeer()}, client: client{peer: peer{
		name: "Alertmanager", listens: "Where Alertmanager is.", usual: "http://127.0.0.1:9640/alertmanager", address: settingAlertmanagerURL,
		start: "start pharos, or name an Alertmanager by --url, such as http://127.0.0.1:9093",
	}}}
	c.flags(group)
	list := group.Command("list", silenceListHelp).Default()
	list.Flag("component", "Those of service, or of service/node.").Short('c').StringsVar(&c.components)
	list.Flag("expired", "Those that are over, too.").BoolVar(&c.expired)
	oneOf(list, "output", "What to print: text for people, or json, as Alertmanager has it.", &c.format, "text", "json").Short('o').Default("text")
	add := group.Command("add", silenceAddHelp)
	add.Flag("component", "What to silence: service, or service/node. May be repeated.").Short('c').StringsVar(&c.components)
	add.Flag("matcher", "Which alerts, by a label: name=value, name!=value, name=~regexp or name!~regexp. May be repeated.").StringsVar(&c.matchers)
	add.Flag("for", "How long.").Required().PlaceHolder("DURATION").DurationVar(&c.lasts)
	add.Flag("comment", "Why, for those who wonder.").Required().StringVar(&c.comment)
	add.Flag("author", "Who you are. Default: $USER, and \"pharosctl\" where that is not set.").Envar("USER").StringVar(&c.by)
	expire := group.Command("expire", silenceExpireHelp)
	expire.Arg("id", "ID of a silence, as list shows it.").Required().StringsVar(&c.ids)
	return actions{list.FullCommand(): c.list, add.FullCommand(): c.add, expire.FullCommand(): c.expire}
}

func (c *silenceCmd) add(ctx context.Context) error {
	if c.lasts <= 0 {
		return &app.Exit{Code: 2, Err: errors.New("--for is not more than 0s; say how long nobody is to be told, such as 2h")}
	}
	if strings.TrimSpace(c.comment) == "" {
		return &app.Exit{Code: 2, Err: errors.New("--comment is empty; say why, for those who wonder")}
	}
	sets, err := matcherSets(c.components, c.matchers)
	if err != nil {
		return &app.Exit{Code: 2, Err: err}
	}
	now := time.Now().UTC()
	for _, matchers := range sets {
		s := silence{Matchers: matchers, Starts: now, Ends: now.Add(c.lasts), Author: cmp.Or(c.by, "pharosctl"), Comment: c.comment}
		body, err := c.do(ctx, http.MethodPost, silencesPath, s)
		if err != nil {
			return fmt.Errorf("silence %s: %w", joined(matchers), err)
		}
		var made struct {
			ID string `json:"silenceID"`
		}
		if err := json.Unmarshal(body, &made); err != nil {
			return fmt.Errorf("%s answers otherwise than Alertmanager: %w", c.at(), err)
		}
		if _, err := fmt.Fprintf(c.stdout, "%s silences %s until %s UTC\n", printable(made.ID), joined(matchers), s.Ends.Format("2006-01-02 15:04")); err != nil {
			return fmt.Errorf("print the result: %w", err)
		}
	}
	return c.doubt(ctx)
}

func (c *silenceCmd) list(ctx context.Context) error {
	sets, err := matcherSets(c.components, nil)
	if len(c.components) > 0 && err != nil {
		return &app.Exit{Code: 2, Err: err}
	}
	body, err := c.do(ctx, http.MethodGet, silencesPath, nil)
	if err != nil {
		return fmt.Errorf("list silences: %w", err)
	}
	var all []json.RawMessage
	if err := json.Unmarshal(body, &all); err != nil {
		return fmt.Errorf("list silences: %s answers otherwise than Alertmanager: %w", c.at(), err)
	}
	read := make([]silence, 0, len(all))
	shown := make([]json.RawMessage, 0, len(all))
	for _, text := range all {
		var s silence
		if err := json.Unmarshal(text, &s); err != nil {
			return fmt.Errorf("list silences: %s answers otherwise than Alertmanager: %w", c.at(), err)
		}
		if c.wanted(&s, sets) {
			read, shown = append(read, s), append(shown, text)
		}
	}
	if c.format == "json" {
		return c.printJSON(shown)
	}
	return c.print(read)
}

// wanted tells whether a silence is to be listed: it has all matchers of one set, or
// there are no sets.
func (c *silenceCmd) wanted(s *silence, sets [][]silenceMatcher) bool {
	if s.Status != nil && s.Status.State == "expired" && !c.expired {
		return false
	}
	if len(c.components) == 0 {
		return true
	}
	return slices.ContainsFunc(sets, func(set []silenceMatcher) bool {
		return !slices.ContainsFunc(set, func(m silenceMatcher) bool { return !slices.ContainsFunc(s.Matchers, m.same) })
	})
}

func (c *silenceCmd) printJSON(all []json.RawMessage) error {
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(c.stdout, "%s\n", text); err != nil {
		return fmt.Errorf("print the list: %w", err)
	}
	return nil
}

func (c *silenceCmd) print(all []silence) error {
	if len(all) == 0 {
		if _, err := io.WriteString(c.stdout, "There are no silences.\n"); err != nil {
			return fmt.Errorf("print the list: %w", err)
		}
		return nil
	}
	slices.SortStableFunc(all, func(a, b silence) int { return a.Ends.Compare(b.Ends) })
	at := zone{at: time.UTC}
	rows := [][]cell{plain("ID", "STATE", "ENDS (UTC)", "AUTHOR", "MATCHERS", "COMMENT")}
	for _, s := range all {
		state := "-"
		if s.Status != nil {
			state = s.Status.State
		}
		rows = append(rows, plain(s.ID, state, at.minute(s.Ends), s.Author, joined(s.Matchers), s.Comment))
	}
	if err := writeTable(c.stdout, rows, 0); err != nil {
		return fmt.Errorf("print the list: %w", err)
	}
	return nil
}

func (c *silenceCmd) expire(ctx context.Context) error {
	var errs error
	for _, id := range c.ids {
		_, err := c.do(ctx, http.MethodDelete, "/api/v2/silence/"+url.PathEscape(id), nil)
		switch {
		case errors.Is(err, errNotThere) || err != nil && strings.Contains(err.Error(), "not found"):
			err = errors.New("there is no such silence; see pharosctl silence list")
		case err == nil:
			_, err = fmt.Fprintf(c.stdout, "%s is over\n", id)
		}
		if err != nil {
			errs = errors.Join(errs, fmt.Errorf("%s: %w", printable(id), err))
			if errors.Is(err, errUnreachable) || ctx.Err() != nil {
				break // nor will the others work
			}
		}
	}
	return errs
}
