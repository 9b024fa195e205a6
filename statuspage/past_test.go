// SPDX-License-Identifier: Apache-2.0

package statuspage_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

var (
	api = status.NodeID{Service: "web", Node: "api"}
	db  = status.NodeID{Service: "web", Node: "db"}
)

// minutes of healthy, sick and dead.
func minutes(healthy, sick, dead uint16) statuspage.Minutes {
	return statuspage.Minutes{status.Healthy: healthy, status.Sick: sick, status.Dead: dead}
}

// withHistory is input with three days of api and of the service, of which yesterday
// was bad.
func withHistory() statuspage.Input {
	in := input()
	in.History = statuspage.History{
		Today:    day(11, 21),
		Nodes:    map[status.NodeID][]statuspage.Minutes{api: {minutes(1440, 0, 0), minutes(1200, 200, 40), minutes(720, 0, 0)}},
		Services: map[string][]statuspage.Minutes{"web": {minutes(1200, 200, 40), minutes(720, 0, 0)}},
		Weights:  statuspage.DefaultWeights(),
		Spent:    map[string]statuspage.Intervals{},
	}
	return in
}

func days(p statuspage.Past) []statuspage.Day { return p.Days }

func TestPast(t *testing.T) {
	t.Parallel()
	in := withHistory()
	charts := &statuspage.Charts{}
	in.History.Latency = map[status.NodeID]*statuspage.Charts{api: charts}
	p := statuspage.Build(in)
	require.Equal(t, day(11, 21), p.Today)
	web := p.Services[0]
	require.Equal(t, []statuspage.Day{{Minutes: minutes(1200, 200, 40)}, {Minutes: minutes(720, 0, 0)}}, days(web.Past))
	require.InDelta(t, 2120.0/2160, *web.Uptime, 1e-12)
	require.Len(t, web.Nodes[1].Days, 3)
	require.InDelta(t, 3560.0/3600, *web.Nodes[1].Uptime, 1e-12)
	require.Same(t, charts, web.Nodes[1].Latency)
	require.Nil(t, web.Nodes[0].Uptime, "nothing is known of db")
	require.Empty(t, web.Nodes[0].Days)

	in.History.Weights[status.Sick] = statuspage.Weight{Total: 1}
	require.InDelta(t, 3360.0/3600, *statuspage.Build(in).Services[0].Nodes[1].Uptime, 1e-12, "sick counts as down")
}

func TestUptimeIsOver90Days(t *testing.T) {
	t.Parallel()
	in := withHistory()
	all := make([]statuspage.Minutes, 100)
	for i := range all {
		all[i] = minutes(1440, 0, 0)
	}
	all[9], all[10] = minutes(0, 0, 1440), minutes(720, 0, 720)
	in.History.Nodes[api] = all
	n := statuspage.Build(in).Services[0].Nodes[1]
	require.Len(t, n.Days, 100)
	require.InDelta(t, 1-0.5/90, *n.Uptime, 1e-12)
}

func TestCorrections(t *testing.T) {
	t.Parallel()
	yesterday := day(11, 20)
	correction := statuspage.Correction{
		ID: "c", Components: []statuspage.Ref{{Service: "web", Node: "api"}}, Status: status.Healthy,
		From: yesterday.Add(10 * time.Hour), To: yesterday.Add(12 * time.Hour), Reason: "the probe was wrong",
	}
	measured := statuspage.Intervals{
		Nodes:    map[status.NodeID]map[time.Time]statuspage.Minutes{api: {yesterday: minutes(10, 70, 40)}},
		Services: map[string]map[time.Time]statuspage.Minutes{"web": {yesterday: minutes(0, 80, 40)}},
	}
	service := func(in statuspage.Input) statuspage.Service { return statuspage.Build(in).Services[0] }

	in := withHistory()
	in.Corrections = []statuspage.Correction{correction}
	require.False(t, service(in).Nodes[1].Days[1].Corrected, "it is not known yet what was measured")

	in.History.Spent["c"] = measured
	web := service(in)
	require.Equal(t, statuspage.Day{Minutes: minutes(1310, 130, 0), Corrected: true}, web.Nodes[1].Days[1])
	require.InDelta(t, 1, *web.Nodes[1].Uptime, 0)
	require.False(t, web.Nodes[1].Days[0].Corrected)
	require.False(t, web.Days[0].Corrected, "another node may have been bad")

	in.Corrections[0].Components = []statuspage.Ref{{Service: "web"}}
	require.Equal(t, statuspage.Day{Minutes: minutes(1320, 120, 0), Corrected: true}, service(in).Days[0])
	in.Corrections[0].Components = []statuspage.Ref{{Service: "web", Node: "api"}, {Service: "web", Node: "db"}}
	require.True(t, service(in).Days[0].Corrected, "all of its nodes are corrected")

	in.History.Spent["c"] = statuspage.Intervals{}
	in.Corrections[0].Status = status.Dead
	require.Equal(t, minutes(1080, 200, 160), service(in).Nodes[1].Days[1].Minutes, "where it is not known, a day stays a day")

	in.Corrections[0].From, in.Corrections[0].To = yesterday.AddDate(0, 0, -9), yesterday
	web = service(in)
	require.Equal(t, minutes(0, 0, 1440), web.Nodes[1].Days[0].Minutes)
	require.False(t, web.Nodes[1].Days[1].Corrected)
	require.Equal(t, minutes(1440, 0, 0), in.History.Nodes[api][0], "the input is not changed")
}

