// SPDX-License-Identifier: Apache-2.0

package statuspage

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/pharos-status/pharos/internal/status"
)

const (
	dayLength    = 24 * time.Hour
	minutesOfDay = 24 * 60
	uptimeDays   = 90 // over which uptime is taken
)

// A pastBuilder turns the history into the days of components, with corrections.
type pastBuilder struct {
	history     History
	today       time.Time
	corrections []Correction // those of which it is known what was measured, oldest first
}

func newPastBuilder(in Input) pastBuilder {
	b := pastBuilder{history: in.History, today: in.History.Today}
	if b.today.IsZero() {
		b.today = in.Now.UTC().Truncate(dayLength)
	}
	if b.history.Weights == (Weights{}) {
		b.history.Weights = DefaultWeights()
	}
	for _, c := range in.Corrections {
		if _, known := in.History.Spent[c.ID]; known {
			b.corrections = append(b.corrections, c)
		}
	}
	slices.SortFunc(b.corrections, func(x, y Correction) int {
		return cmp.Or(x.Created.Compare(y.Created), cmp.Compare(x.ID, y.ID))
	})
	return b
}

func (b *pastBuilder) node(id status.NodeID) Past {
	days := newDays(b.history.Nodes[id])
	for _, c := range b.corrections {
		if slices.ContainsFunc(c.Components, func(r Ref) bool { return r.Covers(id) }) {
			b.correct(days, c, b.history.Spent[c.ID].Nodes[id])
		}
	}
	return b.result(days)
}

// service corrects a service by the corrections that name it, or all of its nodes.
// Of one that names some of them it can't be told what the service was in truth.
func (b *pastBuilder) service(l ServiceLayout) Past {
	days := newDays(b.history.Services[l.ID])
	for _, c := range b.corrections {
		covered := len(l.Nodes) > 0
		for _, n := range l.Nodes {
			id := status.NodeID{Service: l.ID, Node: n.ID}
			covered = covered && slices.ContainsFunc(c.Components, func(r Ref) bool { return r.Covers(id) })
		}
		if covered {
			b.correct(days, c, b.history.Spent[c.ID].Services[l.ID])
		}
	}
	return b.result(days)
}

func newDays(minutes []Minutes) []Day {
	if len(minutes) == 0 {
		return nil
	}
	days := make([]Day, len(minutes))
	for i, m := range minutes {
		days[i].Minutes = m
	}
	return days
}

func (b *pastBuilder) result(days []Day) Past {
	var up, total float64
	for _, d := range days[max(0, len(days)-uptimeDays):] {
		u, t := b.history.Weights.Count(d.Minutes)
		up, total = up+u, total+t
	}
	if total == 0 {
		return Past{Days: days}
	}
	uptime := up / total
	return Past{Days: days, Uptime: &uptime}
}

// correct puts the status of the correction in the place of what was measured within
// it.
func (b *pastBuilder) correct(days []Day, c Correction, measured map[time.Time]Minutes) {
	for at := c.From.UTC().Truncate(dayLength); at.Before(c.To); at = at.Add(dayLength) {
		i := len(days) - 1 - int(b.today.Sub(at)/dayLength)
		if i < 0 || i >= len(days) {
			continue
		}
		from, to := c.From, c.To
		if from.Before(at) {
			from = at
		}
		if end := at.Add(dayLength); to.After(end) {
			to = end
		}
		minutes := uint16(math.Round(to.Sub(from).Minutes()))
		days[i] = Day{Minutes: correctDay(days[i].Minutes, measured[at], minutes, int(c.Status)), Corrected: true}
	}
}

// correctDay takes off what was measured and adds the minutes. A day has no more than
// its 1,440: where it is not known what was measured, the others give way, the most
// frequent first.
func correctDay(day, measured Minutes, minutes uint16, state int) Minutes {
	for s := range day {
		day[s] -= min(day[s], measured[s])
	}
	day[state] += minutes
	for excess := day.Observed() - minutesOfDay; excess > 0; excess = day.Observed() - minutesOfDay {
		most := -1
		for s := range day {
			if s != state && (most < 0 || day[s] > day[most]) {
				most = s
			}
		}
		if day[most] == 0 {
			day[state] = minutesOfDay
			break
		}
		day[most] -= min(day[most], uint16(excess))
	}
	return day
}
