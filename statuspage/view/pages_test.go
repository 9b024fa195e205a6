// SPDX-License-Identifier: Apache-2.0

package view_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

// now is when the pages of these tests were built.
func now() time.Time { return time.Date(2026, time.November, 21, 9, 30, 15, 0, time.UTC) }

func today() time.Time { return now().Truncate(24 * time.Hour) }

// weights count sick as up, and unknown and maintenance not at all.
func weights() statuspage.Weights {
	return statuspage.Weights{status.Healthy: {Up: 1, Total: 1}, status.Sick: {Up: 1, Total: 1}, status.Dead: {Total: 1}}
}

// days returns n days that were healthy, apart from those changed: by how many days ago.
func days(n int, changed map[int]statuspage.Minutes) []statuspage.Day {
	all := make([]statuspage.Day, n)
	for i := range all {
		ago := n - 1 - i
		all[i].Minutes[status.Healthy] = 1440
		if ago == 0 {
			all[i].Minutes[status.Healthy] = 570
		}
		if m, is := changed[ago]; is {
			rest := all[i].Minutes[status.Healthy] - uint16(m.Observed())
			all[i].Minutes = m
			all[i].Minutes[status.Healthy] += rest
		}
	}
	return all
}

func uptime(all []statuspage.Day) *float64 {
	up, total := 0.0, 0.0
	for _, d := range all[max(0, len(all)-90):] {
		for state, w := range weights() {
			up += w.Up * float64(d.Minutes[state])
			total += w.Total * float64(d.Minutes[state])
		}
	}
	if total == 0 {
		return nil
	}
	return new(up / total)
}

func past(all []statuspage.Day) statuspage.Past {
	return statuspage.Past{Days: all, Uptime: uptime(all)}
}

// latency returns charts around a median in seconds.
func latency(median float64, seed uint64) *statuspage.Charts {
	r := rand.New(rand.NewPCG(seed, 1))
	var c statuspage.Charts
	for w, step := range []time.Duration{5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 6 * time.Hour} {
		span := []time.Duration{24 * time.Hour, 7 * 24 * time.Hour, 30 * 24 * time.Hour, 90 * 24 * time.Hour}[w]
		n := int(span / step)
		series := func(scale float64) statuspage.Series {
			s := statuspage.Series{Start: now().Truncate(step).Add(-span), Step: step}
			for i := range n {
				v := median * scale * (1 + 0.25*math.Sin(float64(i)/float64(n)*6*math.Pi) + 0.2*r.Float64())
				if i%97 == 50 {
					v *= 2.2
				}
				if n/2 < i && i < n/2+n/12 {
					v = math.NaN()
				}
				s.Values = append(s.Values, float32(v))
			}
			return s
		}
		c[w] = statuspage.Latency{Median: series(1), P95: series(1.8)}
	}
	return &c
}

func maintenanceOf() *statuspage.Maintenance {
	return &statuspage.Maintenance{
		ID: "m4intenance", Title: "Move of the database to faster machines", Text: "Writes are **refused** for some minutes. Reads go on.",
		Components: []statuspage.Ref{{Service: "web", Node: "balancer"}}, Start: now().Add(-30 * time.Minute), End: now().Add(90 * time.Minute),
		Updates: []statuspage.Update{{ID: "u1", Phase: statuspage.InProgress, Text: "We have begun.", Time: now().Add(-29 * time.Minute)}},
	}
}

func recurring() *statuspage.Maintenance {
	return &statuspage.Maintenance{
		ID: "weekly0000", Title: "Weekly restart of the job runners", Text: "Jobs wait for some minutes.", RRule: "FREQ=WEEKLY", TimeZone: "Europe/Berlin",
		Components: []statuspage.Ref{{Service: "jobs"}}, Start: now().Add(-300 * time.Hour), End: now().Add(-299 * time.Hour),
	}
}

func openIncident() statuspage.Incident {
	return statuspage.Incident{
		ID: "inc1dent01", Title: "Core servers do not answer", Impact: statuspage.ImpactMajor, Components: []statuspage.Ref{{Service: "web", Node: "core"}, {Service: "socket"}},
		Started: now().Add(-65 * time.Minute), Updates: []statuspage.Update{
			{ID: "a", Phase: statuspage.Investigating, Text: "We are looking into it.", Time: now().Add(-60 * time.Minute)},
			{ID: "b", Phase: statuspage.Identified, Text: "A router of our provider drops packets. See [their page](https://example.com/).\n\n- `eu-1` is affected\n- `eu-2` is not", Time: now().Add(-20 * time.Minute), Edited: now().Add(-10 * time.Minute)},
		},
	}
}