func TestPropertyCorrectedDaysAreDays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := withHistory()
		draw := func(name string, most int) uint16 { return uint16(rapid.IntRange(0, most).Draw(t, name)) }
		healthy := draw("healthy", 1440)
		sick := draw("sick", 1440-int(healthy))
		in.History.Nodes[api][1] = minutes(healthy, sick, 1440-healthy-sick)
		in.History.Spent["c"] = statuspage.Intervals{Nodes: map[status.NodeID]map[time.Time]statuspage.Minutes{
			api: {day(11, 20): minutes(draw("a", 1440), draw("b", 1440), draw("c", 1440))},
		}}
		from := day(11, 19).Add(time.Duration(draw("from", 2000)) * time.Minute)
		in.Corrections = []statuspage.Correction{{
			ID: "c", Components: []statuspage.Ref{{Service: "web"}}, Status: drawStatus(t),
			From: from, To: from.Add(time.Duration(1+draw("length", 5000)) * time.Minute),
		}}
		for _, d := range statuspage.Build(in).Services[0].Nodes[1].Days {
			if d.Minutes.Observed() > 1440 {
				t.Fatalf("%v", d)
			}
		}
	})
}

func TestSince(t *testing.T) {
	t.Parallel()
	hour, two := now.Add(-time.Hour), now.Add(-2*time.Hour)
	in := input()
	in.Since = statuspage.Since{Nodes: map[status.NodeID]time.Time{db: two, api: hour}, Services: map[string]time.Time{"web": hour}}
	p := statuspage.Build(in)
	require.Equal(t, two, p.Services[0].Nodes[0].Since)
	require.Zero(t, p.Services[0].Nodes[1].Since, "it is healthy")
	require.Equal(t, two, p.Services[0].Since, "no whole is younger than its parts")
	require.Equal(t, two, p.Since)

	delete(in.Since.Nodes, db)
	p = statuspage.Build(in)
	require.Equal(t, hour, p.Since)
	in.Since.Services = nil
	require.Zero(t, statuspage.Build(in).Since, "that of the only part which is not healthy is not known")

	sick := input()
	sick.Reading.Services["web"], sick.Reading.Overall, sick.Since = status.Sick, status.Sick, in.Since
	sick.Since.Nodes[db], sick.Since.Services, sick.Since.Overall = hour, map[string]time.Time{"web": two}, two
	p = statuspage.Build(sick)
	require.Equal(t, status.Dead, p.Status)
	require.Equal(t, hour, p.Services[0].Since, "it was sick before, and is dead because of its part")
	require.Equal(t, hour, p.Since)
	sick.Reading.Nodes[db] = status.Healthy
	require.Zero(t, statuspage.Build(sick).Services[0].Nodes[0].Since, "what is recorded is not what is shown")
	in.Now = now.Add(time.Hour)
	in.Since.Overall = hour
	require.Zero(t, statuspage.Build(in).Since, "stale")
}

func TestComponents(t *testing.T) {
	t.Parallel()
	in := input()
	shop := status.NodeID{Service: "shop", Node: "errors"}
	in.Reading.Layout.Services = append(in.Reading.Layout.Services, statuspage.ServiceLayout{ID: "shop", Nodes: []statuspage.NodeLayout{
		{ID: "errors", Mode: statuspage.ModePromQL, Unit: "%", ShowValue: true},
	}})
	in.Reading.Nodes[shop], in.Reading.Values = status.Sick, map[status.NodeID]float64{shop: 2.5}
	in.Reading.Queues = map[status.NodeID]float64{api: 7}
	p := statuspage.Build(in)
	line := p.Services[1].Nodes[0]
	require.Equal(t, status.Sick, line.Status)
	require.InDelta(t, 2.5, *line.Value, 0)
	require.Equal(t, "%", line.Unit)
	require.InDelta(t, 7, *p.Services[0].Nodes[1].Queue, 0)

	in.Reading.Layout.Services[1].Nodes[0].ShowValue = false
	require.Nil(t, statuspage.Build(in).Services[1].Nodes[0].Value)
	in.Now = now.Add(time.Hour)
	line = statuspage.Build(in).Services[1].Nodes[0]
	require.Equal(t, status.Unknown, line.Status)
	if diff := cmp.Diff(statuspage.Node{ID: "errors", Label: "errors", Mode: "promql"}, line); diff != "" {
		t.Error(diff)
	}
}
