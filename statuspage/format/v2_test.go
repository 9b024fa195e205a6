// SPDX-License-Identifier: Apache-2.0

package format_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/format"
)

// summary is what an integration reads.
type summary struct {
	Status struct {
		Indicator, Description string
	} `json:"status"`
	Components []struct {
		ID, Name, Status string
		Group            bool
		GroupID          *string `json:"group_id"`
		Components       []string
		PharosStatus     string `json:"pharos_status"`
	} `json:"components"`
	Incidents    []struct{ ID, Status string } `json:"incidents"`
	Maintenances []struct {
		ID, Status   string
		ScheduledFor time.Time `json:"scheduled_for"`
		Updates      []struct {
			Status   string
			Affected []struct {
				Old string `json:"old_status"`
				New string `json:"new_status"`
			} `json:"affected_components"`
		} `json:"incident_updates"`
	} `json:"scheduled_maintenances"`
}

func summaryOf(t *testing.T, f format.Func, p statuspage.Page) summary {
	t.Helper()
	var s summary
	require.NoError(t, json.Unmarshal(render(t, f, p, options()), &s))
	return s
}

// What only people work on is no outage, but what is said of each component is true.
func TestMaintenanceIsNoOutage(t *testing.T) {
	t.Parallel()
	s := summaryOf(t, format.SummaryJSON, working())
	require.Equal(t, "maintenance", s.Status.Indicator)
	require.Equal(t, "Service Under Maintenance", s.Status.Description)
	got := map[string]string{}
	for _, c := range s.Components {
		got[c.ID] = c.Status + " " + c.PharosStatus
	}
	require.Equal(t, map[string]string{
		"web": "operational healthy", "web/core": "operational healthy", "web/balancer": "operational healthy",
		"socket": "operational healthy", "socket/app": "operational healthy", "socket/relay": "operational healthy",
		"jobs": "under_maintenance dead", "jobs/disk": "under_maintenance dead",
	}, got)
}

func TestGroups(t *testing.T) {
	t.Parallel()
	node := func(s status.Status, maintenance bool) statuspage.Node {
		return statuspage.Node{ID: "n", Label: "N", Status: s, InMaintenance: maintenance}
	}
	for name, c := range map[string]struct {
		service status.Status
		nodes   []statuspage.Node
		want    string
	}{
		"all dead":                  {status.Dead, []statuspage.Node{node(status.Dead, false)}, "major_outage"},
		"some dead":                 {status.Dead, []statuspage.Node{node(status.Dead, false), node(status.Healthy, false)}, "partial_outage"},
		"dead in maintenance":       {status.Dead, []statuspage.Node{node(status.Dead, true), node(status.Healthy, false)}, "under_maintenance"},
		"dead, and maintenance":     {status.Dead, []statuspage.Node{node(status.Healthy, true), node(status.Dead, false)}, "major_outage"},
		"sick, and maintenance":     {status.Dead, []statuspage.Node{node(status.Dead, true), node(status.Sick, false)}, "degraded_performance"},
		"worse than its nodes":      {status.Dead, []statuspage.Node{node(status.Healthy, true), node(status.Healthy, false)}, "major_outage"},
		"unknown is never healthy":  {status.Unknown, []statuspage.Node{node(status.Unknown, false)}, "degraded_performance"},
		"nothing is known to be in": {status.Unknown, nil, "degraded_performance"},
	} {
		p := statuspage.Page{Status: c.service, Services: []statuspage.Service{{ID: "s", Status: c.service, Nodes: c.nodes}}}
		require.Equal(t, c.want, summaryOf(t, format.ComponentsJSON, p).Components[0].Status, name)
	}
}

func TestChoicesOfMaintenance(t *testing.T) {
	t.Parallel()
	p := mixed()
	ids := func(f format.Func) (all []string) {
		for _, m := range summaryOf(t, f, p).Maintenances {
			all = append(all, m.ID+" "+m.Status)
		}
		return all
	}
	const active, next, far = "maintenance00000000001 in_progress", "maintenance00000000002-20261125t0100z scheduled", "maintenance00000000004 scheduled"
	require.Equal(t, []string{active}, ids(format.MaintenancesJSON(format.Active)))
	require.Equal(t, []string{next, far}, ids(format.MaintenancesJSON(format.Upcoming)), "of what recurs only the next")
	require.Equal(t, []string{active, next, far}, ids(format.SummaryJSON))
	all := ids(format.MaintenancesJSON(format.All))
	require.Equal(t, []string{far, next, active}, all[:3])
	require.Contains(t, all, "maintenance00000000002-20261118t0100z completed")
	require.NotContains(t, fmt.Sprint(all), "20261028t", "it was called off")
	require.NotContains(t, fmt.Sprint(all), "maintenance00000000003", "it was called off")
}

