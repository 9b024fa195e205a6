// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"io"
	"net/http"

	"github.com/pharos-status/pharos/internal/app"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/desk"
)

const announceHelp = `Announcements of the status page: plain notices.

  pharosctl announce "New region" --text="We are in Paris now." \
    --token-file=manager.token
  pharosctl announce list
  pharosctl announce retract 4hq2k7c3v5tn`

// announceCommand adds the subcommands of announce.
func announceCommand(cli *app.Command, stdout, _ io.Writer) actions {
	group := cli.Command("announce", announceHelp)
	m := newManager(group, stdout)
	var at zone
	at.flag(group, "times")
	var title, id string
	text := words{cli: cli}
	post := group.Command("post", "Announce something, and print its ID.").Default()
	post.Arg("title", "What it is about, in a few words.").Required().StringVar(&title)
	text.flags(post, "What people should know")
	quiet := post.Flag("quiet", "Do not tell subscribers.").Bool()
	list := group.Command("list", "List announcements, the newest first.")
	retract := group.Command("retract", "Retract an announcement.")
	retract.Arg("id", "ID of the announcement, as list shows it.").Required().StringVar(&id)
	return actions{
		post.FullCommand():    func(ctx context.Context) error { return m.announce(ctx, title, &text, *quiet) },
		list.FullCommand():    func(ctx context.Context) error { return m.announcements(ctx, &at) },
		retract.FullCommand(): func(ctx context.Context) error { return m.retract(ctx, id) },
	}
}

func (m *manager) announce(ctx context.Context, title string, text *words, quiet bool) error {
	body, err := text.read(ctx, m.stdin)
	if err != nil {
		return err
	}
	in := desk.AnnouncementInput{Title: &title, Text: body}
	if quiet {
		in.Notify = new(false)
	}
	var a statuspage.Announcement
	if err := m.ask(ctx, http.MethodPost, "announcements", in, &a); err != nil {
		return err
	}
	return m.say("%s is announced: %s", a.ID, m.url)
}

func (m *manager) announcements(ctx context.Context, at *zone) error {
	var answer struct {
		Announcements []statuspage.Announcement `json:"announcements"`
	}
	if err := m.ask(ctx, http.MethodGet, "announcements", nil, &answer); err != nil {
		return err
	}
	var rows [][]string
	for _, a := range answer.Announcements {
		rows = append(rows, []string{a.ID, at.minute(a.Time), a.Title})
	}
	return m.table("There are no announcements.", []string{"ID", at.heading("TIME"), "TITLE"}, rows)
}

func (m *manager) retract(ctx context.Context, id string) error {
	if err := m.ask(ctx, http.MethodDelete, idPathOf("announcements", id), nil, nil); err != nil {
		return misnamed(err, "announcement", "announce", id)
	}
	return m.say("%s is retracted", id)
}
