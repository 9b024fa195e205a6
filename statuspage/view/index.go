// SPDX-License-Identifier: Apache-2.0

package view

import (
	"html/template"
	"io"
	"slices"
	"time"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

// What the index has room for; the rest is on the pages of the history.
const (
	pastDays     = 14 // of past incidents
	pastAtMost   = 30 // incidents
	soonAtMost   = 10 // occurrences of maintenance
	noticesShown = 5
)

// What the templates of the index show, before and after the services.
type index struct {
	Class    string // of the whole
	Icon     string
	Sentence string
	Problem  string
	Age      template.HTML
	ReadOnly bool
	Notices  []notice
	Current  []event // open incidents, worst first, then maintenance under way
	Soon     []event
	Past     []eventDay
	PastDays string
	Today    string
	Nothing  bool // there is no service
}

type notice struct {
	Anchor, Title string
	Time          template.HTML
	Text          template.HTML
}

// Index writes the page itself. It works without JavaScript; with it, the page
// keeps itself up to date.
func Index(w io.Writer, p statuspage.Page, o Options) error {
	d := newDocument(p, o)
	whole := p.Verdict()
	body := index{
		Class: whole.Status.String(), Icon: whole.Status.String(), Sentence: d.w.Sentence(p), Problem: d.w.Problem(p.Problem),
		Age: d.Ago(p.AsOf), ReadOnly: p.ReadOnly, Notices: d.notices(d.p.Announcements[:min(noticesShown, len(d.p.Announcements))]),
		Today: p.Today.UTC().Format(time.DateOnly), Nothing: len(p.Services) == 0,
		PastDays: d.w.Plural("past.none", pastDays),
	}
	if whole.Maintenance && whole.Status == status.Healthy {
		body.Class, body.Icon = maintenance, maintenance
	}
	if p.Stale {
		body.Age = ""
	}
	body.Current = d.current()
	body.Soon = d.soon()
	body.Past = d.byDay(pastIncidents(p))
	d.Home, d.Title, d.Summary, d.Body = true, body.Sentence, d.Name()+": "+body.Sentence, body

	var m markup
	if err := d.draw(&m, "index.html"); err != nil {
		return err
	}
	d.services(&m)
	if err := d.draw(&m, "index-after.html"); err != nil {
		return err
	}
	_, err := w.Write(m)
	return err
}

func (d *document) notices(announcements []statuspage.Announcement) []notice {
	var all []notice
	for _, a := range announcements {
		all = append(all, notice{a.Anchor(), a.Title, d.Time(a.Time), text(a.Text, headingsInEvent)})
	}
	return all
}

// current returns what goes on: incidents by impact, then maintenance.
func (d *document) current() []event {
	var all []event
	for _, impact := range slices.Backward(statuspage.Impacts()) {
		for j := range d.p.Incidents {
			if in := &d.p.Incidents[j]; in.Open() && in.Impact == impact {
				all = append(all, d.incident(in))
			}
		}
	}
	for i := range d.p.Occurrences {
		if o := &d.p.Occurrences[i]; o.Phase == statuspage.InProgress || o.Phase == statuspage.Verifying {
			all = append(all, d.occurrence(o))
		}
	}
	return all
}

// soon returns the maintenance to come: of what recurs the next time alone.
func (d *document) soon() []event {
	var all []event
	seen := map[string]bool{}
	for i := range d.p.Occurrences {
		o := &d.p.Occurrences[i]
		if o.Phase != statuspage.Scheduled || seen[o.Maintenance.ID] {
			continue
		}
		seen[o.Maintenance.ID] = true
		e := d.occurrence(o)
		e.Updates = nil
		if all = append(all, e); len(all) == soonAtMost {
			break
		}
	}
	return all
}

// pastIncidents returns those of the last days that are over, newest first.
func pastIncidents(p statuspage.Page) []*statuspage.Incident {
	var past []*statuspage.Incident
	since := p.Today.AddDate(0, 0, -pastDays+1)
	for i := range p.Incidents {
		if in := &p.Incidents[i]; !in.Open() && !in.Started.Before(since) && len(past) < pastAtMost {
			past = append(past, in)
		}
	}
	return past
}
