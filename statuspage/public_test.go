// SPDX-License-Identifier: Apache-2.0

package statuspage_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

func ids[T any](all []T, id func(T) string) []string {
	out := []string{}
	for _, x := range all {
		out = append(out, id(x))
	}
	return out
}

func incidentID(i statuspage.Incident) string { return i.ID }

// onlyAPI selects one node.
func onlyAPI(service string, n statuspage.NodeLayout) bool { return service == "web" && n.ID == "api" }

func TestIncidentsOfAPage(t *testing.T) {
	t.Parallel()
	in := input()
	refs := func(nodes ...string) (out []statuspage.Ref) {
		for _, n := range nodes {
			out = append(out, statuspage.Ref{Service: "web", Node: n})
		}
		return out
	}
	in.Incidents = []statuspage.Incident{
		{ID: "general", Started: now.Add(-time.Hour), Alert: "secret", Updates: []statuspage.Update{{ID: "u"}}},
		{ID: "both", Started: now, Components: refs("api", "db")},
		{ID: "draft", Started: now, Draft: true},
		{ID: "db", Started: now.Add(-2 * time.Hour), Components: refs("db")},
		{ID: "gone", Started: now.Add(-3 * time.Hour), Components: refs("gone")},
		{ID: "service", Started: now.Add(-4 * time.Hour), Components: refs("")},
	}
	in.Corrections = []statuspage.Correction{{ID: "old", Components: refs("db")}, {ID: "new", From: now, Components: refs("api", "db")}}
	p := statuspage.Build(in)
	require.Equal(t, []string{"both", "general", "db", "gone", "service"}, ids(p.Incidents, incidentID))
	require.Equal(t, refs("api", "db"), p.Incidents[0].Components)
	require.Empty(t, p.Incidents[1].Alert)
	require.Empty(t, p.Incidents[3].Components)
	require.Equal(t, []string{"new", "old"}, ids(p.Corrections, func(c statuspage.Correction) string { return c.ID }))
	p.Incidents[1].Updates[0].ID = "changed"
	require.Equal(t, "u", in.Incidents[0].Updates[0].ID, "the page has its own")

	in.Selects = onlyAPI
	p = statuspage.Build(in)
	require.Equal(t, []string{"both", "general", "service"}, ids(p.Incidents, incidentID))
	require.Equal(t, refs("api"), p.Incidents[0].Components)
	require.Equal(t, refs("api"), p.Corrections[0].Components)
	require.Len(t, p.Corrections, 1)
	text, err := json.Marshal(p)
	require.NoError(t, err)
	require.NotContains(t, string(text), "secret")
	require.NotContains(t, string(text), `web/db`)
}

func TestSelection(t *testing.T) {
	t.Parallel()
	in := withHistory()
	in.Reading.Layout.Services = append(in.Reading.Layout.Services, statuspage.ServiceLayout{ID: "mail", Nodes: []statuspage.NodeLayout{{ID: "smtp"}}})
	in.Selects = onlyAPI
	p := statuspage.Build(in)
	require.Len(t, p.Services, 1)
	require.Len(t, p.Services[0].Nodes, 1)
	require.Equal(t, status.Healthy, p.Services[0].Status, "the bad node is not on this page")
	require.Equal(t, status.Healthy, p.Status)
	require.Empty(t, p.Services[0].Days, "those of the service are of other nodes too")
	in.Selects = func(service string, _ statuspage.NodeLayout) bool { return service == "web" }
	p = statuspage.Build(in)
	require.Equal(t, status.Dead, p.Status)
	require.Len(t, p.Services[0].Days, 2)
	in.Selects = func(string, statuspage.NodeLayout) bool { return false }
	require.Equal(t, status.Unknown, statuspage.Build(in).Status, "a page of nothing")
}