func closedIncidents() []statuspage.Incident {
	at := today().Add(-3*24*time.Hour + 14*time.Hour)
	old := today().AddDate(0, -2, -3)
	return []statuspage.Incident{
		{
			ID: "inc1dent02", Title: "Slow sign-in", Impact: statuspage.ImpactMinor, Components: []statuspage.Ref{{Service: "socket", Node: "app"}}, Started: at, Resolved: at.Add(42 * time.Minute),
			Updates: []statuspage.Update{
				{ID: "c", Phase: statuspage.Investigating, Text: "Sign-in takes up to 20 seconds.", Time: at.Add(3 * time.Minute)},
				{ID: "d", Phase: statuspage.Resolved, Text: "A cache was too small. It is larger now.", Time: at.Add(42 * time.Minute)},
				{ID: "e", Phase: statuspage.Postmortem, Text: "### What happened\n\nThe cache filled up.\n\n### What we do\n\n1. Watch its size.\n2. Warn in time.", Time: at.Add(26 * time.Hour)},
			},
		},
		{
			ID: "inc1dent03", Title: "Mail delayed", Impact: statuspage.ImpactNone, Started: at.Add(-3 * time.Hour), Resolved: at.Add(-2 * time.Hour),
			Updates: []statuspage.Update{{ID: "f", Phase: statuspage.Resolved, Text: "All mail has arrived.", Time: at.Add(-2 * time.Hour)}},
		},
		{
			ID: "inc1dent04", Title: "All of it was away", Impact: statuspage.ImpactCritical, Components: []statuspage.Ref{{Service: "web"}}, Started: old, Resolved: old.Add(3 * time.Hour),
			Updates: []statuspage.Update{{ID: "g", Phase: statuspage.Resolved, Text: "Power is back.", Time: old.Add(3 * time.Hour)}},
		},
	}
}

