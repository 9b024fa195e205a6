// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/view"
	"github.com/pharos-status/pharos/statuspage/words"
)

// TestScreenshots takes the pictures of docs/screenshots anew, if the environment
// variable PHAROS_SCREENSHOTS names the folder. Those of the page are of a fixed
// moment, so that they change only with what they show; those of the operators' pages
// are of the real program.
func TestScreenshots(t *testing.T) {
	folder := os.Getenv("PHAROS_SCREENSHOTS")
	if folder == "" {
		t.Skip("make screenshots takes them")
	}
	needBrowser(t)
	folder, err := filepath.Abs(filepath.Join("../..", folder))
	if err != nil {
		t.Fatal(err)
	}
	gallery := httptest.NewServer(newGallery(t))
	defer gallery.Close()
	w := newWorld(t)
	w.script(t, "screenshots.mjs", gallery.URL, folder, galleryNow().Format(time.RFC3339))
}

// galleryNow is the moment of all pictures.
func galleryNow() time.Time { return time.Date(2026, time.November, 24, 9, 30, 15, 0, time.UTC) }

type drawing func(w io.Writer, p statuspage.Page, o view.Options) error

// newGallery serves the pages that pictures are taken of, by their names.
func newGallery(t *testing.T) http.Handler {
	t.Helper()
	mux := http.NewServeMux()
	for _, a := range view.Assets() {
		mux.HandleFunc("GET "+a.Path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", a.ContentType)
			_, _ = w.Write(a.Body)
		})
	}
	add := func(name string, p statuspage.Page, draw drawing) {
		var b bytes.Buffer
		o := view.Options{Words: words.In("en"), Subscribe: view.Subscribe{Email: true, Webhook: true}, Languages: words.Languages()}
		if err := draw(&b, p, o); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		mux.HandleFunc("GET /"+name, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = w.Write(b.Bytes())
		})
	}
	add("healthy", healthyPage(), view.Index)
	add("incident", incidentPage(), view.Index)
	add("maintenance", maintenancePage(), view.Index)
	add("unknown", unknownPage(), view.Index)
	add("long-names", longPage(), view.Index)
	add("rtl", rightToLeftPage(), view.Index)
	add("thousand", thousandPage(), view.Index)
	add("empty", statuspage.Page{Brand: statuspage.Brand{Title: "Nordwind Status"}, Built: galleryNow(), Stale: true, Problem: statuspage.Problem{Kind: statuspage.NeverAnswered}}, view.Index)
	add("subscribe", healthyPage(), func(w io.Writer, p statuspage.Page, o view.Options) error {
		return view.SubscribePage(w, p, view.SubscribeState{}, o)
	})
	add("service", incidentPage(), func(w io.Writer, p statuspage.Page, o view.Options) error {
		return view.Service(w, p, "infrastructure", o)
	})
	add("history", incidentPage(), func(w io.Writer, p statuspage.Page, o view.Options) error {
		return view.History(w, p, time.Time{}, o)
	})
	add("incident-page", incidentPage(), func(w io.Writer, p statuspage.Page, o view.Options) error {
		return view.Incident(w, p, "virg1n1a00", o)
	})
	return mux
}

// page returns the company's at the moment of the pictures, when all of it is well.
func (c *company) page() statuspage.Page {
	now := galleryNow()
	today := now.Truncate(dayLength)
	passed := int(now.Sub(today) / time.Minute)
	p := statuspage.Page{
		ID:     "main",
		Brand:  statuspage.Brand{Title: "Nordwind Status", CompanyName: "Nordwind", WebsiteURL: "https://www.example.com/", SupportURL: "mailto:support@example.com"},
		Status: status.Healthy, Built: now, AsOf: now.Add(-2 * time.Second), Today: today, Weights: statuspage.DefaultWeights(),
	}
	for i := range c.services {
		from := &c.services[i]
		s := statuspage.Service{ID: from.id, Label: from.label, Status: status.Healthy, Past: pastOf(func(ago, passed int) statuspage.Minutes { return from.minutes(ago, passed) }, passed)}
		for j := range from.nodes {
			n := &from.nodes[j]
			s.Nodes = append(s.Nodes, n.shown(now, passed))
		}
		p.Services = append(p.Services, s)
	}
	return p
}

func pastOf(of func(ago, passed int) statuspage.Minutes, passed int) statuspage.Past {
	past := statuspage.Past{Days: make([]statuspage.Day, 90)}
	weights := statuspage.DefaultWeights()
	up, total := 0.0, 0.0
	for i := range past.Days {
		ago, length := 89-i, 24*60
		if ago == 0 {
			length = passed
		}
		past.Days[i].Minutes = of(ago, length)
		u, t := weights.Count(past.Days[i].Minutes)
		up, total = up+u, total+t
	}
	past.Uptime = new(up / total)
	return past
}

