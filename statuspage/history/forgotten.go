// SPDX-License-Identifier: Apache-2.0

package history

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

// recall returns what was measured within a correction. Where the source has nothing
// of a day that the history has something of, it is asked for the whole day: if it has
// nothing of that either, it has forgotten the day, and what is likely is said instead.
func (k *Keeper) recall(ctx context.Context, source statuspage.Source, c statuspage.Correction) (statuspage.Intervals, error) {
	spent, err := source.Spent(ctx, c.From, c.To)
	if err != nil {
		return spent, err
	}
	h := k.History()
	for day := c.From.UTC().Truncate(dayLength); day.Before(c.To); day = day.Add(dayLength) {
		if knows(spent, day) || !observed(h, c, day) {
			continue
		}
		whole, err := source.Spent(ctx, day, day.Add(dayLength))
		if err != nil {
			return spent, err
		}
		if !knows(whole, day) {
			addLikely(&spent, h, c, day)
		}
	}
	return spent, nil
}

// knows tells whether anything was measured on the day.
func knows(i statuspage.Intervals, day time.Time) bool {
	for _, days := range i.Nodes {
		if days[day].Observed() > 0 {
			return true
		}
	}
	return false
}

func observed(h statuspage.History, c statuspage.Correction, day time.Time) bool {
	for id, series := range h.Nodes {
		if covers(c, id) && onDay(series, h.Today, day).Observed() > 0 {
			return true
		}
	}
	return false
}

func covers(c statuspage.Correction, id status.NodeID) bool {
	return slices.ContainsFunc(c.Components, func(r statuspage.Ref) bool { return r.Covers(id) })
}

func onDay(series []statuspage.Minutes, today, day time.Time) statuspage.Minutes {
	if i := len(series) - 1 - age(day, today); i >= 0 && i < len(series) {
		return series[i]
	}
	return statuspage.Minutes{}
}

// addLikely adds what the correction most likely covers of a day.
func addLikely(to *statuspage.Intervals, h statuspage.History, c statuspage.Correction, day time.Time) {
	from, end := c.From, c.To
	if from.Before(day) {
		from = day
	}
	if next := day.Add(dayLength); next.Before(end) {
		end = next
	}
	minutes := uint16(math.Round(end.Sub(from).Minutes()))
	for id, series := range h.Nodes {
		if covers(c, id) {
			to.Nodes = joined(to.Nodes, map[status.NodeID]map[time.Time]statuspage.Minutes{
				id: {day: likely(onDay(series, h.Today, day), minutes, c.Status)},
			})
		}
	}
	for service, series := range h.Services {
		if slices.ContainsFunc(c.Components, func(r statuspage.Ref) bool { return r.Service == service }) {
			to.Services = joined(to.Services, map[string]map[time.Time]statuspage.Minutes{
				service: {day: likely(onDay(series, h.Today, day), minutes, c.Status)},
			})
		}
	}
}

// likely returns how so many minutes of a day, which were in truth of the status, were
// measured: people correct what is wrong, so it is what differs most.
func likely(day statuspage.Minutes, minutes uint16, truth status.Status) (out statuspage.Minutes) {
	order := []int{int(status.Dead), int(status.Sick), int(status.Unknown), int(status.Healthy), statuspage.InMaintenance}
	if truth == status.Dead {
		slices.Reverse(order[:4])
	}
	order = append(slices.DeleteFunc(order, func(s int) bool { return s == int(truth) }), int(truth))
	for _, s := range order {
		out[s] = min(day[s], minutes)
		minutes -= out[s]
	}
	return out
}
