// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"github.com/pharos-status/pharos/internal/app"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/desk"
)

const incidentHelp = `Incidents of the status page.

The status page has to run, and needs manager.token of statuspage.yml.

  export USER=anna
  pharosctl incident list --token-file=manager.token`

const incidentOpenHelp = `Open an incident, and print its ID.

  pharosctl incident open "API is slow" --impact=major -c web/api -c db \
    --text="We look into it." --token-file=manager.token
  pharosctl incident open "API was down" --started="2026-11-30 08:15" \
    --resolved="2026-11-30 08:40" -F report.md
  pharosctl incident open --template="Provider away" -c web`

const incidentUpdateHelp = `Add an update.

  pharosctl incident update 4hq2k7c3v5tn --phase=identified \
    --text="It is the disks."`

const incidentResolveHelp = `Say that an incident is over.

  pharosctl incident resolve 4hq2k7c3v5tn --text="The disks are replaced."`

const incidentPublishHelp = `Publish a draft.

Subscribers are told. A draft without an update needs a text.`

const incidentListHelp = `List incidents, the newest first.

  pharosctl incident list --state=all -o json`

// An incidentCmd is what the subcommands of incident are asked to do.
type incidentCmd struct {
	*manager
	id         string
	title      string
	impact     string
	components []string
	phase      string
	started    string
	resolved   string
	at         string
	zone       zone
	template   string
	draft      bool
	quiet      bool
	words      words
}

// incidentCommand adds the subcommands of incident.
func incidentCommand(cli *app.Command, stdout, _ io.Writer) actions {
	group := cli.Command("incident", incidentHelp)
	c := &incidentCmd{manager: newManager(group, stdout), words: words{cli: cli}}
	c.zone.flag(group, "times")
	all := c.list(group)
	maps.Copy(all, c.change(group))
	open := group.Command("open", incidentOpenHelp)
	open.Arg("title", "What is wrong, in a few words. May be left out if the template has one.").StringVar(&c.title)
	open.Flag("template", "Begin with this template: its ID or its name, as pharosctl template list shows them. What you say yourself comes before what it says.").PlaceHolder("ID").StringVar(&c.template)
	open.Flag("draft", "Keep it from the public until it is published.").BoolVar(&c.draft)
	open.Flag("started", "When it began. Default: now.").PlaceHolder("TIME").StringVar(&c.started)
	open.Flag("resolved", "It is over, since then.").PlaceHolder("TIME").StringVar(&c.resolved)
	c.updateFlags(open, "What people should know")
	all[open.FullCommand()] = c.open
	return all
}

// change adds the subcommands that add to an incident.
func (c *incidentCmd) change(group *kingpin.CmdClause) actions {
	update := group.Command("update", incidentUpdateHelp)
	c.idArg(update)
	c.updateFlags(update, "What people should know")
	update.Flag("time", "When it was so. Default: now.").PlaceHolder("TIME").StringVar(&c.at)

	resolve := group.Command("resolve", incidentResolveHelp)
	c.idArg(resolve)
	c.words.flags(resolve, "How it ended")
	c.quietFlag(resolve)

	publish := group.Command("publish", incidentPublishHelp)
	c.idArg(publish)
	c.words.flags(publish, "The first update, instead of that of the draft")
	c.quietFlag(publish)
	return actions{
		update.FullCommand(): func(ctx context.Context) error { return c.update(ctx, statuspage.Phase(c.phase)) },
		resolve.FullCommand(): func(ctx context.Context) error {
			c.impact, c.components, c.at = "", nil, ""
			return c.update(ctx, statuspage.Resolved)
		},
		publish.FullCommand(): c.publish,
	}
}

func (c *incidentCmd) idArg(cmd *kingpin.CmdClause) {
	cmd.Arg("id", "ID of the incident, as list shows it.").Required().StringVar(&c.id)
}

func (c *incidentCmd) quietFlag(cmd *kingpin.CmdClause) {
	cmd.Flag("quiet", "Do not tell subscribers.").BoolVar(&c.quiet)
}

func (c *incidentCmd) updateFlags(cmd *kingpin.CmdClause, what string) {
	oneOf(cmd, "impact", "How bad it is: none, minor, major or critical.", &c.impact, wordsOf(statuspage.Impacts())...)
	cmd.Flag("component", "What it hits: service, or service/node. May be repeated.").Short('c').StringsVar(&c.components)
	oneOf(cmd, "phase", "How far you are: investigating, identified, monitoring, resolved or postmortem.", &c.phase, wordsOf(statuspage.IncidentPhases())...)
	c.words.flags(cmd, what)
	c.quietFlag(cmd)
}

// notify returns false if nobody is to be told, and leaves it to the page otherwise.
func (c *incidentCmd) notify() *bool {
	if c.quiet {
		return new(false)
	}
	return nil
}

func (c *incidentCmd) open(ctx context.Context) (err error) {
	text, err := c.words.read(ctx, c.stdin)
	if err != nil {
		return err
	}
	in := desk.IncidentInput{Draft: &c.draft, Notify: c.notify()}
	now := time.Now()
	if in.Started, err = c.zone.optional("--started", c.started, now); err != nil {
		return err
	}
	if in.Resolved, err = c.zone.optional("--resolved", c.resolved, now); err != nil {
		return err
	}
	if err := c.fromTemplate(ctx, &text); err != nil {
		return err
	}
	if c.title == "" {
		return &app.Exit{Code: 2, Err: errors.New("title is missing; say in a few words what is wrong, or name a template that has a title by --template")}
	}
	in.Title, in.Text, in.Components = &c.title, text, some(c.components)
	in.Impact, in.Phase = given(statuspage.Impact(c.impact)), given(statuspage.Phase(c.phase))
	var i statuspage.Incident
	if err := c.ask(ctx, http.MethodPost, "incidents", in, &i); err != nil {
		return err
	}
	if i.Draft {
		return c.say("%s is kept as a draft; pharosctl incident publish %[1]s shows it to the public", i.ID)
	}
	return c.say("%s is open: %s", i.ID, c.address("incidents", i.ID))
}

func (c *incidentCmd) update(ctx context.Context, phase statuspage.Phase) (err error) {
	in := desk.UpdateInput{Phase: given(phase), Impact: given(statuspage.Impact(c.impact)), Components: some(c.components), Notify: c.notify()}
	if in.Text, err = c.words.read(ctx, c.stdin); err != nil {
		return err
	}
	if in.Time, err = c.zone.optional("--time", c.at, time.Now()); err != nil {
		return err
	}
	var i statuspage.Incident
	if err := c.ask(ctx, http.MethodPost, idPathOf("incidents", c.id, "updates"), in, &i); err != nil {
		return misnamed(err, "incident", "incident", c.id)
	}
	return c.say("%s is %s", i.ID, i.Phase())
}

func (c *incidentCmd) publish(ctx context.Context) (err error) {
	in := desk.IncidentInput{Draft: new(false), Notify: c.notify()}
	if in.Text, err = c.words.read(ctx, c.stdin); err != nil {
		return err
	}
	var i statuspage.Incident
	if err := c.ask(ctx, http.MethodPatch, idPathOf("incidents", c.id), in, &i); err != nil {
		return misnamed(err, "incident", "incident", c.id)
	}
	return c.say("%s is public: %s", i.ID, c.address("incidents", i.ID))
}
