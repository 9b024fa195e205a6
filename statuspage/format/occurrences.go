// SPDX-License-Identifier: Apache-2.0

package format

import (
	"slices"

	"github.com/pharos-status/pharos/statuspage"
)

// occurrences returns the occurrences of the page by their start, and besides them
// what is planned once and farther ahead than these reach.
func occurrences(p statuspage.Page) []statuspage.Occurrence {
	all := slices.Clone(p.Occurrences)
	known := map[string]bool{}
	for _, occ := range all {
		known[occ.Maintenance.ID] = true
	}
	for i := range p.Maintenances {
		m := &p.Maintenances[i]
		if m.RRule == "" && !m.Cancelled && len(m.Cuts) == 0 && !known[m.ID] && m.Start.After(p.Built) {
			all = append(all, statuspage.Occurrence{Maintenance: m, Start: m.Start, End: m.End, Phase: statuspage.Scheduled})
		}
	}
	slices.SortStableFunc(all, func(a, b statuspage.Occurrence) int { return a.Start.Compare(b.Start) })
	return all
}

// Occurrences returns the chosen times at which maintenance takes place. They share
// memory with the page.
func Occurrences(p statuspage.Page, which Which) []statuspage.Occurrence {
	var out []statuspage.Occurrence
	next := map[string]bool{} // maintenance of which an upcoming occurrence was seen
	for _, occ := range occurrences(p) {
		upcoming := occ.Phase == statuspage.Scheduled
		active := occ.Phase == statuspage.InProgress || occ.Phase == statuspage.Verifying
		if upcoming {
			if next[occ.Maintenance.ID] {
				continue
			}
			next[occ.Maintenance.ID] = true
		}
		if which == All || which == NotOver && (active || upcoming) || which == Upcoming && upcoming || which == Active && active {
			out = append(out, occ)
		}
	}
	if which == All {
		slices.Reverse(out)
		out = out[:min(len(out), maxListed)]
	}
	return out
}

// occurrenceID returns an ID of the occurrence, which stays the same while its start
// does: that of the maintenance, and its start where it recurs.
func occurrenceID(occ statuspage.Occurrence) string {
	if occ.Maintenance.RRule == "" {
		return occ.Maintenance.ID
	}
	return occ.Maintenance.ID + "-" + occ.Start.UTC().Format("20060102t1504z")
}
