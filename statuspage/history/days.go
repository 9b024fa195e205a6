// SPDX-License-Identifier: Apache-2.0

package history

import (
	"context"
	"maps"
	"time"

	"github.com/pharos-status/pharos/statuspage"
)

const (
	dayLength = 24 * time.Hour
	firstDays = 90               // that are asked for first, today among them
	maxDays   = 10 * 366         // that are remembered
	finalFrom = 65 * time.Minute // after the end of a day its sums are all recorded
)

// daysState is how far the reading of days is.
type daysState struct {
	reading bool      // a question is under way
	asked   time.Time // when it was answered last
	next    time.Time // when to ask again
	done    time.Time // the first day that this source was not asked for when it was final
	settled time.Time // the first day that is not final in the history; zero if nothing was read yet
	older   time.Time // the last of the days before those that were asked for; zero if nothing is left to ask
	unsaved statuspage.Intervals
}

func (d *daysState) forget() { d.done, d.next, d.older = time.Time{}, time.Time{}, time.Time{} }

// final tells whether a day is over and summed.
func final(day, now time.Time) bool { return !now.Before(day.Add(dayLength + finalFrom)) }

// readDays asks for the days that are not known for good, if that is due.
func (k *Keeper) readDays(ctx context.Context, source statuspage.Source, now time.Time) (changed bool) {
	first, today, due := k.daysDue(now)
	if !due {
		return false
	}
	days, err := source.Days(ctx, first, today)

	k.mu.Lock()
	defer k.mu.Unlock()
	k.days.reading = false
	if !same(source, k.source) {
		return false // what it said is of no use any more
	}
	if err != nil {
		k.days.next = now.Add(again)
		k.failed("days", err)
		return false
	}
	k.worked("days")
	begins := k.days.done.IsZero()
	k.takeLocked(days, now)
	k.days.asked, k.days.next = now, now.Add(pace)
	if k.days.done = today; !final(today.Add(-dayLength), now) {
		k.days.done = today.Add(-dayLength)
	}
	k.days.settled = k.days.done
	if begins {
		k.days.older = first.Add(-dayLength)
	}
	return true
}

// daysDue tells whether days are to be asked for, and which. If so, nobody else is
// told so until readDays has ended.
func (k *Keeper) daysDue(now time.Time) (first, today time.Time, due bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	today = k.history.Today
	newDay := k.days.asked.Before(today) && !k.days.asked.IsZero() && k.days.next.Sub(now) > again
	if k.days.reading || now.Before(k.days.next) && !newDay {
		return time.Time{}, time.Time{}, false
	}
	k.days.reading = true
	first = today.AddDate(0, 0, 1-firstDays)
	if k.days.done.After(first) {
		first = k.days.done
	}
	return first, today, true
}

// readOlder asks for the days before those that are known, 90 at a time, until there
// are none.
func (k *Keeper) readOlder(ctx context.Context, source statuspage.Source, now time.Time) (changed bool) {
	k.mu.Lock()
	last, today := k.days.older, k.history.Today
	k.mu.Unlock()
	if last.IsZero() {
		return false
	}
	first := last.AddDate(0, 0, 1-firstDays)
	days, err := source.Days(ctx, first, last)

	k.mu.Lock()
	defer k.mu.Unlock()
	if !same(source, k.source) {
		return false
	}
	if err != nil {
		k.failed("older days", err)
		return false
	}
	k.worked("older days")
	k.takeLocked(days, now)
	k.days.older = first.AddDate(0, 0, -1)
	some := len(days.Nodes)+len(days.Services) > 0
	if !some || today.Sub(first) > maxDays*dayLength {
		k.days.older = time.Time{}
	}
	return some
}

// takeLocked takes over what the source said, and remembers what is to be saved of it.
func (k *Keeper) takeLocked(days statuspage.Days, now time.Time) {
	h := k.history
	var news statuspage.Intervals
	at := moment{today: h.Today, now: now, settled: k.days.settled}
	h.Nodes, news.Nodes = merged(h.Nodes, days.Nodes, at)
	h.Services, news.Services = merged(h.Services, days.Services, at)
	h.Weights = days.Weights
	k.history = h
	k.days.unsaved.Nodes = joined(k.days.unsaved.Nodes, news.Nodes)
	k.days.unsaved.Services = joined(k.days.unsaved.Services, news.Services)
}

// begun returns the history with the days up to today.
func begun(h statuspage.History, today time.Time) statuspage.History {
	if h.Today.IsZero() {
		h.Today = today
	}
	if missing := int(today.Sub(h.Today) / dayLength); missing > 0 {
		h.Today, h.Nodes, h.Services = today, extended(h.Nodes, missing), extended(h.Services, missing)
	}
	return h
}

func extended[K comparable](all map[K][]statuspage.Minutes, days int) map[K][]statuspage.Minutes {
	out := make(map[K][]statuspage.Minutes, len(all))
	for id, series := range all {
		longer := make([]statuspage.Minutes, len(series)+days)
		copy(longer, series)
		out[id] = longer[max(0, len(longer)-maxDays):]
	}
	return out
}

// A moment is when something comes into the history.
type moment struct{ today, now, settled time.Time }

// fresh tells whether a day that was not final in the history is so now.
func (m moment) fresh(day time.Time) bool { return !m.settled.IsZero() && !day.Before(m.settled) }

// merged returns all that is known with what came in, and which finished days of that
// were not known for good. Of a finished day counts who saw more of it: Prometheus may
// have forgotten, or may have made up for what it had missed.
func merged[K comparable](known map[K][]statuspage.Minutes, in map[K]map[time.Time]statuspage.Minutes, at moment) (
	all map[K][]statuspage.Minutes, news map[K]map[time.Time]statuspage.Minutes,
) {
	all, news = maps.Clone(known), map[K]map[time.Time]statuspage.Minutes{}
	if all == nil {
		all = make(map[K][]statuspage.Minutes, len(in))
	}
	for id, days := range in {
		series := room(known[id], days, at.today)
		for day, minutes := range days {
			i := len(series) - 1 - age(day, at.today)
			if i < 0 || i >= len(series) {
				continue
			}
			if final(day, at.now) {
				nothingNew := minutes == series[i] || minutes.Observed() < series[i].Observed()
				if nothingNew && !at.fresh(day) {
					continue
				}
				if news[id] == nil {
					news[id] = map[time.Time]statuspage.Minutes{}
				}
				news[id][day] = minutes
			}
			series[i] = minutes
		}
		all[id] = series
	}
	return all, news
}

// age returns how many days a day lies before today.
func age(day, today time.Time) int { return int(today.Sub(day) / dayLength) }

// room returns a copy of the series that begins with the first of the days.
func room(series []statuspage.Minutes, days map[time.Time]statuspage.Minutes, today time.Time) []statuspage.Minutes {
	length := max(len(series), 1)
	for day := range days {
		if n := age(day, today) + 1; n <= maxDays {
			length = max(length, n)
		}
	}
	out := make([]statuspage.Minutes, length)
	copy(out[length-len(series):], series)
	return out
}

// joined adds days to those that wait.
func joined[K comparable](waiting, more map[K]map[time.Time]statuspage.Minutes) map[K]map[time.Time]statuspage.Minutes {
	if len(waiting) == 0 {
		return more
	}
	for id, days := range more {
		if waiting[id] == nil {
			waiting[id] = days
			continue
		}
		maps.Copy(waiting[id], days)
	}
	return waiting
}
