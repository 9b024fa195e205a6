// SPDX-License-Identifier: Apache-2.0

package view

import (
	"io"
	"slices"

	"github.com/pharos-status/pharos/statuspage"
)

// nextShown is how many occurrences the page of a maintenance lists, to come and past.
const nextShown = 10

// What the template of an incident or a maintenance shows.
type story struct {
	event
	Permalink   string
	Recurs      bool
	Cancelled   bool
	Next, Past  []event
	Postmortems []update // of an incident: told first, as they tell the whole
}

// Incident writes the page of an incident. It may fail with [ErrNotThere].
func Incident(w io.Writer, p statuspage.Page, id string, o Options) error {
	at := slices.IndexFunc(p.Incidents, func(i statuspage.Incident) bool { return i.ID == id })
	if at < 0 {
		return ErrNotThere
	}
	d := newDocument(p, o)
	in := &p.Incidents[at]
	body := story{event: d.incident(in)}
	for _, u := range body.Updates {
		if u.Class == postmortem {
			body.Postmortems = append(body.Postmortems, u)
		}
	}
	body.Updates = slices.DeleteFunc(body.Updates, func(u update) bool { return u.Class == postmortem })
	d.Title, d.Body = in.Title, body
	d.Summary = d.Name() + ": " + body.Kind + ", " + body.Phase
	return d.execute(w, "incident.html")
}

// Maintenance writes the page of a maintenance. It may fail with [ErrNotThere].
func Maintenance(w io.Writer, p statuspage.Page, id string, o Options) error {
	at := slices.IndexFunc(p.Maintenances, func(m statuspage.Maintenance) bool { return m.ID == id })
	if at < 0 {
		return ErrNotThere
	}
	d := newDocument(p, o)
	m := &p.Maintenances[at]
	body := story{event: d.maintenance(m), Recurs: m.RRule != "", Cancelled: m.Cancelled}
	body.When, body.Phase = d.Range(m.Start, m.End), ""
	body.Lasted = d.T("maintenance.lasts", d.w.Duration(m.End.Sub(m.Start)))
	for i := range p.Occurrences {
		oc := &p.Occurrences[i]
		if oc.Maintenance.ID != id {
			continue
		}
		if oc.Phase == statuspage.Completed {
			body.Past = append(body.Past, d.occurrence(oc))
		} else if len(body.Next) < nextShown {
			body.Next = append(body.Next, d.occurrence(oc))
		}
	}
	slices.Reverse(body.Past)
	body.Past = body.Past[:min(nextShown, len(body.Past))]
	switch {
	case m.Cancelled:
		body.Phase = d.T("maintenance.cancelled")
	case len(body.Next) > 0:
		body.Phase = body.Next[0].Phase
	case len(body.Past) > 0:
		body.Phase, body.Over = d.w.Phase(statuspage.Completed), true
	}
	d.Title, d.Body = m.Title, body
	d.Summary = d.Name() + ": " + body.Kind
	return d.execute(w, "incident.html")
}
