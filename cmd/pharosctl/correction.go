// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/pharos-status/pharos/internal/app"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/desk"
)

const correctionHelp = `Past intervals that were otherwise than they were measured.

The samples stay; the page shows the corrected figures, says that they were corrected,
and why.`

const correctionAddHelp = `Correct an interval of the past, and print the ID.

  pharosctl correction add -c db --from="2026-11-30 08:15" \
    --to="2026-11-30 08:40" \
    --text="The monitoring was cut off; the databases ran." \
    --token-file=manager.token`

// A correctionCmd is what the subcommands of correction are asked to do.
type correctionCmd struct {
	*manager
	id         string
	components []string
	from, to   string
	status     string
	zone       zone
	reason     words
}

// correctionCommand adds the subcommands of correction.
func correctionCommand(cli *app.Command, stdout, _ io.Writer) actions {
	group := cli.Command("correction", correctionHelp)
	c := &correctionCmd{manager: newManager(group, stdout), reason: words{cli: cli}}
	c.zone.flag(group, "times")
	list := group.Command("list", "List corrections, the newest first.").Default()
	add := group.Command("add", correctionAddHelp)
	add.Flag("component", "What is corrected: service, or service/node. May be repeated.").Short('c').Required().StringsVar(&c.components)
	add.Flag("from", "When the interval begins.").Required().PlaceHolder("TIME").StringVar(&c.from)
	add.Flag("to", "When it ends.").Required().PlaceHolder("TIME").StringVar(&c.to)
	oneOf(add, "status", "What it was in truth: healthy, sick, dead or unknown.", &c.status, "healthy", "sick", "dead", "unknown").Default("healthy")
	c.reason.flags(add, "Why, for the public")
	withdraw := group.Command("withdraw", "Withdraw a correction: what was measured counts again.")
	withdraw.Arg("id", "ID of the correction, as list shows it.").Required().StringVar(&c.id)
	return actions{
		list.FullCommand():     c.list,
		add.FullCommand():      c.add,
		withdraw.FullCommand(): c.withdraw,
	}
}

func (c *correctionCmd) list(ctx context.Context) error {
	var answer struct {
		Corrections []statuspage.Correction `json:"corrections"`
	}
	if err := c.ask(ctx, http.MethodGet, "corrections", nil, &answer); err != nil {
		return err
	}
	var rows [][]string
	for _, x := range answer.Corrections {
		rows = append(rows, []string{x.ID, c.zone.minute(x.From), c.zone.minute(x.To), x.Status.String(), joined(x.Components), x.Reason})
	}
	return c.table("There are no corrections.", []string{"ID", c.zone.heading("FROM"), c.zone.heading("TO"), "STATUS", "COMPONENTS", "REASON"}, rows)
}

func (c *correctionCmd) add(ctx context.Context) error {
	reason, err := c.reason.read(ctx, c.stdin)
	switch {
	case err != nil:
		return err
	case reason == nil:
		return &app.Exit{Code: 2, Err: errors.New("say why, for the public, by --text or --text-file")}
	}
	now := time.Now()
	from, err := c.zone.read("--from", c.from, now)
	if err != nil {
		return err
	}
	to, err := c.zone.read("--to", c.to, now)
	if err != nil {
		return err
	}
	var made statuspage.Correction
	in := desk.CorrectionInput{Components: &c.components, From: &from, To: &to, Status: &c.status, Reason: reason}
	if err := c.ask(ctx, http.MethodPost, "corrections", in, &made); err != nil {
		return err
	}
	return c.say("%s corrects %s: %s from %s to %s", made.ID, joined(made.Components), made.Status, c.zone.moment(made.From), c.zone.moment(made.To))
}

func (c *correctionCmd) withdraw(ctx context.Context) error {
	if err := c.ask(ctx, http.MethodDelete, idPathOf("corrections", c.id), nil, nil); err != nil {
		return misnamed(err, "correction", "correction", c.id)
	}
	return c.say("%s is withdrawn; what was measured counts again", c.id)
}
