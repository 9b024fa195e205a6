// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
)

// TestWorsen: a day of which an hour is recorded, and one step of it.
func TestWorsen(t *testing.T) {
	t.Parallel()
	const (
		unknown, healthy, sick, dead = int8(status.Unknown), int8(status.Healthy), int8(status.Sick), int8(status.Dead)
		whole                        = 1.0
	)
	hour := tally{healthy: 50, sick: 2, dead: 3, unknown: 1, inMaintenance: 4}
	cases := map[string]struct {
		day, step  tally
		to         int8
		part, room float64
		want       tally
	}{
		"healthy is no worse":         {hour, tally{healthy: 2, dead: 3}, healthy, whole, 60, hour},
		"unknown has no say":          {hour, tally{healthy: 5}, unknown, whole, 60, hour},
		"nor has maintenance":         {hour, tally{unknown: 5}, inMaintenance, whole, 60, hour},
		"dead as before":              {hour, tally{dead: 5}, dead, whole, 60, hour},
		"dead":                        {hour, tally{healthy: 5}, dead, whole, 60, tally{healthy: 45, sick: 2, dead: 8, unknown: 1, inMaintenance: 4}},
		"what was dead is not again":  {hour, tally{healthy: 2, sick: 1, dead: 2}, dead, whole, 60, tally{healthy: 48, sick: 1, dead: 6, unknown: 1, inMaintenance: 4}},
		"sick, dead stays":            {hour, tally{healthy: 2, dead: 3}, sick, whole, 60, tally{healthy: 48, sick: 4, dead: 3, unknown: 1, inMaintenance: 4}},
		"known":                       {hour, tally{unknown: 1, inMaintenance: 4}, healthy, whole, 60, tally{healthy: 55, sick: 2, dead: 3}},
		"no more than is there":       {hour, tally{sick: 5}, dead, whole, 60, tally{healthy: 50, dead: 5, unknown: 1, inMaintenance: 4}},
		"a part of the step":          {hour, tally{healthy: 5}, dead, 0.4, 60, tally{healthy: 48, sick: 2, dead: 5, unknown: 1, inMaintenance: 4}},
		"nothing recorded":            {tally{}, tally{}, unknown, whole, 1440, tally{unknown: 5}},
		"a part, nothing recorded":    {tally{}, tally{}, dead, 0.2, 1, tally{dead: 1}},
		"some minutes are missing":    {hour, tally{healthy: 3}, dead, whole, 70, tally{healthy: 47, sick: 2, dead: 8 /* 3 moved, 2 added */, unknown: 1, inMaintenance: 4}},
		"recorded, ticks gone":        {hour, tally{}, dead, whole, 60, hour},
		"more than there is room for": {hour, tally{}, dead, whole, 59, hour},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			day := c.day
			day.worsen(&c.step, c.to, c.part, c.room)
			require.Equal(t, c.want, day)
		})
	}
}

// TestSectionOverMidnight: the step that ends at midnight is of the day before.
func TestSectionOverMidnight(t *testing.T) {
	t.Parallel()
	midnight := time.Date(2026, 5, 2, 0, 0, 0, 0, time.UTC)
	yesterday := midnight.Add(-dayLength)
	from, to := midnight.Add(-10*time.Minute), midnight.Add(10*time.Minute)
	s := newSection(points(from, to), from, to)
	for p := range s.at {
		s.recorded[p][status.Healthy] = 5
	}
	recorded := tallies{}
	recorded.add(yesterday, int(status.Healthy), 10)
	recorded.add(midnight, int(status.Healthy), 10)
	dead := int8(status.Dead)
	s.join("a", []int8{unobserved, dead, unobserved, unobserved})
	s.join("b", []int8{unobserved, int8(status.Sick), int8(status.Healthy), int8(status.Sick)})
	require.Equal(t, tallies{
		yesterday: {status.Healthy: 5, status.Dead: 5},
		midnight:  {status.Healthy: 5, status.Sick: 5},
	}, s.worsen(recorded))
	require.Equal(t, tally{status.Healthy: 10}, *recorded[yesterday], "what is recorded is left as it is")
}
