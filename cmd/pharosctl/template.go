// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"

	"github.com/pharos-status/pharos/internal/app"
	"github.com/pharos-status/pharos/statuspage"
)

const templateHelp = `Texts that incidents begin with.

  pharosctl incident open --template="Provider away" --token-file=manager.token`

const templatePutHelp = `Make a template, or replace the one of that name. What is not given is not kept.

  pharosctl template put "Provider away" --title="Mail is delayed" \
    --impact=minor -c web --text="Our provider has trouble. We watch it." \
    --token-file=manager.token`

// A templateInput is what the status page takes.
type templateInput struct {
	Name       string   `json:"name"`
	Title      string   `json:"title"`
	Impact     string   `json:"impact"`
	Phase      string   `json:"phase"`
	Text       *string  `json:"text"`
	Components []string `json:"components"`
}

// templateCommand adds the subcommands of template.
func templateCommand(cli *app.Command, stdout, _ io.Writer) actions {
	group := cli.Command("template", templateHelp)
	m := newManager(group, stdout)
	var in templateInput
	text := words{cli: cli}
	var named string
	list := group.Command("list", "List templates by name; -o json shows their texts.").Default()
	put := group.Command("put", templatePutHelp)
	put.Arg("name", "What it is for.").Required().StringVar(&in.Name)
	put.Flag("title", "Title of the incident, or how it begins.").StringVar(&in.Title)
	oneOf(put, "impact", "How bad it is: none, minor, major or critical. Default: minor.", &in.Impact, wordsOf(statuspage.Impacts())...)
	oneOf(put, "phase", "How far you are: investigating, identified, monitoring, resolved or postmortem. Default: investigating.", &in.Phase, wordsOf(statuspage.IncidentPhases())...)
	put.Flag("component", "What it hits: service, or service/node. May be repeated.").Short('c').StringsVar(&in.Components)
	text.flags(put, "The first update")
	drop := group.Command("delete", "Delete a template.")
	drop.Arg("id", "ID or name of the template, as list shows them.").Required().StringVar(&named)
	return actions{
		list.FullCommand(): m.listTemplates,
		put.FullCommand():  func(ctx context.Context) error { return m.putTemplate(ctx, in, &text) },
		drop.FullCommand(): func(ctx context.Context) error { return m.deleteTemplate(ctx, named) },
	}
}

// A templateList is the answer to a question for all templates.
type templateList struct {
	Templates []statuspage.Template `json:"templates"`
}

func (l templateList) find(idOrName string) (t statuspage.Template, found bool) {
	for _, by := range []func(statuspage.Template) string{
		func(t statuspage.Template) string { return t.ID },
		func(t statuspage.Template) string { return t.Name },
	} {
		if i := slices.IndexFunc(l.Templates, func(t statuspage.Template) bool { return by(t) == idOrName }); i >= 0 {
			return l.Templates[i], true
		}
	}
	return t, false
}

func (m *manager) listTemplates(ctx context.Context) error {
	var all templateList
	if err := m.ask(ctx, http.MethodGet, "templates", nil, &all); err != nil {
		return err
	}
	var rows [][]string
	for _, t := range all.Templates {
		rows = append(rows, []string{t.ID, t.Name, string(t.Impact), string(t.Phase), joined(t.Components), t.Title})
	}
	return m.table("There are no templates.", []string{"ID", "NAME", "IMPACT", "PHASE", "COMPONENTS", "TITLE"}, rows)
}

func (m *manager) findTemplate(ctx context.Context, idOrName string) (t statuspage.Template, err error) {
	var all templateList
	if _, err := m.call(ctx, http.MethodGet, "templates", nil, &all); err != nil {
		return t, err
	}
	t, found := all.find(idOrName)
	if !found {
		return t, fmt.Errorf("there is no template %q; see pharosctl template list", idOrName)
	}
	return t, nil
}

func (m *manager) putTemplate(ctx context.Context, in templateInput, text *words) (err error) {
	if in.Text, err = text.read(ctx, m.stdin); err != nil {
		return err
	}
	var all templateList
	if _, err := m.call(ctx, http.MethodGet, "templates", nil, &all); err != nil {
		return err
	}
	method, path, done := http.MethodPost, "templates", "made"
	if i := slices.IndexFunc(all.Templates, func(t statuspage.Template) bool { return t.Name == in.Name }); i >= 0 {
		method, path, done = http.MethodPut, idPathOf("templates", all.Templates[i].ID), "replaced"
	}
	var t statuspage.Template
	if err := m.ask(ctx, method, path, in, &t); err != nil {
		return err
	}
	return m.say("%s is %s", t.ID, done)
}

func (m *manager) deleteTemplate(ctx context.Context, idOrName string) error {
	t, err := m.findTemplate(ctx, idOrName)
	if err != nil {
		return err
	}
	if err := m.ask(ctx, http.MethodDelete, idPathOf("templates", t.ID), nil, nil); err != nil {
		return err
	}
	return m.say("%s is deleted", t.ID)
}
