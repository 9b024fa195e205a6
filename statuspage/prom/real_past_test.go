// SPDX-License-Identifier: Apache-2.0

package prom_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/internal/testkit"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/prom"
)

const dayLength = 24 * time.Hour

// A past is what happened in the last days, by the minute. The node api dies at 10:10
// each day for so many minutes as days have gone by since the first, and is in
// maintenance from 12:00 to 12:30; the other hours it is healthy. The component is
// dead for as long as its figure is 2: the same minutes. Nothing was observed from
// 20:00 to 21:00. The service mail was as its node, and has a component that is dead at
// 05:00 to 05:59.
type past struct{ first, today, now time.Time }

func newPast() past {
	now := time.Now().UTC().Truncate(time.Minute)
	today := now.Truncate(dayLength)
	return past{first: today.AddDate(0, 0, -4), today: today, now: now}
}

// state returns that of the minute, "" if it was not observed.
func (p past) state(minute time.Time) string {
	begins := minute.Truncate(dayLength)
	of := int(minute.Sub(begins) / time.Minute)
	outage := 10*int(begins.Sub(p.first)/dayLength) + 3
	switch {
	case of >= 610 && of < 610+outage:
		return "dead"
	case of >= 720 && of < 750:
		return "maintenance"
	case of >= 1200 && of < 1260:
		return ""
	}
	return "healthy"
}

// minutes counts those from one time to another.
func (p past) minutes(from, to time.Time) (m statuspage.Minutes) {
	index := map[string]int{"healthy": int(status.Healthy), "dead": int(status.Dead), "maintenance": statuspage.InMaintenance}
	for minute := from; minute.Before(to) && !minute.After(p.now); minute = minute.Add(time.Minute) {
		if state := p.state(minute); state != "" {
			m[index[state]]++
		}
	}
	return m
}

// openMetrics returns what the rules have recorded: ticks at the thirtieth second of
// each minute but one, sums in the course of the hour after.
func (p past) openMetrics() string {
	var b strings.Builder
	for _, name := range []string{`node:pharos_up:tick{service="web",node="api"`, `service:pharos_up:tick{service="web"`, `service:pharos_up:tick{service="mail"`} {
		for _, state := range []string{"healthy", "dead", "maintenance"} {
			for parity := range 2 {
				for m := p.first; !m.After(p.now); m = m.Add(time.Minute) {
					if p.state(m) == state && m.Hour()%2 == parity {
						fmt.Fprintf(&b, "%s,state=%q,parity=\"%d\"} 1 %d\n", name, state, parity, m.Unix())
					}
				}
			}
		}
	}
	p.sums(&b, "pharos_up_ticks:sum1h", time.Hour, 25*time.Minute)
	p.sums(&b, "pharos_up_ticks:sum1d", dayLength, 25*time.Minute)
	for m := p.first; !m.After(p.now); m = m.Add(time.Minute) {
		if state := p.state(m); state != "" {
			figure := map[string]int{"dead": 2}[state]
			fmt.Fprintf(&b, "shop_errors %d %d\n", figure, m.Unix())
		}
	}
	for m := p.now.Add(-3 * time.Hour); !m.After(p.now); m = m.Add(time.Minute) {
		severity := 0
		switch since := p.now.Sub(m); {
		case since < 40*time.Minute:
			severity = 3
		case since < time.Hour:
			severity = 2
		}
		fmt.Fprintf(&b, "node:pharos_status:severity{service=\"web\",node=\"api\"} %d %d\n", severity, m.Unix())
	}
	for m := p.now.Add(-40 * time.Hour); !m.After(p.now); m = m.Add(time.Minute) {
		fmt.Fprintf(&b, "node:pharos_status:severity{service=\"web\",node=\"old\"} 3 %d\n", m.Unix())
		if since := p.now.Sub(m); since < 3*time.Hour && (since < 30*time.Minute || since > 2*time.Hour) {
			fmt.Fprintf(&b, "node:pharos_status:severity{service=\"web\",node=\"lost\"} 2 %d\n", m.Unix())
		}
	}
	for _, quantile := range []string{"0.5", "0.95"} {
		for m := p.first; !m.After(p.now); m = m.Add(time.Minute) {
			fmt.Fprintf(&b, "node:pharos_latency_seconds:quantile{service=\"web\",node=\"api\",quantile=%q} 0.%d %d\n", quantile, m.Hour()/12+1, m.Unix())
		}
	}
	for state, up := range map[string]int{"healthy": 1, "sick": 0, "dead": 0} {
		fmt.Fprintf(&b, "pharos:uptime_weight:up{state=%q} %d %d\npharos:uptime_weight:total{state=%q} 1 %d\n", state, up, p.now.Unix(), state, p.now.Unix())
	}
	return b.String() + "# EOF\n"
}