// mixed is a page with one of everything.
func mixed() statuspage.Page {
	seen := now().Add(-7 * time.Second)
	bad := days(130, map[int]statuspage.Minutes{
		0: {status.Dead: 65}, 3: {status.Sick: 42}, 20: {status.Dead: 5, status.Sick: 30}, 21: {status.Dead: 700}, 40: {statuspage.InMaintenance: 180},
		61: {status.Unknown: 600}, 62: {status.Dead: 1440}, 63: {status.Sick: 1440},
	})
	bad[130-30].Corrected = true
	good, young := days(130, map[int]statuspage.Minutes{12: {status.Sick: 9}}), days(20, nil)
	young[8] = statuspage.Day{}
	maintenance, weekly := maintenanceOf(), recurring()
	return statuspage.Page{
		ID: "main",
		Brand: statuspage.Brand{
			Title: "Acme Status", URL: "https://status.example.com/", CompanyName: "Acme & Sons", IconURL: "https://example.com/icon.png",
			IconColor: "#1972f5", LogoURL: "https://example.com/logo.svg", LogoColor: "#1972f5",
			WebsiteURL: "https://example.com/", SupportURL: "mailto:support@example.com", CustomHTML: "<meta name=\"generator\" content=\"<custom>\">",
		},
		Status: status.Dead, Built: now(), AsOf: now().Add(-2 * time.Second), Today: today(), Weights: weights(),
		Announcements: []statuspage.Announcement{
			{ID: "2", Title: "Move to the new data center <tonight>", Text: "We move at 22:00 UTC.\nExpect a short break.", Time: now().Add(-time.Hour)},
			{ID: "1", Title: "Old news", Text: "It went *well*.", Time: now().Add(-49 * time.Hour)},
		},
		Incidents:    append([]statuspage.Incident{openIncident()}, closedIncidents()...),
		Maintenances: []statuspage.Maintenance{*weekly, *maintenance},
		Occurrences: []statuspage.Occurrence{
			{Maintenance: weekly, Start: weekly.Start, End: weekly.End, Phase: statuspage.Completed},
			{Maintenance: maintenance, Start: maintenance.Start, End: maintenance.End, Phase: statuspage.InProgress},
			{Maintenance: weekly, Start: now().Add(36 * time.Hour), End: now().Add(37 * time.Hour), Phase: statuspage.Scheduled},
			{Maintenance: weekly, Start: now().Add(204 * time.Hour), End: now().Add(205 * time.Hour), Phase: statuspage.Scheduled},
		},
		Corrections: []statuspage.Correction{{
			ID: "c", Components: []statuspage.Ref{{Service: "web", Node: "core"}}, From: today().AddDate(0, 0, -29).Add(2 * time.Hour), To: today().AddDate(0, 0, -29).Add(5 * time.Hour),
			Status: status.Healthy, Reason: "Our own probe had lost its network.",
		}},
		Services: []statuspage.Service{
			{ID: "web", Label: "Web nodes", Status: status.Dead, Past: past(bad), Nodes: []statuspage.Node{
				{
					ID: "core", Label: "Core servers", Mode: "poll", Status: status.Dead, Since: now().Add(-65 * time.Minute), LinkURL: "https://example.com/core?a=1&b=2", LinkLabel: "About the core",
					Past: past(bad), Latency: latency(0.032, 1),
					Replicas: []statuspage.Replica{
						{Number: 1, Name: "tcp://edge-1.example.com:80", Status: status.Healthy, Latency: 32 * time.Millisecond, LastSeen: seen},
						{Number: 2, Name: "tcp://edge-2.example.com:80", Status: status.Dead, Reason: status.Timeout, Latency: 10 * time.Second, LastSeen: seen},
						{Number: 3, Name: "tcp://edge-3.example.com:80", Status: status.Sick, Reason: status.Slow, Latency: 6200 * time.Millisecond, LastSeen: seen},
						{Number: 4, Name: "tcp://edge-4.example.com:80", Status: status.Unknown},
					},
				},
				{ID: "balancer", Label: "Load balancer", Mode: "poll", Status: status.Healthy, InMaintenance: true, Past: past(good), Latency: latency(0.0004, 2), Replicas: []statuspage.Replica{
					{Number: 1, Status: status.Healthy, Latency: 400 * time.Microsecond, LastSeen: seen},
					{Number: 2, Status: status.Healthy, Latency: 51 * time.Millisecond, LastSeen: seen},
				}},
				{ID: "checkout", Label: "Checkout errors", Mode: "promql", Status: status.Healthy, Value: new(0.0312), Unit: "%", Past: past(good)},
			}},
			{ID: "socket", Label: "Visitor sockets", Status: status.Sick, Past: past(good), Nodes: []statuspage.Node{
				{ID: "app", Label: "Application", Mode: "push", Status: status.Sick, LinkURL: "https://example.com/app", Queue: new(1200.0), Past: past(young), Replicas: []statuspage.Replica{
					{Number: 1, Status: status.Sick, Reason: status.Load, CPU: new(1.25), RAM: new(0.41), LastSeen: seen},
					{Number: 2, Status: status.Healthy, CPU: new(0.07), RAM: new(0.8), LastSeen: seen},
				}},
				{ID: "relay", Label: "Relay", Mode: "local", Status: status.Unknown},
			}},
			{ID: "jobs", Label: "Background jobs", Status: status.Unknown, Nodes: []statuspage.Node{
				{ID: "disk", Label: "Disk space", Mode: "script", Status: status.Unknown, Replicas: []statuspage.Replica{
					{Number: 1, Status: status.Unknown, Reason: status.Permission, LastSeen: seen},
				}},
			}},
		},
	}
}

// each calls f for every replica of the page.
func each(p statuspage.Page, f func(*statuspage.Node, *statuspage.Replica)) {
	for i := range p.Services {
		for j := range p.Services[i].Nodes {
			n := &p.Services[i].Nodes[j]
			for k := range n.Replicas {
				f(n, &n.Replicas[k])
			}
		}
	}
}

