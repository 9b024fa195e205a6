// SPDX-License-Identifier: Apache-2.0

package rules_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/schema"
)

// Objectives of the services a, over 7 days, and b, over 30 days.
const (
	objectiveA = 0.99
	objectiveB = 0.6
)

// TestObjectives compares shares of errors, burn rates and budgets at random
// moments with what one gets by counting the minutes.
func TestObjectives(t *testing.T) {
	t.Parallel()
	for name, s := range schedules() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testObjectives(t, s)
		})
	}
}

func testObjectives(t *testing.T, s schedule) {
	t.Helper()
	h := newHistory(t, 0)
	compared := 0
	h.run(3, s, func(at int64) {
		h.constants(at)
		h.eval("pharos_objectives", at)
		want := h.errorRatios(at)
		got := h.byWindow(schema.Errors, at)
		requireClose(t, want, got)
		compared += len(want)

		rates, budgets := map[string]float64{}, map[string]float64{}
		for id, errors := range want {
			switch id {
			case "a 7d":
				budgets[id] = 1 - errors/(1-objectiveA)
			case "b 30d":
				budgets[id] = 1 - errors/(1-objectiveB)
			default:
				rates[id] = errors / (1 - map[string]float64{"a": objectiveA, "b": objectiveB}[id[:1]])
			}
		}
		requireClose(t, rates, h.byWindow(schema.BurnRate, at))
		requireClose(t, budgets, h.byWindow(schema.BudgetLeft, at))
	})
	require.Greater(t, compared, 300)
}

func requireClose(t *testing.T, want, got map[string]float64) {
	t.Helper()
	require.Len(t, got, len(want))
	require.InDeltaMapValues(t, want, got, 1e-9)
}

// byWindow returns the values of a series by service and window: "a 5m".
func (h *history) byWindow(name string, at int64) map[string]float64 {
	all := map[string]float64{}
	for _, s := range h.query(name, at) {
		all[s.Metric.Get(schema.Service)+" "+s.Metric.Get(schema.Window)] = s.F
	}
	return all
}

// errorRatios counts the minutes of each window that were errors, and divides them
// by its length. A short one ends half a minute ago; a long one is made of the hours
// that were summed in it, and of what is in no sum yet.
func (h *history) errorRatios(at int64) map[string]float64 {
	const minute, day = hour / 60, 24 * hour
	windows := map[string]int64{
		"5m": 5 * minute, "30m": 30 * minute, "1h": hour, "2h": 2 * hour, "6h": 6 * hour,
		"1d": day, "3d": 3 * day, "7d": 7 * day, "30d": 30 * day,
	}
	now := at / hour
	summedLast := len(h.sums) > 0 && h.sums[len(h.sums)-1]/hour == now
	ratios := map[string]float64{}
	for window, length := range windows {
		inSum := h.summed(at-length, at)
		counted := h.count(func(tick int64) bool {
			if length < day {
				end := at - (30 * time.Second).Milliseconds()
				return tick > end-length && tick <= end
			}
			return inSum(tick) || tick/hour == now || tick/hour == now-1 && !summedLast
		})
		for _, service := range []string{"a", "b"} {
			minutes, ok := counted[service+"/"]
			if !ok || window == map[string]string{"a": "30d", "b": "7d"}[service] {
				continue
			}
			var bad float64
			for state, n := range minutes {
				bad += n * (h.weights[state][1] - h.weights[state][0])
			}
			ratios[service+" "+window] = min(1, bad/float64(length/minute))
		}
	}
	return ratios
}
