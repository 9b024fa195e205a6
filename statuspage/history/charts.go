// SPDX-License-Identifier: Apache-2.0

package history

import (
	"context"
	"time"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

// chartsState is when each window is to be read again.
type chartsState struct {
	next [statuspage.Windows]time.Time
}

func (c *chartsState) forget() { *c = chartsState{} }

// refreshed returns how often a window is read: as often as it gets a new value.
func refreshed(w statuspage.Window) time.Duration {
	switch w {
	case statuspage.LastDay:
		return 5 * time.Minute
	case statuspage.LastWeek:
		return 30 * time.Minute
	case statuspage.LastMonth:
		return 2 * time.Hour
	case statuspage.LastQuarter:
	}
	return 6 * time.Hour
}

// readCharts reads the windows that are due, one after the other: none is urgent.
func (k *Keeper) readCharts(ctx context.Context, source statuspage.Source, now time.Time) (changed bool) {
	for w := range statuspage.Window(statuspage.Windows) {
		k.mu.Lock()
		due := !now.Before(k.charts.next[w])
		k.mu.Unlock()
		if !due {
			continue
		}
		latencies, err := source.Latency(ctx, w, now)
		k.mu.Lock()
		switch {
		case !same(source, k.source):
		case err != nil:
			k.failed("latencies", err)
			k.charts.next[w] = now.Add(pace)
		default:
			k.worked("latencies")
			k.history.Latency = withWindow(k.history.Latency, w, latencies)
			k.charts.next[w] = now.Truncate(refreshed(w)).Add(refreshed(w) + time.Minute)
			changed = true
		}
		k.mu.Unlock()
	}
	return changed
}

// withWindow returns the charts with one window replaced.
func withWindow(all map[status.NodeID]*statuspage.Charts, w statuspage.Window, latencies map[status.NodeID]statuspage.Latency) map[status.NodeID]*statuspage.Charts {
	out := make(map[status.NodeID]*statuspage.Charts, max(len(all), len(latencies)))
	for id, old := range all {
		c := *old
		c[w] = statuspage.Latency{}
		out[id] = &c
	}
	for id, l := range latencies {
		if out[id] == nil {
			out[id] = &statuspage.Charts{}
		}
		out[id][w] = l
	}
	for id, c := range out {
		if empty(c) {
			delete(out, id)
		}
	}
	return out
}

func empty(c *statuspage.Charts) bool {
	for _, l := range c {
		if len(l.Median.Values)+len(l.P95.Values) > 0 {
			return false
		}
	}
	return true
}
