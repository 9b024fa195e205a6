// SPDX-License-Identifier: Apache-2.0

package view

import (
	"html/template"
	"io"
	"slices"
	"time"

	"github.com/pharos-status/pharos/statuspage"
)

// What the template of the history shows besides the page.
type history struct {
	Month        string
	Newer, Older *monthLink
	Months       []monthLink
	Notices      []notice
	Incidents    []eventDay
	Maintenances []event
	Corrections  []correction
	Services     []historyService
	None         string
}

type monthLink struct {
	Label, Href string
	Current     bool
}

type historyService struct {
	Label, Href, Uptime string
	Bars, Table         template.HTML
}

type correction struct {
	When       template.HTML
	Class      string
	Status     string
	Reason     string
	Components []component
}

// monthOf returns the first day of the month (UTC) of a time.
func monthOf(t time.Time) time.Time {
	t = t.UTC()
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
}

// Months returns the first days of the months (UTC) that have a history, newest
// first. The month of the page is always among them.
func Months(p statuspage.Page) []time.Time {
	p = withToday(p)
	set := map[time.Time]bool{monthOf(p.Today): true}
	oldest := p.Today
	for i := range p.Services {
		if n := len(p.Services[i].Days); n > 0 {
			oldest = earlier(oldest, p.Today.AddDate(0, 0, 1-n))
		}
	}
	for m := monthOf(oldest); !m.After(p.Today); m = m.AddDate(0, 1, 0) {
		set[m] = true
	}
	for i := range p.Incidents {
		set[monthOf(p.Incidents[i].Started)] = true
	}
	for i := range p.Occurrences {
		if o := &p.Occurrences[i]; o.Phase != statuspage.Scheduled {
			set[monthOf(o.Start)] = true
		}
	}
	for _, a := range p.Announcements {
		set[monthOf(a.Time)] = true
	}
	all := make([]time.Time, 0, len(set))
	for m := range set {
		if !m.After(p.Today) {
			all = append(all, m)
		}
	}
	slices.SortFunc(all, func(a, b time.Time) int { return b.Compare(a) })
	return all
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// History writes what happened in the month that begins at month (UTC), the newest
// if that is zero. Without anything to show in that month it fails with [ErrNotThere].
func History(w io.Writer, p statuspage.Page, month time.Time, o Options) error {
	d := newDocument(p, o)
	months := Months(p)
	if month.IsZero() {
		month = months[0]
	}
	at := slices.IndexFunc(months, month.Equal)
	if at < 0 {
		return ErrNotThere
	}
	end := month.AddDate(0, 1, 0)
	body := history{Month: d.w.Month(month), None: d.T("history.none")}
	for i, m := range months {
		link := monthLink{d.w.Month(m), d.Link(MonthPath(m)), i == at}
		body.Months = append(body.Months, link)
		switch i {
		case at - 1:
			body.Newer = &link
		case at + 1:
			body.Older = &link
		}
	}
	body.Notices = d.notices(slices.DeleteFunc(slices.Clone(p.Announcements), func(a statuspage.Announcement) bool { return !monthOf(a.Time).Equal(month) }))
	var incidents []*statuspage.Incident
	for i := range d.p.Incidents {
		if in := &d.p.Incidents[i]; monthOf(in.Started).Equal(month) {
			incidents = append(incidents, in)
		}
	}
	body.Incidents = d.byDay(incidents)
	for i := len(d.p.Occurrences) - 1; i >= 0; i-- {
		if oc := &d.p.Occurrences[i]; oc.Phase != statuspage.Scheduled && monthOf(oc.Start).Equal(month) {
			body.Maintenances = append(body.Maintenances, d.occurrence(oc))
		}
	}
	body.Corrections = d.corrections(func(c *statuspage.Correction) bool { return c.From.Before(end) && c.To.After(month) })
	for i := range d.p.Services {
		if s, some := d.month(&d.p.Services[i], month, end); some {
			body.Services = append(body.Services, s)
		}
	}
	d.Title, d.Summary, d.Body = d.T("history.title", body.Month), d.Name()+": "+d.T("history.title", body.Month), body
	return d.execute(w, "history.html")
}

// month returns a service's share of a month, if anything is known of it.
func (d *document) month(s *statuspage.Service, month, end time.Time) (out historyService, some bool) {
	day := func(t time.Time) int { return len(s.Days) - 1 + int(t.Sub(d.p.Today).Hours()/24) }
	from, to := max(0, day(month)), min(len(s.Days), day(end))
	if from >= to {
		return out, false
	}
	days := s.Days[from:to]
	known := d.span(days, d.p.Today.AddDate(0, 0, from-len(s.Days)+1), from-day(month), day(end)-day(month))
	var bars, table markup
	d.bars(&bars, known)
	d.axis(&bars, d.w.ShortDate(month), d.w.ShortDate(end.AddDate(0, 0, -1)))
	d.dayTable(&table, known)
	out = historyService{Label: s.Label, Href: d.Link(ServicePath(s.ID)), Bars: bars.html(), Table: table.html()}
	if ratio, counts := uptimeOf(days, d.p.Weights); counts {
		out.Uptime = d.T("uptime", d.w.Percent(ratio, 2))
	}
	return out, true
}

// uptimeOf weighs the minutes of the days; nothing may count.
func uptimeOf(days []statuspage.Day, weights statuspage.Weights) (ratio float64, counts bool) {
	up, total := 0.0, 0.0
	for i := range days {
		for state, n := range days[i].Minutes {
			up += float64(n) * weights[state].Up
			total += float64(n) * weights[state].Total
		}
	}
	return up / total, total > 0
}

// corrections returns those that are so.
func (d *document) corrections(is func(*statuspage.Correction) bool) []correction {
	var all []correction
	for i := range d.p.Corrections {
		if c := &d.p.Corrections[i]; is(c) {
			all = append(all, correction{
				When: d.Range(c.From, c.To), Class: c.Status.String(), Status: d.w.Status(c.Status), Reason: c.Reason, Components: d.components(c.Components),
			})
		}
	}
	return all
}

// touches tells whether one of the components is the service or in it.
func touches(refs []statuspage.Ref, service string) bool {
	return slices.ContainsFunc(refs, func(r statuspage.Ref) bool { return r.Service == service })
}
