// SPDX-License-Identifier: Apache-2.0

package view

import (
	"html/template"
	"time"

	"github.com/pharos-status/pharos/statuspage"
)

// What the templates show of incidents, maintenance and announcements.
type (
	event struct {
		Anchor, Title, Href string
		Class               string // of its color: an impact, or maintenance
		Kind                string // what it is, in words
		Phase               string
		When                template.HTML
		Lasted              string // for how long, if it is over or goes on
		Over                bool
		Components          []component
		Text                template.HTML // what was planned
		Updates             []update      // newest first
	}
	update struct {
		Phase  string
		Class  string
		Time   template.HTML
		Edited template.HTML
		Text   template.HTML
	}
	component struct{ Label, Href string }
	eventDay  struct {
		Date   template.HTML
		Events []event
	}
)

func (d *document) incident(i *statuspage.Incident) event {
	e := event{
		Anchor: anchor("incident", i.ID), Title: i.Title, Href: d.Link(IncidentPath(i.ID)),
		Class: "impact-" + string(i.Impact), Kind: d.T("incident.kind." + string(i.Impact)), Phase: d.w.Phase(i.Phase()),
		Over: !i.Open(), Components: d.components(i.Components), Updates: d.updates(i.Updates),
	}
	if i.Open() {
		e.When = d.Time(i.Started)
		e.Lasted = d.T("incident.open", d.w.Duration(max(0, d.p.Built.Sub(i.Started).Truncate(time.Minute))))
	} else {
		e.When = d.Range(i.Started, i.Resolved)
		e.Lasted = d.T("incident.lasted", d.w.Duration(i.Resolved.Sub(i.Started)))
	}
	return e
}

func (d *document) occurrence(o *statuspage.Occurrence) event {
	e := d.maintenance(o.Maintenance)
	e.Phase, e.When, e.Over = d.w.Phase(o.Phase), d.Range(o.Start, o.End), o.Phase == statuspage.Completed
	e.Anchor = anchor("maintenance", o.Maintenance.ID, o.Start.UTC().Format("20060102T1504"))
	e.Lasted = d.T("maintenance.lasts", d.w.Duration(o.End.Sub(o.Start)))
	return e
}

func (d *document) maintenance(m *statuspage.Maintenance) event {
	e := event{
		Title: m.Title, Href: d.Link(MaintenancePath(m.ID)), Class: maintenance, Kind: d.T("maintenance.kind"),
		Components: d.components(m.Components), Updates: d.updates(m.Updates),
	}
	e.Text = text(m.Text, headingsInEvent)
	return e
}

// updates returns a timeline, newest first.
func (d *document) updates(all []statuspage.Update) []update {
	out := make([]update, 0, len(all))
	for i := len(all) - 1; i >= 0; i-- {
		u := &all[i]
		v := update{Phase: d.w.Phase(u.Phase), Class: "phase-" + string(u.Phase), Time: d.Time(u.Time)}
		v.Text = text(u.Text, headingsInEvent)
		if u.Phase == statuspage.Postmortem {
			v.Text = text(u.Text, headingsInPostmortem)
		}
		if !u.Edited.IsZero() {
			v.Edited = d.Time(u.Edited)
		}
		out = append(out, v)
	}
	return out
}

// components returns those that the page shows.
func (d *document) components(refs []statuspage.Ref) []component {
	var all []component
	for _, r := range refs {
		if label, shown := d.label(r); shown {
			all = append(all, component{label, d.Link(ServicePath(r.Service))})
		}
	}
	return all
}

// Latest returns the newest update, where there is no room for all. A post-mortem has
// a page to be told on.
func (e event) Latest() []update {
	for i := range e.Updates {
		if e.Updates[i].Class != postmortem {
			return e.Updates[i : i+1]
		}
	}
	return nil
}

// The levels at which the headings of a text begin: an event has one of level 3, the
// section of a post-mortem one of level 2.
const (
	headingsInEvent      = 4
	headingsInPostmortem = 3
)

// postmortem is the class of an update that is one.
const postmortem = "phase-" + string(statuspage.Postmortem)

// byDay puts incidents that are sorted by their beginning, newest first, under the
// days (UTC) on which they began.
func (d *document) byDay(incidents []*statuspage.Incident) []eventDay {
	var days []eventDay
	before := ""
	for _, i := range incidents {
		if day := i.Started.UTC().Format(time.DateOnly); day != before {
			days = append(days, eventDay{Date: template.HTML(d.day(i.Started))}) //nolint:gosec // a time holds nothing to escape
			before = day
		}
		last := &days[len(days)-1]
		last.Events = append(last.Events, d.incident(i))
	}
	return days
}
