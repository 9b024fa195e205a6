// SPDX-License-Identifier: Apache-2.0

package statuspage_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

// secret begins the name of every replica that is drawn: what must not leak.
const secret = "secret://"

// drawInput draws a page of up to 3 × 3 × 3, of which anything may be missing
// from the reading.
func drawInput(t *rapid.T) statuspage.Input {
	in := statuspage.Input{
		Now:        now,
		StaleAfter: time.Minute,
		Layout:     drawLayout(t),
		Reading: statuspage.Reading{
			At:       drawTime(t, "at"),
			Newest:   drawTime(t, "newest"),
			Overall:  drawStatus(t),
			Layout:   drawLayout(t),
			Services: map[string]status.Status{},
			Nodes:    map[status.NodeID]status.Status{},
			Replicas: map[status.ID]statuspage.ReplicaReading{},
		},
	}
	for s := range 3 {
		service := fmt.Sprint("s", s)
		in.Reading.Services[service] = drawStatus(t)
		for n := range 3 {
			node := status.NodeID{Service: service, Node: fmt.Sprint("n", n)}
			in.Reading.Nodes[node] = drawStatus(t)
			for _, name := range rapid.SliceOfN(rapid.StringMatching("[a-c]"), 0, 3).Draw(t, "replicas") {
				in.Reading.Replicas[node.Replica(secret+name)] = statuspage.ReplicaReading{Status: drawStatus(t), Reason: status.Timeout}
			}
		}
	}
	return in
}

func drawStatus(t *rapid.T) status.Status {
	return rapid.SampledFrom([]status.Status{status.Unknown, status.Healthy, status.Sick, status.Dead}).Draw(t, "status")
}

func drawTime(t *rapid.T, name string) time.Time {
	return rapid.SampledFrom([]time.Time{{}, now.Add(-2 * time.Minute), now.Add(-time.Second), now}).Draw(t, name)
}

func drawLayout(t *rapid.T) statuspage.Layout {
	var l statuspage.Layout
	for s := range rapid.IntRange(0, 3).Draw(t, "services") {
		service := statuspage.ServiceLayout{ID: fmt.Sprint("s", s)}
		for n := range rapid.IntRange(0, 3).Draw(t, "nodes") {
			service.Nodes = append(service.Nodes, statuspage.NodeLayout{ID: fmt.Sprint("n", n), Reveal: rapid.Bool().Draw(t, "reveal")})
		}
		l.Services = append(l.Services, service)
	}
	return l
}

func TestPropertyUnknownIsNeverHealthy(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := drawInput(t)
		p := statuspage.Build(in)
		fresh := now.Sub(in.Reading.At) <= in.StaleAfter && now.Sub(in.Reading.Newest) <= in.StaleAfter
		if p.Stale == fresh || p.Stale != (p.Problem.Kind != statuspage.NoProblem) {
			t.Fatalf("stale is %v: %q", p.Stale, p.Problem.Kind)
		}
		if all := shown(p); p.Stale && (len(all) != 1 || all[0] != status.Unknown) {
			t.Fatalf("stale, but shows %v", all)
		}
		checkPage(t, p)
	})
}

// checkPage: nothing is healthier than what it is made of, and nothing is
// healthy that is made of nothing.
func checkPage(t *rapid.T, p statuspage.Page) {
	if p.Status == status.Healthy && len(p.Services) == 0 {
		t.Fatal("a page of nothing is healthy")
	}
	for _, s := range p.Services {
		if s.Status.Severity() > p.Status.Severity() || s.Status == status.Healthy && len(s.Nodes) == 0 {
			t.Fatalf("page %v, service %+v", p.Status, s)
		}
		for _, n := range s.Nodes {
			if n.Status.Severity() > s.Status.Severity() || n.Status == status.Healthy && len(n.Replicas) == 0 {
				t.Fatalf("service %v, node %+v", s.Status, n)
			}
			for i, r := range n.Replicas {
				if n.Status == status.Healthy && r.Status != status.Healthy || r.Number != i+1 || r.Status == status.Healthy && r.Reason != status.None {
					t.Fatalf("node %v, replica %+v", n.Status, r)
				}
			}
		}
	}
}

func TestPropertyNamesDoNotLeak(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := drawInput(t)
		layout := in.Reading.Layout
		if len(layout.Services) == 0 {
			layout = in.Layout
		}
		revealed := 0
		for _, s := range layout.Services {
			for _, n := range s.Nodes {
				for id := range in.Reading.Replicas {
					if n.Reveal && id.NodeID() == (status.NodeID{Service: s.ID, Node: n.ID}) {
						revealed++
					}
				}
			}
		}
		text, err := json.Marshal(statuspage.Build(in))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(string(text), secret); got != revealed {
			t.Fatalf("%d names are on the page, %d are revealed", got, revealed)
		}
	})
}
