// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"slices"
	"time"

	"github.com/prometheus/prometheus/rules"
)

// An entry is a group and when it is due.
type entry struct {
	group   *rules.Group
	next    time.Time
	settled bool // its alerts are as before the restart
}

// A turn is an evaluation of a group.
type turn struct {
	*entry
	at       time.Time // of the samples
	sparsely bool      // only what differs from the last one is written
}

// slot returns the moment at which the group was due the last time, if that is
// how it is evaluated: at whole multiples of its interval.
func (e *entry) slot(now time.Time) time.Time { return now.Truncate(e.group.Interval()) }

// slotted tells whether the group has an interval of its own.
func (d *driver) slotted(e *entry) bool { return e.group.Interval() > d.tick }

// due returns when the next group is to be evaluated.
func (d *driver) due() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	next := time.Now().Add(d.tick)
	for _, e := range d.entries {
		if e.next.Before(next) {
			next = e.next
		}
	}
	return next
}

// ticks tells whether a group without slots is due.
func (d *driver) ticks(now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.ContainsFunc(d.entries, func(e *entry) bool { return !d.slotted(e) && !now.Before(e.next) })
}

// choose returns the turns of groups without slots that the trigger causes, and
// plans the next ones.
func (d *driver) choose(now, at time.Time, why trigger) []turn {
	var chosen []turn
	for _, e := range d.entries {
		onTime := !now.Before(e.next)
		if d.slotted(e) || !onTime && why == tick {
			continue
		}
		chosen = append(chosen, turn{entry: e, at: at, sparsely: !onTime && why == event})
		if onTime {
			e.next = e.slot(now).Add(e.group.Interval())
		}
	}
	return chosen
}

// longestWaiting returns the turn of the group whose slot has waited longest, and
// whether another one waits; nil if none does. It plans the group's next one.
//
// The group is evaluated as of its slot, however late it is: sums whose windows
// are as long as the interval neither overlap nor leave a gap. Nobody else writes
// its series, so they stay in order.
func (d *driver) longestWaiting(now time.Time) (t *turn, more bool) {
	var first *entry
	for _, e := range d.entries {
		if !d.slotted(e) || now.Before(e.next) {
			continue
		}
		more = first != nil
		if first == nil || e.next.Before(first.next) {
			first = e
		}
	}
	if first == nil {
		return nil, false
	}
	t = &turn{entry: first, at: first.slot(now)}
	first.next = t.at.Add(first.group.Interval())
	return t, more
}

// stamp returns the time of the samples that are written now: always later than
// the last, because one of the same time could not replace it. What follows an
// event is stamped with the next millisecond, so that it wins over a scrape that
// began in this one with the old state.
func (d *driver) stamp(now time.Time, even bool) time.Time {
	at := now.Truncate(time.Millisecond).Add(time.Millisecond)
	if slot := now.Truncate(d.tick); even && now.Sub(slot) <= d.tick/50 {
		at = slot // even intervals compress best
	}
	if !at.After(d.last) {
		at = d.last.Add(time.Millisecond)
	}
	d.last = at
	return at
}