func (p past) sums(b *strings.Builder, name string, length, late time.Duration) {
	for _, of := range [][2]string{{"node:", `service="web",node="api"`}, {"service:", `service="web"`}, {"service:", `service="mail"`}} {
		for index, state := range []string{"", "healthy", "", "dead", "maintenance"} {
			for begin := p.first; !begin.Add(length + late).After(p.now); begin = begin.Add(length) {
				if n := p.minutes(begin, begin.Add(length))[index]; state != "" && n > 0 {
					fmt.Fprintf(b, "%s%s{%s,state=%q} %d %d\n", of[0], name, of[1], state, n, begin.Add(length+late).Unix())
				}
			}
		}
	}
}

// start puts the past into a Prometheus.
func (p past) start(t *testing.T, components ...prom.Component) *prom.Source {
	t.Helper()
	program, tool := testkit.Program(t, "prometheus"), testkit.Program(t, "promtool")
	folder := t.TempDir()
	file := filepath.Join(folder, "past.txt")
	require.NoError(t, os.WriteFile(file, []byte(p.openMetrics()), 0o600))
	out, err := exec.CommandContext(t.Context(), tool, "tsdb", "create-blocks-from", "openmetrics", file, filepath.Join(folder, "tsdb")).CombinedOutput()
	require.NoError(t, err, string(out))
	s := runPrometheus(t, program, folder, "scrape_configs: []\n", components...)
	require.Eventually(t, func() bool {
		_, err := s.Since(t.Context())
		return err == nil
	}, 60*time.Second, 50*time.Millisecond)
	return s
}

var (
	realAPI  = status.NodeID{Service: "web", Node: "api"}
	checkout = prom.Component{
		ID: status.NodeID{Service: "shop", Node: "checkout"}, Expr: "shop_errors", Latency: "shop_errors / 10",
		Judge: func(v float64) status.Status {
			if v > 1 {
				return status.Dead
			}
			return status.Healthy
		},
	}
	ailing = prom.Component{ID: status.NodeID{Service: "ailing", Node: "a"}, Expr: `node:pharos_status:severity{node="api"}`, Judge: status.FromSeverity}
	mixed  = prom.Component{ID: status.NodeID{Service: "mail", Node: "orders"}, Expr: "3 * (hour() == bool 5) # always", Judge: status.FromSeverity}
)

// TestRealPast reads the past from the Prometheus of the machine.
func TestRealPast(t *testing.T) {
	t.Parallel()
	p := newPast()
	s := p.start(t, checkout, mixed, ailing)
	t.Run("days", func(t *testing.T) { t.Parallel(); testDays(t, p, s) })
	t.Run("spent", func(t *testing.T) { t.Parallel(); testSpent(t, p, s) })
	t.Run("spent beside", func(t *testing.T) { t.Parallel(); testSpentBeside(t, p, s) })
	t.Run("since", func(t *testing.T) { t.Parallel(); testSince(t, p, s) })
	t.Run("latency", func(t *testing.T) { t.Parallel(); testLatency(t, p, s) })
}

// testDays: exactly as many minutes as there were ticks, on days that are over, and
// today.
func testDays(t *testing.T, p past, s *prom.Source) {
	t.Helper()
	days, err := s.Days(t.Context(), p.first, p.today)
	require.NoError(t, err)
	for day := p.first; !day.After(p.today); day = day.Add(dayLength) {
		want := p.minutes(day, day.Add(dayLength))
		require.Equal(t, want, days.Nodes[realAPI][day], "%s, it is %s", day, p.now)
		require.Equal(t, want.Observed(), days.Nodes[realAPI][day].Observed())
	}
	require.Equal(t, statuspage.Weight{Total: 1}, days.Weights[status.Sick], "what Prometheus says")

	judged := days.Nodes[checkout.ID]
	require.Equal(t, judged, days.Services["shop"], "the service has no other part")
	require.EqualValues(t, 15, judged[p.first.Add(dayLength)][status.Dead], "13 minutes, at points of 5")
	require.Equal(t, 1440, judged[p.first.Add(dayLength)].Observed(), "unknown while there is no sample")
	require.EqualValues(t, 55, judged[p.first.Add(dayLength)][status.Unknown], "the first 5 minutes still have one")

	require.Equal(t, statuspage.Minutes{status.Dead: 13 + 60, status.Healthy: 1440 - 73}, days.Services["mail"][p.first.Add(dayLength)],
		"the minutes of the node, and what the component adds; healthy, also while the node is not observed or in maintenance")

	alone, err := s.Days(t.Context(), p.first.Add(dayLength), p.first.Add(2*dayLength))
	require.NoError(t, err)
	require.Len(t, alone.Nodes[realAPI], 2)
}

