// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pharos-status/pharos/statuspage"
)

const (
	day = 24 * time.Hour

	maxAhead      = 2 * 365 * day // until maintenance begins
	maxBack       = 365 * day     // since maintenance began that is entered now
	maxOccurrence = 30 * day
	maxRule       = 500  // characters
	maxZone       = 64   // bytes
	maxCuts       = 1000 // the oldest are forgotten

	// horizon is how far ahead occurrences are looked for: a rule may recur on 29 February.
	horizon = 9 * 365 * day
	// looked is how many occurrences are looked at for whether they overlap.
	looked = 100
)

// schedule takes over when it takes place.
func (f *faults) schedule(m *statuspage.Maintenance, in MaintenanceInput) {
	m.Start = moment(or(in.Start, m.Start))
	m.End = moment(or(in.End, m.End))
	if in.RRule != nil {
		rule := strings.ToUpper(strings.TrimSpace(*in.RRule))
		m.RRule = strings.TrimPrefix(rule, "RRULE:")
	}
	if in.TimeZone != nil {
		m.TimeZone = f.zone(*in.TimeZone)
	}
}

func (f *faults) zone(name string) string {
	if name == "" {
		return time.UTC.String()
	}
	if _, err := time.LoadLocation(name); err != nil || name == "Local" || len(name) > maxZone {
		f.add("time_zone", "is %s; give the name of a time zone such as Europe/Paris", quote(name))
	}
	return name
}

// times checks when it takes place.
func (f *faults) times(m statuspage.Maintenance, now time.Time) {
	switch length := m.End.Sub(m.Start); {
	case m.Start.After(now.Add(maxAhead)):
		f.add("start", "is %s, more than 2 years ahead", stamp(m.Start))
	case m.Start.Before(now.Add(-maxBack)):
		f.add("start", "is %s, more than a year ago", stamp(m.Start))
	case length <= 0:
		f.add("end", "is %s, not after start at %s", stamp(m.End), stamp(m.Start))
	case length > maxOccurrence:
		f.add("end", "is %s, more than 30 days after start; plan several", stamp(m.End))
	case m.RRule == "" && !m.End.After(now):
		f.add("end", "is %s, and it is %s now; what was measured in the past is set right by a correction", stamp(m.End), stamp(now))
	case m.RRule != "":
		f.recurrence(m, now)
	}
}

func (f *faults) recurrence(m statuspage.Maintenance, now time.Time) {
	if f.characters("rrule", m.RRule, maxRule, ""); f.has("rrule", "time_zone") {
		return
	}
	if err := statuspage.CheckRRule(m.RRule, m.Start, m.TimeZone); err != nil {
		why := strings.TrimPrefix(err.Error(), fmt.Sprintf("%v %q: ", statuspage.ErrRRule, m.RRule))
		f.add("rrule", "is %s, which can't be: %s", quote(m.RRule), why)
		return
	}
	m.Cuts = nil
	if len(ahead(m, now, 1)) == 0 {
		f.add("rrule", "is %s, by which it takes place never again", quote(m.RRule))
		return
	}
	all := m.Between(m.Start, m.Start.Add(horizon), looked)
	for i := range all[:max(0, len(all)-1)] {
		if next := all[i+1]; next.Start.Before(all[i].End) {
			f.add("end", "is later than the next occurrence begins, at %s; shorten it", stamp(next.Start))
			return
		}
	}
}

func sameTimes(a, b statuspage.Maintenance) bool {
	return a.Start.Equal(b.Start) && a.End.Equal(b.End) && a.RRule == b.RRule && a.TimeZone == b.TimeZone
}

// movable says why the times can't become others.
func movable(was, m statuspage.Maintenance, now time.Time) error {
	_, underWay := running(was, now)
	switch {
	case was.Cancelled:
		return conflict("the maintenance is cancelled; plan another")
	case !begun(was, now):
		return nil
	case was.RRule != "" || m.RRule != "" || !was.Start.Equal(m.Start):
		return conflict("the maintenance has taken place already, and what has been does not change; cancel it, and plan another")
	case !underWay:
		return conflict("the maintenance is over; plan another")
	}
	return nil
}

// beginsAt tells whether an occurrence begins then.
func beginsAt(m statuspage.Maintenance, start time.Time) bool {
	return slices.ContainsFunc(m.Between(start, start.Add(time.Millisecond), 2), func(c statuspage.Cut) bool { return c.Start.Equal(start) })
}

// nextDates names dates at which it begins.
func nextDates(m statuspage.Maintenance, now time.Time) string {
	var dates []string
	for _, c := range ahead(m, now, 3) {
		dates = append(dates, stamp(c.Start))
	}
	if dates == nil {
		return "no occurrence is to come"
	}
	return "the next occurrences begin at " + strings.Join(dates, ", ")
}

// cut enters an exception, in the place of one that is there.
func cut(m *statuspage.Maintenance, c statuspage.Cut) {
	m.Cuts = slices.DeleteFunc(m.Cuts, func(x statuspage.Cut) bool { return x.Start.Equal(c.Start) })
	m.Cuts = append(m.Cuts, c)
	slices.SortFunc(m.Cuts, func(a, b statuspage.Cut) int { return a.Start.Compare(b.Start) })
	m.Cuts = slices.Delete(m.Cuts, 0, max(0, len(m.Cuts)-maxCuts))
	m.Sequence++
}

// stillCuts returns the exceptions to what takes place by the times of now.
func stillCuts(m statuspage.Maintenance) []statuspage.Cut {
	all := m.Cuts
	m.Cuts = nil
	return slices.DeleteFunc(all, func(c statuspage.Cut) bool { return !beginsAt(m, c.Start) })
}

// phaseNow returns the phase of an update that names none.
func phaseNow(m statuspage.Maintenance, now time.Time) statuspage.Phase {
	run, underWay := running(m, now)
	switch {
	case underWay:
		said := slices.DeleteFunc(slices.Clone(m.Updates), func(u statuspage.Update) bool {
			return u.Time.Before(run.Start) || u.Phase == statuspage.Scheduled
		})
		return phaseAt(said, now, statuspage.InProgress)
	case len(ahead(m, now, 1)) > 0:
		return statuspage.Scheduled
	default:
		return statuspage.Completed
	}
}

// fits checks that an update says what can be. One that follows the end may say how
// it went.
func (f *faults) fits(m statuspage.Maintenance, u statuspage.Update, now time.Time) {
	run, underWay := running(m, now)
	switch {
	case underWay && u.Phase == statuspage.Scheduled:
		f.add("phase", "is scheduled, but the maintenance is under way; give in_progress, verifying or completed")
	case underWay && u.Time.Before(run.Start):
		f.add("time", "is %s, before the maintenance began at %s", stamp(u.Time), stamp(run.Start))
	case underWay || u.Phase == statuspage.Scheduled || u.Phase == statuspage.Completed && begun(m, now):
	case f.all == nil:
		f.add("phase", "is %s, but the maintenance is not under way; %s", quote(string(u.Phase)), nextDates(m, now))
	}
}
