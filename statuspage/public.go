// SPDX-License-Identifier: Apache-2.0

package statuspage

import (
	"cmp"
	"slices"
)

// addEvents adds what people told that touches the page. What is not for the public
// stays behind: drafts, what opened an incident, and components that the page does
// not show.
func (p *Page) addEvents(in Input, shown selection) {
	for _, i := range in.Incidents {
		components, touched := shown.refs(i.Components)
		if i.Draft || !touched {
			continue
		}
		i.Title, i.Components, i.Alert, i.Updates = Line(i.Title), components, "", plainUpdates(i.Updates)
		p.Incidents = append(p.Incidents, i)
	}
	for _, m := range in.Maintenances {
		components, touched := shown.refs(m.Components)
		if !touched {
			continue
		}
		m.Title, m.Text = Line(m.Title), Lines(m.Text)
		m.Components, m.Updates, m.Cuts = components, plainUpdates(m.Updates), slices.Clone(m.Cuts)
		p.Maintenances = append(p.Maintenances, m)
	}
	for _, c := range in.Corrections {
		if c.Components, _ = shown.refs(c.Components); len(c.Components) > 0 {
			c.Reason = Line(c.Reason)
			p.Corrections = append(p.Corrections, c)
		}
	}
	slices.SortFunc(p.Incidents, func(a, b Incident) int {
		return cmp.Or(b.Started.Compare(a.Started), cmp.Compare(b.ID, a.ID))
	})
	slices.SortFunc(p.Maintenances, func(a, b Maintenance) int {
		return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.ID, b.ID))
	})
	slices.SortFunc(p.Corrections, func(a, b Correction) int {
		return cmp.Or(b.From.Compare(a.From), cmp.Compare(b.ID, a.ID))
	})
	p.Occurrences = occurrences(p.Maintenances, in.Now)
}

func plainUpdates(all []Update) []Update {
	out := slices.Clone(all)
	for i := range out {
		out[i].Text = Lines(out[i].Text)
	}
	return out
}

func newestFirst(all []Announcement) []Announcement {
	out := slices.Clone(all)
	for i := range out {
		out[i].Title, out[i].Text = Line(out[i].Title), Lines(out[i].Text)
	}
	slices.SortStableFunc(out, func(a, b Announcement) int {
		return cmp.Or(b.Time.Compare(a.Time), cmp.Compare(b.ID, a.ID))
	})
	return out
}
