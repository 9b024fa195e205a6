// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"slices"
	"time"

	"github.com/pharos-status/pharos/statuspage"
)

// settle puts the timeline in order and draws from it whether the incident is over,
// and since when, unless that was said by hand. It was over before since wasOver.
func (f *faults) settle(i *statuspage.Incident, wasOver time.Time, field string) {
	sortUpdates(i.Updates)
	over, first := overSince(i.Updates)
	switch {
	case over.IsZero():
		i.Resolved = time.Time{}
	case first == statuspage.Postmortem:
		f.add(field, "is postmortem, though the incident is not resolved; add an update with the phase resolved first")
	case i.Resolved.IsZero() || i.Resolved.Equal(wasOver):
		i.Resolved = over
	}
}

// overSince returns the time and the phase of the update since which all say that the
// incident is over.
func overSince(updates []statuspage.Update) (since time.Time, phase statuspage.Phase) {
	for _, u := range slices.Backward(updates) {
		if u.Phase != statuspage.Resolved && u.Phase != statuspage.Postmortem {
			break
		}
		since, phase = u.Time, u.Phase
	}
	return since, phase
}

// order checks that an incident begins before all else of it. The field is the one
// that was given.
func (f *faults) order(i statuspage.Incident, field string) {
	switch {
	case f.has("started", "resolved", "time"):
	case !i.Resolved.IsZero() && i.Resolved.Before(i.Started):
		f.add("resolved", "is %s, before the incident started at %s", stamp(i.Resolved), stamp(i.Started))
	case len(i.Updates) == 0 || !i.Updates[0].Time.Before(i.Started):
	case field == "started":
		f.add(field, "is %s, after the first update at %s; an incident starts before", stamp(i.Started), stamp(i.Updates[0].Time))
	default:
		f.add(field, "is %s, before the incident started at %s; change started first", stamp(i.Updates[0].Time), stamp(i.Started))
	}
}

func sortUpdates(updates []statuspage.Update) {
	slices.SortStableFunc(updates, func(a, b statuspage.Update) int { return a.Time.Compare(b.Time) })
}

// phaseAt returns the phase that held at a time.
func phaseAt(updates []statuspage.Update, t time.Time, first statuspage.Phase) statuspage.Phase {
	for _, u := range updates {
		if u.Time.After(t) {
			break
		}
		first = u.Phase
	}
	return first
}

func indexOf(updates []statuspage.Update, id string) int {
	return slices.IndexFunc(updates, func(u statuspage.Update) bool { return u.ID == id })
}
