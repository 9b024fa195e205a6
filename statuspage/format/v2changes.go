// SPDX-License-Identifier: Apache-2.0

package format

import (
	"slices"
	"time"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

// changes are when people last changed what the page says of a component, by what they
// named: an incident of it began, was told anew or was resolved, maintenance of it began
// or ended.
type changes map[statuspage.Ref]time.Time

func changesOf(p statuspage.Page) changes {
	all := changes{}
	note := func(refs []statuspage.Ref, at time.Time) {
		for _, r := range refs {
			if !at.After(p.Built) {
				all[r] = later(all[r], at)
			}
		}
	}
	for i := range p.Incidents {
		in := &p.Incidents[i]
		if note(in.Components, in.Resolved); in.Open() {
			note(in.Components, in.Updated)
		}
	}
	for _, o := range p.Occurrences {
		note(o.Maintenance.Components, o.Start)
		note(o.Maintenance.Components, o.End)
	}
	return all
}

// of returns the newest change of a component that is known, of one that has been so
// since then. Of what is healthy again it is not known when, but on which day, at the
// earliest.
func (c changes) of(ref statuspage.Ref, since time.Time, days []statuspage.Day, today time.Time) time.Time {
	newest := later(since, later(c[ref], c[statuspage.Ref{Service: ref.Service}]))
	for i, day := range slices.Backward(days) {
		if m := day.Minutes; m.Observed() > int(m[status.Healthy]) {
			return later(newest, today.AddDate(0, 0, i+1-len(days)))
		}
	}
	return newest
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
