// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"github.com/pharos-status/pharos/internal/app"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/desk"
)

const maintenanceHelp = `Planned work of the status page.

What is planned here is on the page, in feeds and calendars, silences alerts, does
not count against the uptime, and ends by itself.`

const maintenancePlanHelp = `Plan maintenance, once or again and again, and print its ID.

  pharosctl maintenance plan "New disks" --start="2026-11-30 22:00" \
    --for=2h -c db
  pharosctl maintenance plan "Updates" --start="2026-12-01 03:00" --for=1h \
    --time-zone=Europe/Paris --rrule="FREQ=WEEKLY;BYDAY=TU"`

const maintenanceSkipHelp = `Call off one occurrence, which list shows.

  pharosctl maintenance skip 4hq2k7c3v5tn "2026-12-08 02:00"
  pharosctl maintenance skip 4hq2k7c3v5tn "2026-12-08 03:00" \
    --time-zone=Europe/Paris`

// A maintenanceCmd is what the subcommands of maintenance are asked to do.
type maintenanceCmd struct {
	*manager
	id         string
	title      string
	components []string
	start, end string
	lasts      time.Duration
	rule       string
	zone       zone
	quiet      bool
	words      words
}

// A planned is a maintenance as the status page answers with it.
type planned struct {
	statuspage.Maintenance
	Occurrences []statuspage.Cut `json:"occurrences"`
}

// maintenanceCommand adds the subcommands of maintenance.
func maintenanceCommand(cli *app.Command, stdout, _ io.Writer) actions {
	group := cli.Command("maintenance", maintenanceHelp)
	c := &maintenanceCmd{manager: newManager(group, stdout), words: words{cli: cli}}
	c.zone.flag(group, "times, and of the rule of plan")
	list := group.Command("list", "List maintenance, that which begins last first.").Default()
	var state string
	oneOf(list, "state", "Which: planned (or under way), over or all.", &state, "planned", "over", "all").Default("planned")
	limit := limitFlag(list)
	end := c.one(group, "end", "End the occurrence that is under way, now.")
	cancel := c.one(group, "cancel", "Call all of it off.")
	skip := c.one(group, "skip", maintenanceSkipHelp)
	skip.Arg("start", "When the occurrence begins, as list shows it or as RFC 3339 has it.").Required().StringVar(&c.start)
	return actions{
		c.planFlags(group):   c.plan,
		list.FullCommand():   func(ctx context.Context) error { return c.printAll(ctx, state, *limit) },
		end.FullCommand():    func(ctx context.Context) error { return c.act(ctx, "end", "has ended", nil) },
		cancel.FullCommand(): func(ctx context.Context) error { return c.act(ctx, "cancel", "is cancelled", nil) },
		skip.FullCommand():   c.skip,
	}
}

func (c *maintenanceCmd) one(group *kingpin.CmdClause, name, help string) *kingpin.CmdClause {
	cmd := group.Command(name, help)
	cmd.Arg("id", "ID of the maintenance, as list shows it.").Required().StringVar(&c.id)
	return cmd
}

func (c *maintenanceCmd) planFlags(group *kingpin.CmdClause) string {
	cmd := group.Command("plan", maintenancePlanHelp)
	cmd.Arg("title", "What is planned, in a few words.").Required().StringVar(&c.title)
	cmd.Flag("start", "When it begins.").Required().PlaceHolder("TIME").StringVar(&c.start)
	cmd.Flag("end", "When it ends.").PlaceHolder("TIME").StringVar(&c.end)
	cmd.Flag("for", "How long it takes, instead of --end.").PlaceHolder("DURATION").DurationVar(&c.lasts)
	cmd.Flag("rrule", "When it recurs, as RFC 5545 has it. Default: it takes place once.").PlaceHolder("RULE").StringVar(&c.rule)
	cmd.Flag("component", "What is worked on: service, or service/node. May be repeated.").Short('c').StringsVar(&c.components)
	cmd.Flag("quiet", "Do not tell subscribers, neither now nor when it begins and ends.").BoolVar(&c.quiet)
	c.words.flags(cmd, "What people should know")
	return cmd.FullCommand()
}

func (c *maintenanceCmd) plan(ctx context.Context) error {
	if (c.end == "") == (c.lasts == 0) {
		return &app.Exit{Code: 2, Err: errors.New("say when it ends, either by --end or by --for")}
	}
	text, err := c.words.read(ctx, c.stdin)
	if err != nil {
		return err
	}
	now := time.Now()
	start, err := c.zone.read("--start", c.start, now)
	if err != nil {
		return err
	}
	start = start.Truncate(time.Minute) // as list shows it, for skip
	end := start.Add(c.lasts)
	if c.end != "" {
		if end, err = c.zone.read("--end", c.end, now); err != nil {
			return err
		}
	}
	in := desk.MaintenanceInput{
		Title: &c.title, Text: text, Components: some(c.components), Start: &start, End: &end, RRule: given(c.rule), TimeZone: given(c.zone.name),
	}
	if c.quiet {
		in.Notify, in.Quiet = new(false), new(true)
	}
	var m planned
	if err := c.ask(ctx, http.MethodPost, "maintenance", in, &m); err != nil {
		return err
	}
	return c.say("%s is planned: %s", m.ID, c.address("maintenance", m.ID))
}

func (c *maintenanceCmd) skip(ctx context.Context) error {
	start, err := c.zone.read("start", c.start, time.Now())
	if err != nil {
		return err
	}
	return c.act(ctx, "skip", "does not take place at "+c.zone.moment(start), map[string]time.Time{"start": start})
}

// act does something to a maintenance, and prints what has become of it.
func (c *maintenanceCmd) act(ctx context.Context, what, became string, in any) error {
	var m planned
	if err := c.ask(ctx, http.MethodPost, idPathOf("maintenance", c.id, what), in, &m); err != nil {
		return misnamed(err, "maintenance", "maintenance", c.id)
	}
	if len(m.Occurrences) > 0 {
		became += "; next at " + c.zone.moment(m.Occurrences[0].Start)
	}
	return c.say("%s %s", m.ID, became)
}

func (c *maintenanceCmd) printAll(ctx context.Context, state string, limit int) error {
	none := "There is no maintenance that is " + state + "."
	if state == "all" {
		state, none = "", "There is no maintenance."
	}
	var answer struct {
		Maintenance []planned `json:"maintenance"`
	}
	if err := c.ask(ctx, http.MethodGet, listPath("maintenance", state, limit), nil, &answer); err != nil {
		return err
	}
	var rows [][]string
	for _, m := range answer.Maintenance {
		next := statuspage.Cut{Start: m.Start, End: m.End}
		if len(m.Occurrences) > 0 {
			next = m.Occurrences[0]
		}
		rows = append(rows, []string{m.ID, phaseOfMaintenance(m), c.zone.minute(next.Start), c.zone.minute(next.End), orDash(m.RRule), strconv.Itoa(len(m.Updates)), joined(m.Components), m.Title})
	}
	return c.table(none, []string{"ID", "PHASE", c.zone.heading("START"), c.zone.heading("END"), "RECURS", "UPDATES", "COMPONENTS", "TITLE"}, rows)
}

func phaseOfMaintenance(m planned) string {
	switch {
	case m.Cancelled:
		return "cancelled"
	case len(m.Occurrences) == 0:
		return "over"
	case m.Occurrences[0].Start.After(time.Now()):
		return "planned"
	default:
		return "under way"
	}
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