func TestMaintenanceOfAPage(t *testing.T) {
	t.Parallel()
	in := input()
	soon := statuspage.Maintenance{
		ID: "soon", Start: now.Add(time.Hour), End: now.Add(2 * time.Hour), RRule: "FREQ=DAILY;COUNT=3",
		Components: []statuspage.Ref{{Service: "web", Node: "db"}},
	}
	running := statuspage.Maintenance{
		ID: "running", Start: now.Add(-time.Hour), End: now.Add(time.Hour), Components: []statuspage.Ref{{Service: "web", Node: "api"}},
	}
	off := statuspage.Maintenance{ID: "off", Start: now.Add(-time.Hour), End: now.Add(time.Hour), Cancelled: true, Components: []statuspage.Ref{{Service: "web"}}}
	in.Maintenances = []statuspage.Maintenance{soon, running, off}
	p := statuspage.Build(in)
	require.Equal(t, []string{"off", "running", "soon"}, ids(p.Maintenances, func(m statuspage.Maintenance) string { return m.ID }))
	require.Equal(t, []string{"running in_progress", "soon scheduled", "soon scheduled", "soon scheduled"},
		ids(p.Occurrences, func(o statuspage.Occurrence) string { return fmt.Sprint(o.Maintenance.ID, " ", o.Phase) }))
	web := p.Services[0]
	require.Equal(t, []bool{false, false, true}, []bool{web.InMaintenance, web.Nodes[0].InMaintenance, web.Nodes[1].InMaintenance})
	require.Equal(t, status.Dead, web.Nodes[0].Status, "maintenance changes no status")

	in.Maintenances[1].Components = []statuspage.Ref{{Service: "web"}}
	require.True(t, statuspage.Build(in).Services[0].InMaintenance)
	in.Maintenances[1].Updates = []statuspage.Update{{Phase: statuspage.Completed, Time: now.Add(-time.Minute)}}
	require.False(t, statuspage.Build(in).Services[0].InMaintenance)
}

func TestPhaseAt(t *testing.T) {
	t.Parallel()
	m := statuspage.Maintenance{Updates: []statuspage.Update{
		{Phase: statuspage.InProgress, Time: now.Add(-time.Hour)}, // of an earlier occurrence
		{Phase: statuspage.Verifying, Time: now.Add(20 * time.Minute)},
		{Phase: statuspage.Scheduled, Time: now.Add(25 * time.Minute)},
		{Phase: statuspage.InProgress, Time: now.Add(30 * time.Minute)},
		{Phase: statuspage.Completed, Time: now.Add(40 * time.Minute)},
	}}
	o := statuspage.Cut{Start: now, End: now.Add(time.Hour)}
	for after, want := range map[time.Duration]statuspage.Phase{
		-time.Second: statuspage.Scheduled, 0: statuspage.InProgress, 20 * time.Minute: statuspage.Verifying, 26 * time.Minute: statuspage.Verifying,
		31 * time.Minute: statuspage.InProgress, 41 * time.Minute: statuspage.Completed, time.Hour: statuspage.Completed,
	} {
		require.Equal(t, want, m.PhaseAt(o, now.Add(after)), after)
	}
}

// TestManyOccurrences: what is ahead is not crowded out by what is over.
func TestManyOccurrences(t *testing.T) {
	t.Parallel()
	in := input()
	for _, id := range []string{"a", "b"} {
		in.Maintenances = append(in.Maintenances, statuspage.Maintenance{
			ID: id, Start: now.AddDate(-2, 0, 0), End: now.AddDate(-2, 0, 0).Add(time.Minute), RRule: "FREQ=HOURLY",
		})
	}
	p := statuspage.Build(in)
	require.Len(t, p.Occurrences, 500)
	require.Equal(t, now.Add(-125*time.Hour), p.Occurrences[0].Start)
	require.Equal(t, now.Add(124*time.Hour), p.Occurrences[499].Start)
	for i, o := range p.Occurrences[1:] {
		require.False(t, o.Start.Before(p.Occurrences[i].Start))
	}
}
