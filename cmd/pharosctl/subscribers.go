// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/pharos-status/pharos/internal/app"
	"github.com/pharos-status/pharos/statuspage"
)

const subscribersHelp = `Who is told by mail or webhook of what happens.

These are data of persons: print them only where you may.`

const subscribersExportHelp = `Print all that is kept of subscribers, as JSON.

  pharosctl subscribers export anna@example.org --token-file=manager.token \
    > anna.json`

const subscribersEraseHelp = `Erase what is kept of a subscriber, at once and for ever.

  pharosctl subscribers erase anna@example.org --token-file=manager.token`

// A subscriber is one as the status page answers with it.
type subscriber struct {
	ID         string           `json:"id"`
	Page       string           `json:"page"`
	Kind       string           `json:"kind"`
	Address    string           `json:"address"`
	Components []statuspage.Ref `json:"components"`
	MajorOnly  bool             `json:"major_only"`
	Confirmed  time.Time        `json:"confirmed"`
}

// subscribersCommand adds the subcommands of subscribers.
func subscribersCommand(cli *app.Command, stdout, _ io.Writer) actions {
	group := cli.Command("subscribers", subscribersHelp)
	m := newManager(group, stdout)
	var at zone
	var address, who string
	list := group.Command("list", "List subscribers.").Default()
	at.flag(list, "times")
	limit := manyFlag(list)
	export := group.Command("export", subscribersExportHelp)
	export.Arg("address", "Address of one. Default: all.").StringVar(&address)
	erase := group.Command("erase", subscribersEraseHelp)
	erase.Arg("id", "ID of a subscriber, or an address: all that it has subscribed to.").Required().StringVar(&who)
	return actions{
		list.FullCommand(): func(ctx context.Context) error { return m.listSubscribers(ctx, *limit, &at) },
		export.FullCommand(): func(ctx context.Context) error {
			m.format = "json"
			_, err := m.subscribers(ctx, address, 0)
			return err
		},
		erase.FullCommand(): func(ctx context.Context) error { return m.erase(ctx, who) },
	}
}

func (m *manager) subscribers(ctx context.Context, address string, limit int) ([]subscriber, error) {
	query := url.Values{}
	if address != "" {
		query.Set("address", address)
	}
	var list struct {
		Subscribers []subscriber `json:"subscribers"`
	}
	err := m.collect(ctx, "subscribers", "subscribers", query, limit, &list)
	return list.Subscribers, err
}

func (m *manager) listSubscribers(ctx context.Context, limit int, at *zone) error {
	all, err := m.subscribers(ctx, "", limit)
	if err != nil {
		return err
	}
	var rows [][]string
	for _, s := range all {
		wants := "all"
		if len(s.Components) > 0 {
			wants = joined(s.Components)
		}
		if s.MajorOnly {
			wants += ", major only"
		}
		rows = append(rows, []string{s.ID, s.Kind, s.Address, orDash(s.Page), at.minute(s.Confirmed), wants})
	}
	return m.table("There are no subscribers.", []string{"ID", "KIND", "ADDRESS", "PAGE", at.heading("CONFIRMED"), "WANTS"}, rows)
}

// erase erases the subscriber that has an ID, or all that have an address.
func (m *manager) erase(ctx context.Context, who string) error {
	m.format = "text"
	ids := []string{who}
	if strings.ContainsAny(who, "@:") {
		all, err := m.subscribers(ctx, who, 0)
		if err != nil {
			return err
		}
		ids = ids[:0]
		for _, s := range all {
			ids = append(ids, s.ID)
		}
		if len(ids) == 0 {
			return fmt.Errorf("there is no subscriber %q; see pharosctl subscribers list", who)
		}
	}
	for _, id := range ids {
		if err := m.ask(ctx, http.MethodDelete, idPathOf("subscribers", id), nil, nil); err != nil {
			return misnamed(err, "subscriber", "subscribers", id)
		}
		if err := m.say("%s is erased", id); err != nil {
			return err
		}
	}
	return nil
}
