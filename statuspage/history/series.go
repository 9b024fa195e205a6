// SPDX-License-Identifier: Apache-2.0

package history

import (
	"maps"
	"time"

	"github.com/pharos-status/pharos/statuspage"
)

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

// missing returns what is known of a day, which lies so many days back, of which
// nothing came in.
func missing[K comparable](known map[K][]statuspage.Minutes, in map[K]map[time.Time]statuspage.Minutes, day time.Time, back int) map[K]map[time.Time]statuspage.Minutes {
	out := map[K]map[time.Time]statuspage.Minutes{}
	for id, series := range known {
		i := len(series) - 1 - back
		if _, said := in[id][day]; said || i < 0 || series[i].Observed() == 0 {
			continue
		}
		out[id] = map[time.Time]statuspage.Minutes{day: series[i]}
	}
	return out
}
