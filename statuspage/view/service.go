// SPDX-License-Identifier: Apache-2.0

package view

import (
	"html/template"
	"io"
	"slices"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

// What the template of a service shows besides the page.
type service struct {
	Label, Uptime string
	State         template.HTML
	Bars          template.HTML
	Days          template.HTML // a table
	Nodes         []serviceNode
	Current       []event
	Past          []eventDay
	Corrections   []correction
	Today         string
}

type serviceNode struct {
	Row    template.HTML
	ID     string
	Label  string
	Charts []chart
	Open   bool
}

// Service writes the page of a service with its charts. It may fail with [ErrNotThere].
func Service(w io.Writer, p statuspage.Page, id string, o Options) error {
	at := slices.IndexFunc(p.Services, func(s statuspage.Service) bool { return s.ID == id })
	if at < 0 {
		return ErrNotThere
	}
	d := newDocument(p, o)
	d.about = id
	s := &d.p.Services[at]
	body := service{Label: s.Label, Today: d.p.Today.Format("2006-01-02")}
	if s.Uptime != nil {
		body.Uptime = d.T("uptime.days", d.w.Percent(*s.Uptime, 2))
	}
	var state, bars, days markup
	d.state(&state, s.Status, s.InMaintenance)
	if len(s.Days) > 0 {
		known := d.recent(s.Days)
		d.bars(&bars, known)
		d.axis(&bars, d.T("days.begin"), d.T("days.today"))
		d.dayTable(&days, known)
	}
	body.State, body.Bars, body.Days = state.html(), bars.html(), days.html()
	for i := range s.Nodes {
		body.Nodes = append(body.Nodes, d.serviceNode(s, &s.Nodes[i], i < unfoldedNodes))
	}
	d.stories(&body, id)
	body.Corrections = d.corrections(func(c *statuspage.Correction) bool { return touches(c.Components, id) })
	word := d.w.Status(s.Status)
	if s.InMaintenance {
		word = d.w.State(statuspage.InMaintenance)
	}
	d.Title, d.Summary, d.Body = s.Label+": "+word, d.Name()+": "+s.Label+", "+word, body
	return d.execute(w, "service.html")
}

// stories fills in the incidents that touch the service.
func (d *document) stories(body *service, id string) {
	var past []*statuspage.Incident
	for i := range d.p.Incidents {
		switch in := &d.p.Incidents[i]; {
		case !touches(in.Components, id):
		case in.Open():
			body.Current = append(body.Current, d.incident(in))
		case len(past) < pastAtMost:
			past = append(past, in)
		}
	}
	for i := range d.p.Occurrences {
		oc := &d.p.Occurrences[i]
		if (oc.Phase == statuspage.InProgress || oc.Phase == statuspage.Verifying) && touches(oc.Maintenance.Components, id) {
			body.Current = append(body.Current, d.occurrence(oc))
		}
	}
	body.Past = d.byDay(past)
}

func (d *document) serviceNode(s *statuspage.Service, n *statuspage.Node, open bool) serviceNode {
	var row markup
	d.node(&row, s, n)
	out := serviceNode{Row: row.html(), ID: anchor("node", s.ID, n.ID) + "__charts", Label: d.T("chart.of", n.Label), Open: open || n.Status != status.Healthy}
	if n.Latency == nil {
		return out
	}
	for w := range n.Latency {
		if c, some := d.chart(&n.Latency[w], statuspage.Window(w), n.Label); some {
			out.Charts = append(out.Charts, c)
		}
	}
	return out
}
