// SPDX-License-Identifier: Apache-2.0

package statuspage

import (
	"errors"
	"fmt"
	"time"

	"github.com/teambition/rrule-go"
)

// ErrRRule is wrapped by the errors of a recurrence rule that can't be used.
var ErrRRule = errors.New("recurrence rule")

// CheckRRule tells what is wrong with a rule that begins at start, or that would
// make a calendar unreadable: it recurs more often than hourly, or never; or start is
// none of its dates, which calendars would each take in a way of their own. An empty
// rule is right.
func CheckRRule(rule string, start time.Time, zone string) error {
	if rule == "" {
		return nil
	}
	o, err := parseRRule(rule, start, zone)
	if err != nil {
		return fmt.Errorf("%w %q: %w", ErrRRule, rule, err)
	}
	if err := checkDates(o); err != nil {
		return fmt.Errorf("%w %q: %w", ErrRRule, rule, err)
	}
	return nil
}

var errNever = errors.New("it never takes place; change it or remove it")

// checkDates looks at the first dates.
func checkDates(o rrule.ROption) error {
	if !someDay(o) {
		return errNever
	}
	next, err := dates(o, o.Dtstart.Add(farAhead))
	if err != nil {
		return err
	}
	first, ok := next()
	if !ok {
		return errNever
	}
	if !first.Equal(o.Dtstart) {
		return fmt.Errorf("it does not take place at its beginning, but first at %s; begin then, or change the rule", first.Format("2006-01-02 15:04 MST"))
	}
	for last := first; ; {
		date, ok := next()
		if !ok {
			return nil
		}
		if date.Sub(last) < time.Hour {
			return errors.New("it takes place more often than hourly")
		}
		if last = date; last.Sub(first) > lookedAt {
			return nil
		}
	}
}

// Between returns when the maintenance takes place between from and to, at most
// limit times: the earliest ones that end after from and begin before to, with their
// cuts. A maintenance that was called off does not take place, nor one whose rule
// [CheckRRule] refuses.
func (m *Maintenance) Between(from, to time.Time, limit int) []Cut {
	takes := m.End.Sub(m.Start)
	if m.Cancelled || takes <= 0 || limit <= 0 || !from.Before(to) {
		return nil
	}
	next, err := m.starts(from.Add(-takes), to)
	if err != nil {
		return nil
	}
	var out []Cut
	for len(out) < limit {
		start, ok := next()
		if !ok || !start.Before(to) {
			break
		}
		c := m.cut(Cut{start.UTC(), start.Add(takes).UTC()})
		if c.End.After(c.Start) && c.End.After(from) {
			out = append(out, c)
		}
	}
	return out
}

// cut applies the cut of an occurrence, if there is one.
func (m *Maintenance) cut(c Cut) Cut {
	for _, cut := range m.Cuts {
		if cut.Start.Equal(c.Start) && cut.End.Before(c.End) {
			return Cut{c.Start, cut.End.UTC()}
		}
	}
	return c
}