func (n *companyNode) shown(now time.Time, passed int) statuspage.Node {
	out := statuspage.Node{ID: n.id.Node, Label: n.label, Mode: n.mode, Status: status.Healthy, Past: pastOf(n.minutes, passed)}
	r := n.random()
	for i := range n.replicas {
		replica := statuspage.Replica{Number: i + 1, Status: status.Healthy, LastSeen: now.Add(-time.Duration(2+r.IntN(4)) * time.Second)}
		if n.median > 0 {
			replica.Latency = time.Duration(n.median * (0.8 + 0.4*r.Float64()) * float64(time.Second)).Round(100 * time.Microsecond)
		} else {
			replica.CPU, replica.RAM = new(0.2+0.4*r.Float64()), new(0.5)
		}
		out.Replicas = append(out.Replicas, replica)
	}
	if n.median > 0 {
		out.Latency = n.charts(now)
	}
	return out
}

func (n *companyNode) charts(now time.Time) *statuspage.Charts {
	var c statuspage.Charts
	for w, step := range []time.Duration{5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 6 * time.Hour} {
		span := []time.Duration{dayLength, 7 * dayLength, 30 * dayLength, 90 * dayLength}[w]
		start := now.Truncate(step).Add(-span)
		median := statuspage.Series{Start: start, Step: step}
		p95 := median
		for at := start; !at.After(now); at = at.Add(step) {
			v := float32(n.latency(at))
			median.Values, p95.Values = append(median.Values, v), append(p95.Values, 1.7*v)
		}
		c[w] = statuspage.Latency{Median: median, P95: p95}
	}
	return &c
}

// node returns a node of a page.
func node(p *statuspage.Page, service, id string) (*statuspage.Service, *statuspage.Node) {
	for i := range p.Services {
		for j := range p.Services[i].Nodes {
			if s := &p.Services[i]; s.ID == service && s.Nodes[j].ID == id {
				return s, &s.Nodes[j]
			}
		}
	}
	return nil, nil
}

func pastIncidents() []statuspage.Incident {
	at := galleryNow().Truncate(dayLength).Add(-3*dayLength + 14*time.Hour)
	return []statuspage.Incident{{
		ID: "s1gn1n0000", Title: "Sign-in was slow", Impact: statuspage.ImpactMinor, Components: []statuspage.Ref{{Service: "website-and-apps", Node: "sign-in"}},
		Started: at, Resolved: at.Add(42 * time.Minute), Updates: []statuspage.Update{
			{ID: "a", Phase: statuspage.Investigating, Text: "Sign-in takes up to 20 seconds.", Time: at.Add(3 * time.Minute)},
			{ID: "b", Phase: statuspage.Resolved, Text: "A cache was too small. It is larger now, and we are warned before it fills up.", Time: at.Add(42 * time.Minute)},
		},
	}}
}

func plannedMaintenance(start time.Time) (*statuspage.Maintenance, statuspage.Occurrence) {
	m := &statuspage.Maintenance{
		ID: "d1sks00000", Title: "New disks for the primary database", Text: "Writes are **refused** for some minutes, reads go on.",
		Components: []statuspage.Ref{{Service: "infrastructure", Node: "primary-database"}}, Start: start, End: start.Add(2 * time.Hour),
	}
	o := statuspage.Occurrence{Maintenance: m, Start: m.Start, End: m.End, Phase: statuspage.Scheduled}
	if !start.After(galleryNow()) {
		o.Phase = statuspage.InProgress
	}
	return m, o
}

func healthyPage() statuspage.Page {
	c := newCompany()
	p := c.page()
	p.Incidents = pastIncidents()
	m, o := plannedMaintenance(galleryNow().Add(62*time.Hour - 15*time.Second - 30*time.Minute))
	p.Maintenances, p.Occurrences = []statuspage.Maintenance{*m}, []statuspage.Occurrence{o}
	return p
}

