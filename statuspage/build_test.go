// SPDX-License-Identifier: Apache-2.0

package statuspage_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

var now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// input returns a page with two nodes, one of which reveals names.
func input() statuspage.Input {
	api, db := status.NodeID{Service: "web", Node: "api"}, status.NodeID{Service: "web", Node: "db"}
	cpu := 0.5
	return statuspage.Input{
		Brand:      statuspage.Brand{Title: "Status"},
		Now:        now,
		StaleAfter: time.Minute,
		Reading: statuspage.Reading{
			At:       now.Add(-time.Second),
			Newest:   now.Add(-2 * time.Second),
			Overall:  status.Dead,
			Services: map[string]status.Status{"web": status.Dead},
			Nodes:    map[status.NodeID]status.Status{api: status.Healthy, db: status.Dead},
			Replicas: map[status.ID]statuspage.ReplicaReading{
				api.Replica("tcp://b"): {Status: status.Healthy, Reason: status.Timeout, Latency: time.Second, CPU: &cpu, LastSeen: now},
				api.Replica("tcp://a"): {Status: status.Healthy},
				db.Replica("tcp://c"):  {Status: status.Dead, Reason: status.Connect},
			},
			Layout: statuspage.Layout{Services: []statuspage.ServiceLayout{{ID: "web", Label: "Web", Nodes: []statuspage.NodeLayout{
				{ID: "db", Label: "Database", Mode: "poll", Reveal: true, LinkURL: "https://l.example", LinkLabel: "More"},
				{ID: "api", Mode: "push"},
			}}}},
		},
	}
}

func TestBuild(t *testing.T) {
	t.Parallel()
	in := input()
	in.Announcements = []statuspage.Announcement{{ID: "1", Time: now.Add(-time.Hour)}, {ID: "2", Time: now}, {ID: "3", Time: now}}
	cpu := 0.5
	want := statuspage.Page{
		Brand:   statuspage.Brand{Title: "Status"},
		Status:  status.Dead,
		Built:   now,
		AsOf:    now.Add(-2 * time.Second),
		Today:   day(11, 21),
		Weights: statuspage.DefaultWeights(),
		Services: []statuspage.Service{{ID: "web", Label: "Web", Status: status.Dead, Nodes: []statuspage.Node{
			{
				ID: "db", Label: "Database", Mode: "poll", Status: status.Dead, LinkURL: "https://l.example", LinkLabel: "More",
				Replicas: []statuspage.Replica{{Number: 1, Name: "tcp://c", Status: status.Dead, Reason: status.Connect}},
			},
			{ID: "api", Label: "api", Mode: "push", Status: status.Healthy, Replicas: []statuspage.Replica{
				{Number: 1, Status: status.Healthy},
				{Number: 2, Status: status.Healthy, Latency: time.Second, CPU: &cpu, LastSeen: now},
			}},
		}}},
		Announcements: []statuspage.Announcement{{ID: "3", Time: now}, {ID: "2", Time: now}, {ID: "1", Time: now.Add(-time.Hour)}},
	}
	if diff := cmp.Diff(want, statuspage.Build(in)); diff != "" {
		t.Error(diff)
	}
	require.Equal(t, "1", in.Announcements[0].ID, "the input is not changed")
}

func TestBuildSaysWhyAndSinceWhen(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		change func(*statuspage.Reading)
		want   statuspage.Problem
	}{
		"fresh":        {func(*statuspage.Reading) {}, statuspage.Problem{}},
		"just in time": {func(r *statuspage.Reading) { r.At, r.Newest = now.Add(-time.Minute), now.Add(-time.Minute) }, statuspage.Problem{}},
		"never read":   {func(r *statuspage.Reading) { *r = statuspage.Reading{} }, statuspage.Problem{Kind: statuspage.NeverAnswered}},
		"no answer":    {func(r *statuspage.Reading) { r.At = now.Add(-time.Hour) }, statuspage.Problem{Kind: statuspage.NoAnswer, Since: now.Add(-time.Hour)}},
		"no data":      {func(r *statuspage.Reading) { r.Newest = time.Time{} }, statuspage.Problem{Kind: statuspage.NoData}},
		"old data":     {func(r *statuspage.Reading) { r.Newest = now.Add(-61 * time.Second) }, statuspage.Problem{Kind: statuspage.NoNewData, Since: now.Add(-61 * time.Second)}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := input()
			in.Layout = in.Reading.Layout
			c.change(&in.Reading)
			p := statuspage.Build(in)
			require.Equal(t, c.want, p.Problem)
			require.Equal(t, c.want.Kind != statuspage.NoProblem, p.Stale)
			require.Equal(t, in.Reading.Newest, p.AsOf)
			require.Len(t, p.Services, 1, "the page is never empty")
			if p.Stale {
				require.Equal(t, []status.Status{status.Unknown}, shown(p))
			}
		})
	}
}

