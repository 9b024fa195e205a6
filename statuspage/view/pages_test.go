// SPDX-License-Identifier: Apache-2.0

package view_test

import (
	"fmt"
	"time"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

// now is when the pages of these tests were built.
func now() time.Time { return time.Date(2026, time.November, 21, 9, 30, 15, 0, time.UTC) }

// mixed is a page with one of everything.
func mixed() statuspage.Page {
	seen := now().Add(-7 * time.Second)
	return statuspage.Page{
		Brand: statuspage.Brand{
			Title: "Acme Status", URL: "https://status.example.com/", CompanyName: "Acme & Sons", IconURL: "https://example.com/icon.png",
			IconColor: "#1972f5", LogoURL: "https://example.com/logo.svg", LogoColor: "#1972f5",
			WebsiteURL: "https://example.com/", SupportURL: "mailto:support@example.com", CustomHTML: "<meta name=\"generator\" content=\"<custom>\">",
		},
		Status: status.Dead, Built: now(), AsOf: now().Add(-2 * time.Second),
		Announcements: []statuspage.Announcement{
			{ID: "2", Title: "Move to the new data center <tonight>", Text: "We move at 22:00 UTC.\nExpect a short break.", Time: now().Add(-time.Hour)},
			{ID: "1", Title: "Old news", Text: "It went well.", Time: now().Add(-49 * time.Hour)},
		},
		Services: []statuspage.Service{
			{ID: "web", Label: "Web nodes", Status: status.Dead, Nodes: []statuspage.Node{
				{
					ID: "core", Label: "Core servers", Mode: "poll", Status: status.Dead, LinkURL: "https://example.com/core?a=1&b=2", LinkLabel: "About the core",
					Replicas: []statuspage.Replica{
						{Number: 1, Name: "tcp://edge-1.example.com:80", Status: status.Healthy, Latency: 32 * time.Millisecond, LastSeen: seen},
						{Number: 2, Name: "tcp://edge-2.example.com:80", Status: status.Dead, Reason: status.Timeout, Latency: 10 * time.Second, LastSeen: seen},
						{Number: 3, Name: "tcp://edge-3.example.com:80", Status: status.Sick, Reason: status.Slow, Latency: 6200 * time.Millisecond, LastSeen: seen},
						{Number: 4, Name: "tcp://edge-4.example.com:80", Status: status.Unknown},
					},
				},
				{ID: "balancer", Label: "Load balancer", Mode: "poll", Status: status.Healthy, Replicas: []statuspage.Replica{
					{Number: 1, Status: status.Healthy, Latency: 400 * time.Microsecond, LastSeen: seen},
					{Number: 2, Status: status.Healthy, Latency: 51 * time.Millisecond, LastSeen: seen},
				}},
			}},
			{ID: "socket", Label: "Visitor sockets", Status: status.Sick, Nodes: []statuspage.Node{
				{ID: "app", Label: "Application", Mode: "push", Status: status.Sick, LinkURL: "https://example.com/app", Replicas: []statuspage.Replica{
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

// uniform is the mixed page with all of it in one status.
func uniform(s status.Status) statuspage.Page {
	p := mixed()
	p.Status, p.Announcements = s, nil
	p.Services[1].Nodes = p.Services[1].Nodes[:1]
	for i := range p.Services {
		p.Services[i].Status = s
		for j := range p.Services[i].Nodes {
			p.Services[i].Nodes[j].Status = s
		}
	}
	each(p, func(_ *statuspage.Node, r *statuspage.Replica) { r.Status, r.Reason = s, status.None })
	return p
}

func healthy() statuspage.Page { return uniform(status.Healthy) }

// stale is a page whose data is too old.
func stale() statuspage.Page {
	p := uniform(status.Unknown)
	p.AsOf = now().Add(-26 * time.Minute)
	p.Stale = true
	p.Problem = "The monitoring system has not answered since 21 November 2026, 09:04:20 UTC, so the status is unknown."
	return p
}

// empty is a page before anything was ever known.
func empty() statuspage.Page {
	return statuspage.Page{Built: now(), Stale: true, Problem: "The monitoring system has not answered yet, so the status is unknown."}
}

// large is a page of 50 nodes with 10 replicas each.
func large() statuspage.Page {
	p := statuspage.Page{Brand: statuspage.Brand{Title: "Large"}, Status: status.Sick, Built: now(), AsOf: now()}
	for i := range 10 {
		s := statuspage.Service{ID: fmt.Sprint("service-", i), Label: fmt.Sprint("Service ", i), Status: status.Sick}
		for j := range 5 {
			n := statuspage.Node{ID: fmt.Sprint("node-", j), Label: fmt.Sprint("Node ", j), Mode: "poll", Status: status.Sick}
			for k := range 10 {
				r := statuspage.Replica{Number: k + 1, Status: status.Healthy, Latency: time.Duration(k+20) * time.Millisecond, LastSeen: now().Add(-time.Duration(k) * time.Second)}
				if k == 9 {
					r.Status, r.Reason = status.Sick, status.Slow
				}
				n.Replicas = append(n.Replicas, r)
			}
			s.Nodes = append(s.Nodes, n)
		}
		p.Services = append(p.Services, s)
	}
	return p
}
