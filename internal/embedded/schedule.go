// SPDX-License-Identifier: Apache-2.0

package embedded

import (
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

// choose returns the turns that the trigger causes, and plans the next ones.
//
// A group with an interval of its own is evaluated as of its slot, however late
// the process wakes up: sums whose windows are as long as the interval neither
// overlap nor leave a gap. Nobody else writes its series, so they stay in order.
func (d *driver) choose(now, at time.Time, why trigger) []turn {
	var chosen []turn
	for _, e := range d.entries {
		onTime := !now.Before(e.next)
		switch {
		case onTime && d.slotted(e):
			chosen = append(chosen, turn{entry: e, at: e.slot(now)})
		case onTime:
			chosen = append(chosen, turn{entry: e, at: at})
		case why != tick && !d.slotted(e):
			chosen = append(chosen, turn{entry: e, at: at, sparsely: why == event})
		}
		if onTime {
			e.next = e.slot(now).Add(e.group.Interval())
		}
	}
	return chosen
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
