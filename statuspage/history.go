// SPDX-License-Identifier: Apache-2.0

package statuspage

import (
	"time"

	"github.com/pharos-status/pharos/internal/status"
)

// InMaintenance is the index of maintenance in [Minutes], beside the statuses.
const InMaintenance = int(status.Dead) + 1

// Minutes is how many minutes of a day something spent in each state: indexed by
// [status.Status], and by [InMaintenance]. What is missing to a whole day was not
// observed.
type Minutes [InMaintenance + 1]uint16

// Observed returns the sum.
func (m Minutes) Observed() (sum int) {
	for _, n := range m {
		sum += int(n)
	}
	return sum
}

// A Weight says what a minute in a state counts as: Up ≤ Total, each 0 or 1.
type Weight struct{ Up, Total float64 }

// Weights is the policy of uptime, indexed as [Minutes] is. It comes from the
// rules (docs/uptime.md), so that the page and the alerts say the same.
type Weights [InMaintenance + 1]Weight

// DefaultWeights are those of the rules without a configuration: sick counts as up,
// unknown and maintenance do not count.
func DefaultWeights() Weights {
	return Weights{status.Healthy: {1, 1}, status.Sick: {1, 1}, status.Dead: {0, 1}}
}

// Count returns how many of the minutes are up, and how many count at all.
func (w *Weights) Count(m Minutes) (up, total float64) {
	for state, n := range m {
		up += float64(n) * w[state].Up
		total += float64(n) * w[state].Total
	}
	return up, total
}

// A History is what is known of the past. It is shared and never changed.
type History struct {
	Today    time.Time                   // midnight UTC of the day that is under way
	Nodes    map[status.NodeID][]Minutes // oldest first, the last is Today; days at the beginning may be missing
	Services map[string][]Minutes        // likewise
	Weights  Weights
	Latency  map[status.NodeID]*Charts // nodes that have a latency
	Spent    map[string]Intervals      // by the ID of a [Correction]: what was measured within it
}

// Intervals is what was measured within a past interval, by day.
type Intervals struct {
	Nodes    map[status.NodeID]map[time.Time]Minutes // by midnight UTC
	Services map[string]map[time.Time]Minutes
}

// A Window is a span of time up to now of which the page shows a chart.
type Window int

// The windows of charts.
const (
	LastDay Window = iota
	LastWeek
	LastMonth   // 30 days
	LastQuarter // 90 days
	Windows     = int(LastQuarter) + 1
)

// Charts are the latencies of a node, by [Window].
type Charts [Windows]Latency

// A Latency is the course of the latency in seconds. A component that is a PromQL
// expression has no P95.
type Latency struct{ Median, P95 Series }

// A Series is a value at regular times: NaN where there is none.
type Series struct {
	Start  time.Time // of the first value
	Step   time.Duration
	Values []float32
}