// The timeline of maintenance says what happened to its components.
func TestTimelineOfMaintenance(t *testing.T) {
	t.Parallel()
	p := mixed()
	m := &p.Maintenances[1]
	m.Updates = append(m.Updates, statuspage.Update{Phase: statuspage.Completed, Time: now()})
	for _, o := range p.Occurrences {
		if o.Maintenance.ID == m.ID {
			*o.Maintenance = *m
		}
	}
	updates := summaryOf(t, format.MaintenancesJSON(format.Active), p).Maintenances[0].Updates
	require.Len(t, updates, 3)
	require.Equal(t, "completed", updates[0].Status)
	require.Equal(t, "operational", updates[0].Affected[0].New)
	require.Equal(t, "under_maintenance", updates[1].Affected[0].New)
	require.Empty(t, updates[2].Affected)
}

// However much there is, an answer is bounded.
func TestBounds(t *testing.T) {
	t.Parallel()
	p := large()
	for i := range 300 {
		p.Incidents = append(p.Incidents, statuspage.Incident{
			ID: fmt.Sprint("incident", i), Impact: statuspage.ImpactCritical, Components: []statuspage.Ref{{Service: "service-1"}}, Resolved: now(),
			Updates: []statuspage.Update{{Phase: statuspage.Resolved, Time: now()}},
		})
	}
	require.Len(t, summaryOf(t, format.IncidentsJSON, p).Incidents, 50)
	require.Empty(t, summaryOf(t, format.UnresolvedJSON, p).Incidents)
	for _, s := range p.Services {
		for i := range s.Nodes {
			s.Nodes[i].Status = status.Dead
		}
	}
	require.Less(t, len(render(t, format.StatusJSON, p, options())), 1500, "each visitor of a site with the banner asks for it")
	require.Less(t, len(render(t, format.Atom, p, options())), 100_000)
}

// A component has changed when its status did, not whenever it was looked at.
func TestUpdatedAt(t *testing.T) {
	t.Parallel()
	today := now().Truncate(24 * time.Hour)
	quiet := statuspage.Past{Days: make([]statuspage.Day, 10)}
	for i := range quiet.Days {
		quiet.Days[i].Minutes[status.Healthy] = 100
	}
	bad := statuspage.Past{Days: slices.Clone(quiet.Days)}
	bad.Days[7].Minutes[status.Dead] = 1
	at := func(hours int) time.Time { return now().Add(time.Duration(hours) * time.Hour) }
	ref := func(node string) []statuspage.Ref { return []statuspage.Ref{{Service: "s", Node: node}} }
	p := statuspage.Page{
		Built: now(), AsOf: now(), Today: today,
		Services: []statuspage.Service{{ID: "s", Past: quiet, Status: status.Dead, Nodes: []statuspage.Node{
			{ID: "quiet", Past: quiet, Status: status.Healthy},
			{ID: "bad", Past: bad, Status: status.Healthy},
			{ID: "dead", Past: bad, Status: status.Dead, Since: at(-2)},
			{ID: "told", Past: quiet},
			{ID: "mended", Past: quiet},
			{ID: "planned", Past: quiet},
			{ID: "new"},
		}}},
		Incidents: []statuspage.Incident{
			{Components: ref("told"), Started: at(-9), Updated: at(-1)},
			{Components: ref("mended"), Started: at(-9), Resolved: at(-8), Updated: at(-1)},
		},
	}
	for _, start := range []int{-30, -3, 1} {
		p.Occurrences = append(p.Occurrences, statuspage.Occurrence{Maintenance: &statuspage.Maintenance{Components: ref("planned")}, Start: at(start), End: at(start + 5)})
	}
	var got struct {
		Components []struct {
			ID        string
			CreatedAt time.Time `json:"created_at"`
			UpdatedAt time.Time `json:"updated_at"`
		}
	}
	require.NoError(t, json.Unmarshal(render(t, format.ComponentsJSON, p, options()), &got))
	updated := map[string]time.Time{}
	for _, c := range got.Components {
		updated[c.ID] = c.UpdatedAt
		require.False(t, c.UpdatedAt.Before(c.CreatedAt))
	}
	require.Equal(t, map[string]time.Time{
		"s": at(-1), "s/quiet": today.AddDate(0, 0, -9), "s/bad": today.AddDate(0, 0, -2), "s/dead": at(-2),
		"s/told": at(-1), "s/mended": at(-8), "s/planned": at(-3), "s/new": today,
	}, updated)
}
