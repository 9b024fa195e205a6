// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"io"
	"net/url"
	"time"

	"github.com/pharos-status/pharos/internal/app"
)

const journalHelp = `What was changed on the status page, when and by whom, the newest first.

  pharosctl journal --subject=4hq2k7c3v5tn --token-file=manager.token
  pharosctl journal --limit=0 -o json     # with what was there before and after`

// A journalList is what the journal answers with, as far as it is printed for people.
type journalList struct {
	Entries []struct {
		Time    time.Time `json:"time"`
		Author  string    `json:"author"`
		Action  string    `json:"action"`
		Kind    string    `json:"kind"`
		Subject string    `json:"subject"`
		Title   string    `json:"title"`
	} `json:"entries"`
}

// journalCommand adds journal.
func journalCommand(cli *app.Command, stdout, _ io.Writer) actions {
	cmd := cli.Command("journal", journalHelp)
	m := newReader(cmd, stdout)
	var at zone
	at.flag(cmd, "times")
	subject := cmd.Flag("subject", "Of what has this ID alone.").PlaceHolder("ID").String()
	limit := manyFlag(cmd)
	return actions{cmd.FullCommand(): func(ctx context.Context) error { return m.journal(ctx, *subject, *limit, &at) }}
}

func (m *manager) journal(ctx context.Context, subject string, limit int, at *zone) error {
	query := url.Values{}
	if subject != "" {
		query.Set("subject", subject)
	}
	var list journalList
	if err := m.collect(ctx, "journal", "entries", query, limit, &list); err != nil {
		return err
	}
	var rows [][]string
	for _, e := range list.Entries {
		rows = append(rows, []string{at.minute(e.Time), e.Author, e.Action, e.Kind, e.Subject, e.Title})
	}
	return m.table("Nothing was changed.", []string{at.heading("TIME"), "AUTHOR", "ACTION", "KIND", "ID", "TITLE"}, rows)
}