func incidentPage() statuspage.Page {
	p := healthyPage()
	since := galleryNow().Add(-65 * time.Minute)
	s, n := node(&p, "infrastructure", "virginia")
	p.Status, s.Status, n.Status, p.Since, s.Since, n.Since = status.Dead, status.Dead, status.Dead, since, since, since
	n.Days[89].Minutes = statuspage.Minutes{status.Healthy: 505, status.Dead: 65}
	s.Days[89].Minutes = n.Days[89].Minutes
	for i := range n.Replicas {
		n.Replicas[i].Status, n.Replicas[i].Reason = status.Dead, status.Timeout
	}
	_, slow := node(&p, "infrastructure", "content-delivery")
	slow.Status, slow.Since = status.Sick, since.Add(12*time.Minute)
	slow.Replicas[0].Status, slow.Replicas[0].Reason, slow.Replicas[0].Latency = status.Sick, status.Slow, 6100*time.Millisecond
	slow.Days[89].Minutes = statuspage.Minutes{status.Healthy: 517, status.Sick: 53}
	p.Incidents = append([]statuspage.Incident{{
		ID: "virg1n1a00", Title: "Virginia does not answer", Impact: statuspage.ImpactMajor, Components: []statuspage.Ref{{Service: "infrastructure", Node: "virginia"}, {Service: "infrastructure", Node: "content-delivery"}},
		Started: since, Updates: []statuspage.Update{
			{ID: "a", Phase: statuspage.Investigating, Text: "We are looking into it.", Time: since.Add(4 * time.Minute)},
			{ID: "b", Phase: statuspage.Identified, Text: "Our provider has lost power in one of its buildings. We are moving traffic to Dublin; content delivery is **slow** until that is done.", Time: since.Add(31 * time.Minute)},
		},
	}}, p.Incidents...)
	return p
}

func maintenancePage() statuspage.Page {
	p := healthyPage()
	m, o := plannedMaintenance(galleryNow().Add(-30*time.Minute - 15*time.Second))
	p.Maintenances, p.Occurrences = []statuspage.Maintenance{*m}, []statuspage.Occurrence{o}
	s, n := node(&p, "infrastructure", "primary-database")
	n.Status, n.InMaintenance, n.Since = status.Dead, true, galleryNow().Add(-20*time.Minute)
	n.Replicas[0].Status, n.Replicas[0].Reason = status.Dead, status.Connect
	p.Status, s.Status = status.Dead, status.Dead
	return p
}

func unknownPage() statuspage.Page {
	p := healthyPage()
	p.Status, p.Stale, p.AsOf = status.Unknown, true, galleryNow().Add(-26*time.Minute)
	p.Problem = statuspage.Problem{Kind: statuspage.NoAnswer, Since: p.AsOf}
	for i := range p.Services {
		s := &p.Services[i]
		s.Status = status.Unknown
		for j := range s.Nodes {
			s.Nodes[j].Status = status.Unknown
			for k := range s.Nodes[j].Replicas {
				s.Nodes[j].Replicas[k].Status = status.Unknown
			}
		}
	}
	return p
}

func longPage() statuspage.Page {
	p := incidentPage()
	word := strings.Repeat("Donaudampfschifffahrtsgesellschaft", 3)
	p.Brand.Title = "The status of " + word
	p.Services = p.Services[4:]
	s, n := node(&p, "infrastructure", "virginia")
	s.Label, n.Label, n.Replicas[0].Name = word, "Servers of the "+word, "https://"+strings.ToLower(word)+".example.com:8443/health"
	p.Incidents[0].Title = "Incident with " + word
	return p
}

func rightToLeftPage() statuspage.Page {
	p := incidentPage()
	p.Services = p.Services[3:]
	p.Services[0].Label = "الرسائل والبريد"
	p.Services[1].Label = "البنية التحتية"
	_, n := node(&p, "infrastructure", "virginia")
	n.Label = "خوادم فرجينيا 24/7 (رئيسي)"
	_, n = node(&p, "infrastructure", "dublin")
	n.Label = "שרתי דבלין"
	p.Incidents[0].Title = "خوادم فرجينيا لا تستجيب"
	return p
}

func thousandPage() statuspage.Page {
	c := newCompany()
	for i := range 15 {
		s := c.services[i%5]
		s.id, s.label = fmt.Sprint(s.id, "-", i), fmt.Sprint(s.label, " ", i/5+2)
		c.services = append(c.services, s)
	}
	for i := range c.services {
		all := slices.Clone(c.services[i].nodes)
		for k := range 4 {
			for _, n := range c.services[i].nodes {
				n.label = fmt.Sprint(n.label, " ", k+2)
				n.id.Node = slug(n.label)
				all = append(all, n)
			}
		}
		c.services[i].nodes = all
	}
	p := c.page()
	s, n := node(&p, "api", "webhooks-3")
	p.Status, s.Status, n.Status = status.Sick, status.Sick, status.Sick
	n.Replicas[0].Status, n.Replicas[0].Reason = status.Sick, status.Slow
	return p
}