// shown returns the statuses that a page shows anywhere, each once.
func shown(p statuspage.Page) []status.Status {
	all := []status.Status{p.Status}
	for _, s := range p.Services {
		all = append(all, s.Status)
		for _, n := range s.Nodes {
			all = append(all, n.Status)
			for _, r := range n.Replicas {
				all = append(all, r.Status)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func TestBuildFallsBackToTheLastLayout(t *testing.T) {
	t.Parallel()
	in := input()
	in.Layout, in.Reading.Layout = in.Reading.Layout, statuspage.Layout{}
	p := statuspage.Build(in)
	require.Equal(t, "Database", p.Services[0].Nodes[0].Label)
	require.Equal(t, status.Dead, p.Services[0].Nodes[0].Status)
}

func TestBuildWithoutReplicasIsUnknown(t *testing.T) {
	t.Parallel()
	in := input()
	in.Reading.Replicas = nil
	p := statuspage.Build(in)
	for _, n := range p.Services[0].Nodes {
		require.Equal(t, status.Unknown, n.Status)
	}
	in.Reading.Layout, in.Reading.Overall = statuspage.Layout{}, status.Healthy
	require.Equal(t, status.Unknown, statuspage.Build(in).Status, "a page of nothing")
}

// TestBuildIsNeverHealthierThanWhatItShows: the reading may be torn, since rules
// are evaluated one after the other.
func TestBuildIsNeverHealthierThanWhatItShows(t *testing.T) {
	t.Parallel()
	api := status.NodeID{Service: "web", Node: "api"}
	cases := map[string]struct {
		replica, node, service, overall status.Status
		want                            []status.Status // of the node, the service and the page
	}{
		"sick below healthy":    {status.Sick, status.Healthy, status.Healthy, status.Healthy, []status.Status{status.Sick, status.Sick, status.Sick}},
		"dead below healthy":    {status.Dead, status.Healthy, status.Healthy, status.Healthy, []status.Status{status.Sick, status.Sick, status.Sick}},
		"unknown below healthy": {status.Unknown, status.Healthy, status.Healthy, status.Healthy, []status.Status{status.Unknown, status.Unknown, status.Unknown}},
		"a minimum of replicas": {status.Dead, status.Sick, status.Sick, status.Sick, []status.Status{status.Sick, status.Sick, status.Sick}},
		"dead node":             {status.Dead, status.Dead, status.Unknown, status.Sick, []status.Status{status.Dead, status.Dead, status.Dead}},
		"dead page":             {status.Healthy, status.Healthy, status.Sick, status.Dead, []status.Status{status.Healthy, status.Sick, status.Dead}},
		"nothing recorded":      {status.Healthy, status.Unknown, status.Unknown, status.Unknown, []status.Status{status.Unknown, status.Unknown, status.Unknown}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := input()
			in.Reading.Layout.Services[0].Nodes = in.Reading.Layout.Services[0].Nodes[1:]
			in.Reading.Replicas = map[status.ID]statuspage.ReplicaReading{api.Replica("a"): {Status: c.replica}}
			in.Reading.Nodes[api], in.Reading.Services["web"], in.Reading.Overall = c.node, c.service, c.overall
			p := statuspage.Build(in)
			require.Equal(t, c.want, []status.Status{p.Services[0].Nodes[0].Status, p.Services[0].Status, p.Status})
		})
	}
}

func TestBuildHidesNames(t *testing.T) {
	t.Parallel()
	in := input()
	text, err := json.Marshal(statuspage.Build(in))
	require.NoError(t, err)
	require.Equal(t, 1, strings.Count(string(text), "tcp://"))
	require.Contains(t, string(text), "tcp://c", "the one that is revealed")
}

func BenchmarkBuild(b *testing.B) {
	in := input()
	in.Reading.Replicas = map[status.ID]statuspage.ReplicaReading{}
	in.Reading.Layout.Services[0].Nodes = nil
	for i := range 1000 {
		id := status.NodeID{Service: "web", Node: fmt.Sprint("node-", i)}
		in.Reading.Layout.Services[0].Nodes = append(in.Reading.Layout.Services[0].Nodes, statuspage.NodeLayout{ID: id.Node})
		for _, name := range []string{"a", "b", "c"} {
			in.Reading.Replicas[id.Replica(name)] = statuspage.ReplicaReading{Status: status.Healthy}
		}
	}
	for b.Loop() {
		statuspage.Build(in)
	}
}
