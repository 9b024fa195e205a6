// SPDX-License-Identifier: Apache-2.0

package prom_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

// The queries for minutes, as operators see them.
const (
	sumOfDays   = `max by (service, node, state) (sum_over_time({__name__=~"node:pharos_up_ticks:sum1d|service:pharos_up_ticks:sum1d"}[1d]))`
	sumOfHours  = `max by (service, node, state) (sum_over_time({__name__=~"node:pharos_up_ticks:sum1h|service:pharos_up_ticks:sum1h"}[`
	hourBefore  = `max by (service, node, state) (sum_over_time({__name__=~"node:pharos_up:tick|service:pharos_up:tick"}[2h]) and on (parity) count_values("parity", (hour() + 1) % 2))`
	thisHour    = `max by (service, node, state) (sum_over_time({__name__=~"node:pharos_up:tick|service:pharos_up:tick"}[1h]) and on (parity) count_values("parity", hour() % 2))`
	ticksOf4m   = `sum by (service, node, state) (max by (service, node, state, parity) (sum_over_time({__name__=~"node:pharos_up:tick|service:pharos_up:tick"}[240000ms])))`
	weightUp    = `max by (state) (pharos:uptime_weight:up)`
	weightTotal = `max by (state) (pharos:uptime_weight:total)`
)

// TestDaysAsks: what a day is made from depends on how long ago it ended.
func TestDaysAsks(t *testing.T) {
	t.Parallel()
	const first = `12-31 00:59:59.999 to 12-31 00:59:59.999 by 86400`
	cases := map[string]struct {
		after time.Duration
		want  []string
	}{
		"a minute after midnight": {time.Minute, []string{
			sumOfDays + " @ " + first,
			sumOfHours + `23h])) @ 12-31 23:59:59.999`, hourBefore + " @ 01-01 00:01:00.000", // yesterday
			thisHour + " @ 01-01 00:01:00.000",
		}},
		"an hour after midnight": {time.Hour, []string{
			sumOfDays + " @ 12-31 00:59:59.999 to 01-01 00:59:59.999 by 86400",
			hourBefore + " @ 01-01 01:00:00.000", thisHour + " @ 01-01 01:00:00.000",
		}},
		"in the afternoon": {13*time.Hour + 5*time.Minute, []string{
			sumOfDays + " @ 12-31 00:59:59.999 to 01-01 00:59:59.999 by 86400",
			sumOfHours + `12h])) @ 01-01 12:59:59.999`, hourBefore + " @ 01-01 13:05:00.000", thisHour + " @ 01-01 13:05:00.000",
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := &recorder{}
				s := sourceOf(t, f, nil)
				time.Sleep(c.after)
				days, err := s.Days(t.Context(), start.AddDate(0, 0, -2), start)
				require.NoError(t, err)
				at := time.Now().Format("01-02 15:04:05.000")
				require.ElementsMatch(t, append(c.want, weightUp+" @ "+at, weightTotal+" @ "+at), f.questions())
				require.Equal(t, statuspage.DefaultWeights(), days.Weights)
			})
		})
	}
}

func TestDaysAddsUp(t *testing.T) {
	t.Parallel()
	api, db := `"service":"web","node":"api"`, `"service":"web","node":"db"`
	f := &recorder{answers: map[string]string{
		sumOfDays: `{"resultType":"matrix","result":[` + samples(
			series(api+`,"state":"healthy"`, "1400", 946688399.999), series(api+`,"state":"maintenance"`, "40", 946688399.999),
			series(`"service":"web","state":"dead"`, "99999", 946688399.999), series(db+`,"state":"asleep"`, "7", 946688399.999),
		) + `]}`,
		hourBefore:  vectorOf(`{"metric":{` + api + `,"state":"sick"},"value":[1,"60"]}`),
		thisHour:    vectorOf(`{"metric":{`+api+`,"state":"sick"},"value":[1,"5"]}`, `{"metric":{`+db+`,"state":"unknown"},"value":[1,"NaN"]}`),
		weightUp:    vectorOf(`{"metric":{"state":"sick"},"value":[1,"1"]}`, `{"metric":{"state":"healthy"},"value":[1,"7"]}`),
		weightTotal: vectorOf(`{"metric":{"state":"sick"},"value":[1,"1"]}`, `{"metric":{"state":"maintenance"},"value":[1,"1"]}`),
	}}
	synctest.Test(t, func(t *testing.T) {
		s := sourceOf(t, f, nil)
		time.Sleep(time.Hour + 5*time.Minute)
		days, err := s.Days(t.Context(), start.AddDate(0, 0, -1), start)
		require.NoError(t, err)
		node := status.NodeID{Service: "web", Node: "api"}
		require.Equal(t, statuspage.Minutes{status.Healthy: 1400, statuspage.InMaintenance: 40}, days.Nodes[node][start.AddDate(0, 0, -1)])
		require.Equal(t, statuspage.Minutes{status.Dead: 1440}, days.Services["web"][start.AddDate(0, 0, -1)], "a day has no more")
		require.Equal(t, statuspage.Minutes{status.Sick: 65}, days.Nodes[node][start])
		require.Equal(t, statuspage.Weight{Up: 1, Total: 1}, days.Weights[status.Sick])
		require.Equal(t, statuspage.Weight{Up: 1}, days.Weights[status.Healthy], "a weight is at most 1")
		require.Equal(t, statuspage.Weight{Total: 1}, days.Weights[statuspage.InMaintenance])
		require.Zero(t, days.Nodes[status.NodeID{Service: "web", Node: "db"}][start])
	})
}

func TestPastFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, query := range []string{sumOfDays, thisHour, weightUp} {
			s := sourceOf(t, &recorder{refuses: map[string]string{query: "execution"}}, nil)
			_, err := s.Days(t.Context(), start.AddDate(0, 0, -3), start)
			require.ErrorContains(t, err, "query "+query)
		}
		s := sourceOf(t, &recorder{answers: map[string]string{sumOfDays: vectorOf()}}, nil)
		_, err := s.Days(t.Context(), start.AddDate(0, 0, -3), start)
		require.ErrorContains(t, err, "the answer is a vector, want a matrix")
	})
}
