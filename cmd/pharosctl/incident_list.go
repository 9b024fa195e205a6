// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net/http"
	"strings"

	"github.com/alecthomas/kingpin/v2"

	"github.com/pharos-status/pharos/statuspage"
)

// list adds the subcommands that show incidents.
func (c *incidentCmd) list(group *kingpin.CmdClause) actions {
	list := group.Command("list", incidentListHelp).Default()
	var state string
	oneOf(list, "state", "Which ones: open, draft, resolved or all.", &state, "open", "draft", "resolved", "all").Default("open")
	limit := limitFlag(list)
	show := group.Command("show", "Show an incident with its timeline.")
	c.idArg(show)
	return actions{
		list.FullCommand(): func(ctx context.Context) error { return c.printAll(ctx, state, *limit) },
		show.FullCommand(): c.show,
	}
}

func (c *incidentCmd) printAll(ctx context.Context, state string, limit int) error {
	none := "There are no incidents that are " + state + "."
	if state == "all" {
		state, none = "", "There are no incidents."
	}
	var answer struct {
		Incidents []statuspage.Incident `json:"incidents"`
	}
	if err := c.ask(ctx, http.MethodGet, listPath("incidents", state, limit), nil, &answer); err != nil {
		return err
	}
	var rows [][]string
	for _, i := range answer.Incidents {
		rows = append(rows, []string{i.ID, phaseOf(&i), string(i.Impact), c.zone.minute(i.Started), c.zone.minute(i.Resolved), joined(i.Components), i.Title})
	}
	return c.table(none, []string{"ID", "PHASE", "IMPACT", c.zone.heading("STARTED"), c.zone.heading("RESOLVED"), "COMPONENTS", "TITLE"}, rows)
}

func phaseOf(i *statuspage.Incident) string {
	if i.Draft {
		return "draft"
	}
	return string(i.Phase())
}

func (c *incidentCmd) show(ctx context.Context) error {
	var i statuspage.Incident
	if err := c.ask(ctx, http.MethodGet, idPathOf("incidents", c.id), nil, &i); err != nil {
		return misnamed(err, "incident", "incident", c.id)
	}
	var out strings.Builder
	out.WriteString(printable(i.Title) + "\n" + phaseOf(&i) + ", impact " + string(i.Impact) + ", since " + c.zone.moment(i.Started))
	if !i.Open() {
		out.WriteString(" until " + c.zone.moment(i.Resolved))
	}
	if len(i.Components) > 0 {
		out.WriteString("\nhits " + printable(joined(i.Components)))
	}
	if i.Alert != "" {
		out.WriteString("\nopened by the alert " + printable(i.Alert))
	}
	for _, u := range i.Updates {
		out.WriteString("\n\n" + c.zone.minute(u.Time) + "  " + string(u.Phase) + "  (" + u.ID + ")")
		for line := range strings.Lines(u.Text) {
			out.WriteString("\n  " + printable(line))
		}
	}
	return c.say("%s", out.String())
}
