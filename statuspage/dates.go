// SPDX-License-Identifier: Apache-2.0

package statuspage

import (
	"time"

	"github.com/teambition/rrule-go"
)

// starts returns an iterator over the beginnings, of which all are told that are
// after from and before to, and maybe some before that.
func (m *Maintenance) starts(from, to time.Time) (rrule.Next, error) {
	if m.RRule == "" {
		once := []time.Time{m.Start}
		return func() (time.Time, bool) {
			if len(once) == 0 {
				return time.Time{}, false
			}
			once = nil
			return m.Start, true
		}, nil
	}
	o, err := parseRRule(m.RRule, m.Start, m.TimeZone)
	if err != nil {
		return nil, err
	}
	if o = forward(o, from); o.Count < 0 {
		return func() (none time.Time, ok bool) { return none, false }, nil
	}
	return dates(o, to)
}

// dates iterates over the dates of a rule up to the time, in order, each once: where
// clocks are put forward, two wall clock times are one.
func dates(o rrule.ROption, to time.Time) (rrule.Next, error) {
	if o.Until.IsZero() || o.Until.After(to) {
		o.Until = to
	}
	r, err := rrule.NewRRule(o)
	if err != nil {
		return nil, err
	}
	next, last := r.Iterator(), time.Time{}
	return func() (time.Time, bool) {
		for {
			date, ok := next()
			if !ok || date.After(last) {
				last = date
				return date, ok
			}
		}
	}, nil
}

// forward returns a rule with a later beginning that yields the same dates from the
// time on, so that what began long ago is not counted through. A negative Count says
// that none are left.
func forward(o rrule.ROption, from time.Time) rrule.ROption {
	period := recursAfter(o)
	if period == 0 {
		return o
	}
	days := int(from.Sub(o.Dtstart).Hours()/24) - 1
	for n := days/period - 1; n > 0; n-- {
		later := o.Dtstart.AddDate(0, 0, n*period)
		if !sameClock(later, o.Dtstart) {
			continue // where clocks are put forward, it would get another time of day
		}
		if o.Count > 0 {
			if o.Count -= n * datesWithin(o, period); o.Count <= 0 {
				o.Count = -1
			}
		}
		o.Dtstart = later
		break
	}
	return o
}

// recursAfter returns the number of days after which the wall clock times of the rule
// recur, and with COUNT also how many they are; 0 if it can't be told.
func recursAfter(o rrule.ROption) int {
	period := max(o.Interval, 1)
	switch {
	case o.Freq == rrule.WEEKLY:
		period *= 7
	case o.Freq != rrule.DAILY && o.Freq != rrule.HOURLY:
		return 0
	case o.Count > 0 && len(o.Byweekday) > 0 && period%7 != 0:
		period *= 7
	}
	if o.Count > 0 && len(o.Bymonth)+len(o.Bymonthday)+len(o.Byyearday) > 0 {
		return 0
	}
	return period
}

// datesWithin counts the dates of the rule within so many days from its beginning on:
// in UTC, which has all wall clock times once, as a COUNT has them.
func datesWithin(o rrule.ROption, days int) (count int) {
	begin := o.Dtstart
	o.Dtstart = time.Date(begin.Year(), begin.Month(), begin.Day(), begin.Hour(), begin.Minute(), begin.Second(), 0, time.UTC)
	o.Count = 0
	o.Until = o.Dtstart.AddDate(0, 0, days).Add(-time.Second)
	r, err := rrule.NewRRule(o)
	if err != nil {
		return 0
	}
	next := r.Iterator()
	for _, ok := next(); ok; _, ok = next() {
		count++
	}
	return count
}

func sameClock(a, b time.Time) bool {
	ah, am, as := a.Clock()
	bh, bm, bs := b.Clock()
	return ah == bh && am == bm && as == bs
}
