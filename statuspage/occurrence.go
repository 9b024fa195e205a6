// SPDX-License-Identifier: Apache-2.0

package statuspage

import (
	"cmp"
	"slices"
	"time"
)

// Bounds of the occurrences of a page.
const (
	occurrenceSpan = 90 * 24 * time.Hour // before now, and after now
	maxOccurrences = 500
	maxRecurring   = 24 * 181 // of one maintenance, which recurs hourly at the most
)

// PhaseAt returns how far an occurrence of the maintenance is: what people said of it
// while it took place, else what the clock says. After its end it is completed.
func (m *Maintenance) PhaseAt(occurrence Cut, now time.Time) Phase {
	switch {
	case now.Before(occurrence.Start):
		return Scheduled
	case !now.Before(occurrence.End):
		return Completed
	}
	phase := InProgress
	for _, u := range m.Updates {
		within := !u.Time.Before(occurrence.Start) && !u.Time.After(now)
		if said := u.Phase; within && (said == InProgress || said == Verifying || said == Completed) {
			phase = said
		}
	}
	return phase
}

// occurrences returns when the maintenances take place around now, by Start. Where
// there are too many, those that are nearest to now are kept, upcoming ones first.
func occurrences(all []Maintenance, now time.Time) []Occurrence {
	var past, ahead []Occurrence
	for i := range all {
		m := &all[i]
		for _, c := range m.Between(now.Add(-occurrenceSpan), now.Add(occurrenceSpan), maxRecurring) {
			o := Occurrence{Maintenance: m, Start: c.Start, End: c.End, Phase: m.PhaseAt(c, now)}
			if c.End.After(now) {
				ahead = append(ahead, o)
			} else {
				past = append(past, o)
			}
		}
	}
	past, ahead = byStart(past), byStart(ahead)
	ahead = ahead[:min(len(ahead), max(maxOccurrences/2, maxOccurrences-len(past)))]
	past = past[max(0, len(past)+len(ahead)-maxOccurrences):]
	return slices.Concat(past, ahead)
}

func byStart(all []Occurrence) []Occurrence {
	slices.SortFunc(all, func(a, b Occurrence) int {
		return cmp.Or(a.Start.Compare(b.Start), a.End.Compare(b.End), cmp.Compare(a.Maintenance.ID, b.Maintenance.ID))
	})
	return all
}

// active returns what is in maintenance.
func active(all []Occurrence) []Ref {
	var refs []Ref
	for _, o := range all {
		if o.Phase == InProgress || o.Phase == Verifying {
			refs = append(refs, o.Maintenance.Components...)
		}
	}
	return refs
}