func testSpent(t *testing.T, p past, s *prom.Source) {
	t.Helper()
	for name, span := range map[string][2]time.Time{
		"within a day": {p.first.Add(10*time.Hour + 7*time.Minute), p.first.Add(12*time.Hour + 11*time.Minute)},
		"a minute":     {p.first.Add(10*time.Hour + 11*time.Minute), p.first.Add(10*time.Hour + 12*time.Minute)},
		"a day":        {p.first, p.first.Add(dayLength)},
		"days":         {p.first.Add(11 * time.Hour), p.first.Add(3*dayLength + time.Hour)},
		"today":        {p.today.Add(-time.Hour), p.now},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spent, err := s.Spent(t.Context(), span[0], span[1])
			require.NoError(t, err)
			for day := p.first; !day.After(p.today); day = day.Add(dayLength) {
				from, to := day, day.Add(dayLength)
				if span[0].After(from) {
					from = span[0]
				}
				if span[1].Before(to) {
					to = span[1]
				}
				require.Equal(t, p.minutes(from, to), spent.Nodes[realAPI][day], day)
				require.Equal(t, p.minutes(from, to), spent.Services["web"][day], day)
			}
		})
	}
}

// testSpentBeside: the outage of a node to the minute, also beside a component that is
// well, and that of the component.
func testSpentBeside(t *testing.T, p past, s *prom.Source) {
	t.Helper()
	at := func(minute int) time.Time { return p.first.Add(time.Duration(minute) * time.Minute) }
	for name, c := range map[string]struct {
		from, to int
		want     statuspage.Minutes
	}{
		"the outage of the node":           {607, 617, statuspage.Minutes{status.Healthy: 7, status.Dead: 3}},
		"a minute of it":                   {611, 612, statuspage.Minutes{status.Dead: 1}},
		"the beginning of the component's": {293, 307, statuspage.Minutes{status.Healthy: 2, status.Dead: 12}},
		"a day":                            {0, 1440, statuspage.Minutes{status.Healthy: 1440 - 63, status.Dead: 63}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spent, err := s.Spent(t.Context(), at(c.from), at(c.to))
			require.NoError(t, err)
			require.Equal(t, c.want, spent.Services["mail"][p.first])
		})
	}
}

func testSince(t *testing.T, p past, s *prom.Source) {
	t.Helper()
	since, err := s.Since(t.Context())
	require.NoError(t, err)
	require.WithinDuration(t, p.now.Add(-40*time.Minute), since.Nodes[realAPI], time.Minute, "dead, not sick")
	require.WithinDuration(t, p.now.Add(-40*time.Minute), since.Nodes[ailing.ID], time.Minute, "likewise")
	require.WithinDuration(t, p.now.Add(-40*time.Hour), since.Nodes[status.NodeID{Service: "web", Node: "old"}], time.Hour, "longer than a day: to the hour")
	require.WithinDuration(t, p.now.Add(-30*time.Minute), since.Nodes[status.NodeID{Service: "web", Node: "lost"}], time.Minute, "nobody knew what was before")
	require.Zero(t, since.Overall, "nothing is recorded of it")
}

func testLatency(t *testing.T, p past, s *prom.Source) {
	t.Helper()
	for w, step := range map[statuspage.Window]time.Duration{
		statuspage.LastDay: 5 * time.Minute, statuspage.LastWeek: 30 * time.Minute, statuspage.LastMonth: 2 * time.Hour, statuspage.LastQuarter: 6 * time.Hour,
	} {
		all, err := s.Latency(t.Context(), w, p.now)
		require.NoError(t, err)
		for _, series := range []statuspage.Series{all[realAPI].Median, all[realAPI].P95} {
			require.Equal(t, step, series.Step)
			found := 0
			for i, v := range series.Values {
				end := series.Start.Add(time.Duration(i) * step)
				switch hour := end.Hour(); {
				case end.Sub(p.first) < step:
					require.True(t, v != v || v > 0, "nothing was recorded yet")
				case hour > 12 && hour < 24:
					found++
					require.InDelta(t, 0.2, v, 1e-6, "window %d: %s", w, end)
				}
			}
			require.Positive(t, found)
			require.False(t, series.Start.Add(time.Duration(len(series.Values)-1)*step).After(p.now))
		}
		require.NotEmpty(t, all[checkout.ID].Median.Values)
		require.Empty(t, all[checkout.ID].P95.Values)
	}
	_, err := s.Latency(t.Context(), 9, p.now)
	require.EqualError(t, err, "window 9: there is no such")
}