// uniform is the mixed page with all of it in one status, and nothing told of it.
func uniform(s status.Status) statuspage.Page {
	p := mixed()
	p.Status, p.Announcements, p.Incidents, p.Maintenances, p.Occurrences, p.Corrections = s, nil, nil, nil, nil, nil
	p.Services[1].Nodes = p.Services[1].Nodes[:1]
	for i := range p.Services {
		p.Services[i].Status = s
		for j := range p.Services[i].Nodes {
			n := &p.Services[i].Nodes[j]
			n.Status, n.InMaintenance, n.Since = s, false, time.Time{}
		}
	}
	each(p, func(_ *statuspage.Node, r *statuspage.Replica) { r.Status, r.Reason = s, status.None })
	return p
}

func healthy() statuspage.Page { return uniform(status.Healthy) }

// inMaintenance is a page of which a part is worked on, and so is dead; all else is well.
func inMaintenance() statuspage.Page {
	p, with := healthy(), mixed()
	p.Status = status.Dead
	p.Services[0].Status = status.Dead
	p.Services[0].Nodes[1].Status, p.Services[0].Nodes[1].InMaintenance = status.Dead, true
	p.Maintenances, p.Occurrences = with.Maintenances, with.Occurrences
	return p
}

// stale is a page whose data is too old, and whose store is away.
func stale() statuspage.Page {
	p := uniform(status.Unknown)
	p.AsOf = now().Add(-26 * time.Minute)
	p.Stale, p.ReadOnly = true, true
	p.Problem = statuspage.Problem{Kind: statuspage.NoAnswer, Since: p.AsOf}
	return p
}

// empty is a page before anything was ever known.
func empty() statuspage.Page {
	return statuspage.Page{Built: now(), Stale: true, Problem: statuspage.Problem{Kind: statuspage.NeverAnswered}}
}

// long is a page of names that don't fit, and of one that is written from the right.
func long() statuspage.Page {
	p := mixed()
	word := strings.Repeat("Donaudampfschifffahrtsgesellschaft", 3)
	p.Brand.Title = "The status of " + word
	p.Services[0].Label = word
	p.Services[0].Nodes[0].Label = "Servers of the " + word
	p.Services[0].Nodes[1].Label = "خوادم قاعدة البيانات الرئيسية"
	p.Services[1].Label = "שרתי אינטרנט 24/7 (ראשי)"
	p.Services[0].Nodes[0].Replicas[0].Name = "https://" + strings.ToLower(word) + ".example.com:8443/health/" + strings.Repeat("x", 80)
	p.Incidents[0].Title = "Incident with " + word
	p.Services[0].Nodes[2].Label = "コアサーバーとロードバランサーの応答時間の監視"
	return p
}

// many is a page of so many nodes in so many services, with replicas, latency and
// 90 days each, of which some differ.
func many(services, nodes, replicas int) statuspage.Page {
	r := rand.New(rand.NewPCG(7, 7))
	p := healthy()
	p.Services = nil
	p.Status = status.Sick
	for i := range services {
		s := statuspage.Service{ID: fmt.Sprint("service-", i), Label: fmt.Sprint("Service ", i+1), Status: status.Healthy}
		for j := range nodes / services {
			changed := map[int]statuspage.Minutes{}
			for range r.IntN(6) {
				changed[r.IntN(90)] = statuspage.Minutes{status.Dead: uint16(r.IntN(40)), status.Sick: uint16(1 + r.IntN(60))}
			}
			n := statuspage.Node{ID: fmt.Sprint("node-", j), Label: fmt.Sprint("Node ", i+1, ".", j+1), Mode: "poll", Status: status.Healthy, Past: past(days(90, changed)), Latency: latency(0.02+r.Float64()/5, uint64(i*1000+j))}
			for k := range replicas {
				rep := statuspage.Replica{Number: k + 1, Status: status.Healthy, Latency: time.Duration(r.IntN(200)+20) * time.Millisecond, LastSeen: now().Add(-time.Duration(r.IntN(30)) * time.Second)}
				n.Replicas = append(n.Replicas, rep)
			}
			if i == 0 && j == 1 {
				n.Status, s.Status = status.Sick, status.Sick
				n.Replicas[0].Status, n.Replicas[0].Reason = status.Sick, status.Slow
			}
			s.Nodes = append(s.Nodes, n)
		}
		s.Past = past(days(90, map[int]statuspage.Minutes{r.IntN(90): {status.Dead: uint16(r.IntN(50))}, r.IntN(90): {status.Sick: 40}}))
		p.Services = append(p.Services, s)
	}
	return p
}
