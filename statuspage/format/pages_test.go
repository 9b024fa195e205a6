// SPDX-License-Identifier: Apache-2.0

package format_test

import (
	"fmt"
	"time"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

// now is when the pages of these tests were built: before summer time ended in New
// York would be another day, so zones are told apart.
func now() time.Time { return time.Date(2026, time.November, 21, 9, 30, 15, 0, time.UTC) }

func today() time.Time { return now().Truncate(24 * time.Hour) }

// days are n days of which the last but one had an outage.
func days(n int) statuspage.Past {
	var past statuspage.Past
	for i := range n {
		d := statuspage.Day{Minutes: statuspage.Minutes{status.Healthy: 1440}}
		switch i {
		case n - 1:
			d.Minutes = statuspage.Minutes{status.Healthy: 570}
		case n - 2:
			d.Minutes = statuspage.Minutes{status.Healthy: 1340, status.Dead: 40, statuspage.InMaintenance: 60}
			d.Corrected = true
		}
		past.Days = append(past.Days, d)
	}
	past.Uptime = new(0.99994)
	return past
}

// input is a page with one of everything, before it is built; a draft and what opened
// an incident are in it, which nobody may see.
func input() statuspage.Input {
	core := statuspage.Ref{Service: "web", Node: "core"}
	at := func(hours float64) time.Time { return now().Add(time.Duration(hours * float64(time.Hour))) }
	return statuspage.Input{
		Incidents: []statuspage.Incident{
			{
				ID: "incident0000000000002", Title: "Core servers do not answer", Impact: statuspage.ImpactMajor, Components: []statuspage.Ref{core, {Service: "socket"}},
				Started: at(-2), Created: at(-1.9), Updated: at(-1), Alert: "canary-alert", Updates: []statuspage.Update{
					{ID: "update000000000000001", Phase: statuspage.Investigating, Text: "We are **looking** into it.", Time: at(-1.9), Created: at(-1.9)},
					{ID: "update000000000000002", Phase: statuspage.Monitoring, Text: "A fix is in place: <https://example.com/fix>.", Time: at(-1), Created: at(-1), Edited: at(-0.9)},
				},
			},
			{
				ID: "incident0000000000001", Title: "Slow answers", Impact: statuspage.ImpactMinor, Components: []statuspage.Ref{{Service: "web"}},
				Started: at(-50), Resolved: at(-48), Created: at(-50), Updated: at(-24), Updates: []statuspage.Update{
					{ID: "update000000000000003", Phase: statuspage.Identified, Text: "A disk is full.", Time: at(-50), Created: at(-50)},
					{ID: "update000000000000004", Phase: statuspage.Resolved, Text: "It is empty.", Time: at(-48), Created: at(-48)},
					{ID: "update000000000000005", Phase: statuspage.Postmortem, Text: "#### Why\n\n1. Logs\n2. More logs", Time: at(-24), Created: at(-24)},
				},
			},
			{ID: "incident0000000000003", Title: "canary-draft", Impact: statuspage.ImpactCritical, Draft: true, Started: at(-1), Created: at(-1), Updated: at(-1)},
		},
		Maintenances: []statuspage.Maintenance{
			{
				ID: "maintenance00000000001", Title: "Move to the new data center", Text: "Expect a *short* break.", Components: []statuspage.Ref{{Service: "jobs"}},
				Start: at(-0.5), End: at(1.5), Created: at(-100), Updated: at(-0.5), Sequence: 2, Updates: []statuspage.Update{
					{ID: "update000000000000006", Phase: statuspage.InProgress, Text: "We have begun.", Time: at(-0.5), Created: at(-0.5)},
				},
			},
			{
				ID: "maintenance00000000002", Title: "Weekly patches", Text: "Machines restart one by one.", Components: []statuspage.Ref{core},
				Start: time.Date(2026, time.October, 14, 0, 0, 0, 0, time.UTC), End: time.Date(2026, time.October, 14, 2, 0, 0, 0, time.UTC),
				RRule: "FREQ=WEEKLY;BYDAY=WE;UNTIL=20270331", TimeZone: "Europe/Berlin", Created: at(-900), Updated: at(-200), Sequence: 3,
				Cuts: []statuspage.Cut{
					{Start: time.Date(2026, time.October, 28, 1, 0, 0, 0, time.UTC), End: time.Date(2026, time.October, 28, 1, 0, 0, 0, time.UTC)},
					{Start: time.Date(2026, time.November, 4, 1, 0, 0, 0, time.UTC), End: time.Date(2026, time.November, 4, 1, 30, 0, 0, time.UTC)},
				},
			},
			{ID: "maintenance00000000003", Title: "Called off", Start: at(100), End: at(101), Created: at(-10), Updated: at(-5), Sequence: 1, Cancelled: true},
			{ID: "maintenance00000000004", Title: "Far ahead", Start: at(24 * 200), End: at(24*200 + 2), Created: at(-10), Updated: at(-10)},
		},
		Announcements: []statuspage.Announcement{{ID: "announcement0001", Title: "We have a new office", Text: "Visit us.\n\n- Mondays\n- [Directions](https://example.com/map)", Time: at(-30)}},
	}
}

// mixed is a page with one of everything.
func mixed() statuspage.Page {
	seen := now().Add(-7 * time.Second)
	in := input()
	in.Now, in.StaleAfter = now(), time.Minute
	in.Layout = statuspage.Layout{Services: []statuspage.ServiceLayout{
		{ID: "web", Nodes: []statuspage.NodeLayout{{ID: "core"}, {ID: "balancer"}}},
		{ID: "socket", Nodes: []statuspage.NodeLayout{{ID: "app"}, {ID: "relay"}}},
		{ID: "jobs", Nodes: []statuspage.NodeLayout{{ID: "disk"}}},
	}}
	p := statuspage.Build(in)
	p.ID, p.Status, p.AsOf, p.Stale, p.Problem, p.Today = "main", status.Dead, now().Add(-2*time.Second), false, statuspage.Problem{}, today()
	p.Weights = statuspage.DefaultWeights()
	p.Brand = statuspage.Brand{
		Title: "Acme Status", URL: "https://status.example.com/", CompanyName: "Acme & Sons", IconURL: "https://example.com/icon.png",
		LogoURL: "https://example.com/logo.svg", WebsiteURL: "https://example.com/", SupportURL: "mailto:support@example.com",
	}
	p.Services = []statuspage.Service{
		{ID: "web", Label: "Web nodes", Status: status.Dead, Since: now().Add(-2 * time.Hour), Past: days(90), Nodes: []statuspage.Node{
			{
				ID: "core", Label: "Core servers", Mode: "poll", Status: status.Dead, Since: now().Add(-2 * time.Hour), Past: days(90),
				LinkURL: "https://example.com/core?a=1&b=2", LinkLabel: "About the core",
				Replicas: []statuspage.Replica{
					{Number: 1, Name: "tcp://edge-1.example.com:80", Status: status.Healthy, Latency: 32 * time.Millisecond, LastSeen: seen},
					{Number: 2, Name: "tcp://edge-2.example.com:80", Status: status.Dead, Reason: status.Timeout, Latency: 10 * time.Second, LastSeen: seen},
				},
			},
			{ID: "balancer", Label: "Load balancer", Mode: "poll", Status: status.Healthy, Past: days(3), Replicas: []statuspage.Replica{{Number: 1, Status: status.Healthy}}},
		}},
		{ID: "socket", Label: "Visitor sockets", Status: status.Sick, Nodes: []statuspage.Node{
			{ID: "app", Label: "Application", Mode: "push", Status: status.Sick, Replicas: []statuspage.Replica{{Number: 1, Status: status.Sick, CPU: new(1.25), RAM: new(0.41)}}},
			{ID: "relay", Label: "Relay", Mode: "promql", Status: status.Healthy, Value: new(4.25), Unit: "%"},
		}},
		{ID: "jobs", Label: "Background jobs", Status: status.Dead, InMaintenance: true, Nodes: []statuspage.Node{
			{ID: "disk", Label: "Disk space", Mode: "script", Status: status.Dead, InMaintenance: true, Replicas: []statuspage.Replica{{Number: 1, Status: status.Dead}}},
		}},
	}
	return p
}

// uniform is the mixed page without events, and all of it in one status.
func uniform(s status.Status) statuspage.Page {
	p := mixed()
	p.Status, p.Announcements, p.Incidents, p.Maintenances, p.Occurrences = s, nil, nil, nil, nil
	for i := range p.Services {
		service := &p.Services[i]
		service.Status, service.InMaintenance, service.Since = s, false, time.Time{}
		for j := range service.Nodes {
			n := &service.Nodes[j]
			n.Status, n.InMaintenance, n.Since = s, false, time.Time{}
			for k := range n.Replicas {
				n.Replicas[k].Status = s
			}
		}
	}
	return p
}

// working is a page of which only what people work on is dead.
func working() statuspage.Page {
	p := uniform(status.Healthy)
	p.Status = status.Dead
	jobs := &p.Services[2]
	jobs.Status, jobs.InMaintenance = status.Dead, true
	jobs.Nodes[0].Status, jobs.Nodes[0].InMaintenance = status.Dead, true
	return p
}

// stale is a page whose data is too old.
func stale() statuspage.Page {
	p := uniform(status.Unknown)
	p.AsOf, p.Stale = now().Add(-26*time.Minute), true
	p.Problem = statuspage.Problem{Kind: statuspage.NoAnswer, Since: p.AsOf}
	return p
}

// empty is a page before anything was ever known.
func empty() statuspage.Page {
	return statuspage.Page{Built: now(), Today: today(), Stale: true, Problem: statuspage.Problem{Kind: statuspage.NeverAnswered}}
}

// nasty is a text that tries to get out of every format.
const nasty = "</title></text><script>alert(1)</script>]]>&amp;&\"'`{{x}} [a](javascript:alert(2)) ![i](https://evil.example/i.png) # h\r\nATTACH:https://evil.example/\r\nEND:VEVENT\n\n- x | y\n\u202egnp.exe\u2028\u001b[31m 日本 🙂 <img src=x onerror=alert(3)>"

// hostile is a page on which all that people, applications and the configuration say
// is the text. The ids are hostile as far as they can be.
func hostile(text string) statuspage.Page {
	p := mixed()
	p.Brand.Title, p.Brand.CompanyName = text, text
	for i := range p.Services {
		s := &p.Services[i]
		s.Label = text
		for j := range s.Nodes {
			n := &s.Nodes[j]
			n.Label, n.Unit, n.LinkLabel = text, text, text
		}
	}
	p.Services[1].ID, p.Services[1].Nodes[0].ID = "so/cket%\r\n\"<&", "a p/p"
	for i := range p.Incidents {
		p.Incidents[i].Title = text
		for j := range p.Incidents[i].Updates {
			p.Incidents[i].Updates[j].Text = text
		}
	}
	for i := range p.Maintenances {
		m := &p.Maintenances[i]
		m.Title, m.Text = text, text
		for j := range m.Updates {
			m.Updates[j].Text = text
		}
	}
	for i := range p.Occurrences {
		p.Occurrences[i].Maintenance = &p.Maintenances[0]
	}
	for i := range p.Announcements {
		p.Announcements[i].Title, p.Announcements[i].Text = text, text
	}
	return p
}

// large is a page of 1,000 nodes with 90 days each.
func large() statuspage.Page {
	p := statuspage.Page{Brand: statuspage.Brand{Title: "Large"}, Status: status.Sick, Built: now(), AsOf: now(), Today: today(), Weights: statuspage.DefaultWeights()}
	for i := range 50 {
		s := statuspage.Service{ID: fmt.Sprint("service-", i), Label: fmt.Sprint("Service ", i), Status: status.Sick, Past: days(90)}
		for j := range 20 {
			s.Nodes = append(s.Nodes, statuspage.Node{ID: fmt.Sprint("node-", j), Label: fmt.Sprint("Node ", j), Status: status.Sick, Past: days(90)})
		}
		p.Services = append(p.Services, s)
	}
	return p
}
