// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/internal/testkit"
	"github.com/pharos-status/pharos/statuspage"
)

// TestBrowser runs testdata/browser/checks.mjs against a server.
func TestBrowser(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes a browser half a minute")
	}
	node, chromium := testkit.Program(t, "node"), testkit.Program(t, "chromium")
	folder := filepath.Join("testdata", "browser")
	if _, err := os.Stat(filepath.Join(folder, "node_modules", "playwright-core")); err != nil {
		testkit.Skip(t, "the npm packages of statuspage/server/testdata/browser are not installed")
	}

	s, _ := newServer(t, "branding: {page_title: Acme Status, company_name: Acme, website_url: \"https://example.com/\", logo_color: \"#1972f5\"}\nstale_after: 1h\n")
	start(t, s)
	public := http.NewServeMux()
	public.Handle("/", s.Public())
	public.Handle("POST /control/", controls(t, s))
	web := httptest.NewServer(public)
	defer web.Close()

	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	checks := exec.CommandContext(ctx, node, "checks.mjs", web.URL, chromium)
	checks.Dir = folder
	out, err := checks.CombinedOutput()
	t.Logf("%s", out)
	require.NoError(t, err)
}

// controls sets the state that the server shows, and answers once it does.
func controls(t *testing.T, s *Server) http.Handler {
	t.Helper()
	return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		switch what := filepath.Base(r.URL.Path); what {
		case "announce":
			_, err := s.store.Announce("Maintenance tonight", "We move at 22:00 UTC.\nExpect a short break.")
			require.NoError(t, err)
		case "retract":
			all, err := s.store.Announcements()
			require.NoError(t, err)
			for _, a := range all {
				require.NoError(t, s.store.Retract(a.ID))
			}
		default:
			reading := manyNodes(what)
			with(s, fakeSource{func(context.Context) (statuspage.Reading, error) { return reading, nil }})
			until(r, func() bool { return s.pages.lastReading().At.Equal(reading.At) })
		}
		before := s.pages.site.Load()
		s.pages.redrawSoon()
		until(r, func() bool { return s.pages.site.Load() != before })
	})
}

// until waits for the goroutine that draws, or until the client has gone.
func until(r *http.Request, done func() bool) {
	for !done() && r.Context().Err() == nil {
		time.Sleep(time.Millisecond) // nothing tells that it has
	}
}

// manyNodes is a reading of 25 nodes with three replicas each.
func manyNodes(state string) statuspage.Reading {
	s, at := status.Unknown, time.Now()
	_ = s.UnmarshalText([]byte(state))
	if state == "fewer" {
		s = status.Healthy
	}
	reading := statuspage.Reading{
		At: at, Newest: at, Overall: s,
		Services: map[string]status.Status{"web": s}, Nodes: map[status.NodeID]status.Status{}, Replicas: map[status.ID]statuspage.ReplicaReading{},
	}
	service := statuspage.ServiceLayout{ID: "web", Label: "Web nodes"}
	for i := range 25 {
		if state == "fewer" && i%2 == 1 {
			continue
		}
		node := statuspage.NodeLayout{ID: fmt.Sprint("n", i+1), Label: fmt.Sprint("Node ", i+1), Mode: "poll", Reveal: i == 0}
		if i == 1 {
			node.LinkURL, node.LinkLabel = "https://example.com/", "Its home"
		}
		service.Nodes = append(service.Nodes, node)
		if state == "empty" {
			continue
		}
		id := status.NodeID{Service: "web", Node: node.ID}
		reading.Nodes[id] = s
		cpu, ram := 0.3, 0.8
		reading.Replicas[id.Replica("https://edge-1.a-rather-long-name.example.com:8443/health")] = statuspage.ReplicaReading{Status: s, Reason: status.Connect, Latency: 32 * time.Millisecond, LastSeen: at}
		reading.Replicas[id.Replica("https://edge-2.example.com/")] = statuspage.ReplicaReading{Status: s, Reason: status.Load, CPU: &cpu, RAM: &ram, LastSeen: at}
		reading.Replicas[id.Replica("https://edge-3.example.com/")] = statuspage.ReplicaReading{Status: s}
	}
	reading.Layout.Services = []statuspage.ServiceLayout{service}
	if state == "stale" {
		reading.At, reading.Newest = at.Add(-2*time.Hour), at.Add(-2*time.Hour)
	}
	return reading
}
