// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

// A company is what the tests of the page show: 50 components in 5 services, with a
// past that is the same in each run, counted back from today.
type company struct {
	services []companyService
}

type companyService struct {
	id, label string
	nodes     []companyNode
}

type companyNode struct {
	id       status.NodeID
	label    string
	mode     string
	replicas int
	days     int                        // of which something is known
	past     map[int]statuspage.Minutes // by how many days ago: what was not healthy
	median   float64                    // latency in seconds; 0: has none
}

const dayLength = 24 * time.Hour

// newCompany returns the company of the screenshots and of the tests.
func newCompany() company {
	var c company
	for _, s := range []struct{ label, nodes string }{
		{"Website and apps", "Website, Customer dashboard, Sign-in, Mobile gateway, Search, Images and files, Help centre, Developer docs, Tracking, Blog"},
		{"API", "REST API, GraphQL API, Webhooks, Streaming, OAuth tokens, Rate limiter, Bulk import, Exports, Sandbox, API console"},
		{"Payments", "Card payments, Bank transfer, Wallets, Invoices, Refunds, Payouts, Fraud checks, Currency rates, Ledger, Tax service"},
		{"Messaging", "Mail delivery, SMS delivery, Push notifications, Inbound mail, Templates, Contact lists, Chat, Voice, Job queue, Fax gateway"},
		{"Infrastructure", "Frankfurt, Dublin, Virginia, Singapore, Primary database, Read replicas, Object storage, Content delivery, DNS, Backups"},
	} {
		service := companyService{id: slug(s.label), label: s.label}
		for label := range strings.SplitSeq(s.nodes, ", ") {
			service.nodes = append(service.nodes, newCompanyNode(service.id, label))
		}
		c.services = append(c.services, service)
	}
	return c
}

var notOfID = regexp.MustCompile(`[^a-z0-9]+`)

func slug(label string) string { return notOfID.ReplaceAllString(strings.ToLower(label), "-") }

func newCompanyNode(service, label string) companyNode {
	n := companyNode{id: status.NodeID{Service: service, Node: slug(label)}, label: label, mode: "poll", days: 90}
	r := n.random()
	n.replicas, n.median, n.past = 1+r.IntN(3), 0.012+0.16*r.Float64()*r.Float64(), map[int]statuspage.Minutes{}
	for range r.IntN(4) {
		n.past[1+r.IntN(88)] = statuspage.Minutes{status.Sick: uint16(4 + r.IntN(90)), status.Dead: uint16(max(0, r.IntN(40)-20))}
	}
	switch label {
	case "Job queue", "Fax gateway":
		n.mode, n.median = "push", 0
	case "Chat":
		n.days = 34
	case "Virginia":
		n.past[16] = statuspage.Minutes{status.Dead: 211, status.Sick: 64}
		n.past[17] = statuspage.Minutes{status.Dead: 1032, status.Sick: 100}
	case "Primary database":
		n.past[5] = statuspage.Minutes{statuspage.InMaintenance: 120}
		n.past[33] = statuspage.Minutes{statuspage.InMaintenance: 120}
		n.past[61] = statuspage.Minutes{statuspage.InMaintenance: 120}
	case "Search":
		for ago := 40; ago < 47; ago++ {
			n.past[ago] = statuspage.Minutes{status.Sick: uint16(200 + 31*ago%500)}
		}
	}
	for ago := 70; ago <= 71; ago++ { // the watcher itself was away
		n.past[ago] = statuspage.Minutes{status.Unknown: 340}
	}
	return n
}

// random returns numbers that are the node's own, and always the same.
func (n *companyNode) random() *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(n.id.Service + "/" + n.id.Node))
	return rand.New(rand.NewPCG(h.Sum64(), 1)) //nolint:gosec // a picture, no secret
}

// minutes returns how a day was spent, of which so many minutes have passed.
func (n *companyNode) minutes(ago, passed int) statuspage.Minutes {
	if ago >= n.days {
		return statuspage.Minutes{}
	}
	m := n.past[ago]
	m[status.Healthy] = uint16(max(0, passed-m.Observed()))
	return m
}

// minutes returns that of the service: of its worst node.
func (s *companyService) minutes(ago, passed int) statuspage.Minutes {
	return slices.MaxFunc(s.all(ago, passed), func(a, b statuspage.Minutes) int {
		return bad(a) - bad(b)
	})
}

func (s *companyService) all(ago, passed int) (all []statuspage.Minutes) {
	for i := range s.nodes {
		m := s.nodes[i].minutes(ago, passed)
		m[status.Healthy] += m[statuspage.InMaintenance] // of one node is none of the service
		m[statuspage.InMaintenance] = 0
		all = append(all, m)
	}
	return all
}

func bad(m statuspage.Minutes) int {
	return 100*int(m[status.Dead]) + 10*int(m[status.Sick]) + int(m[status.Unknown])
}

// latency returns the median at a time, in seconds: slower by day, with a bad hour now and then.
func (n *companyNode) latency(at time.Time) float64 {
	hours := float64(at.Unix()) / 3600
	own := float64(len(n.label))
	v := n.median * (1 + 0.22*math.Sin((hours-8)/24*2*math.Pi) + 0.07*math.Sin(hours*own) + 0.05*math.Sin(hours*7.3+own))
	if int(hours+own*13)%167 == 3 {
		v *= 2.1
	}
	return v
}

// openMetrics returns what the rules would have recorded until now. Finished days are
// sums of days, and the hours of today sums of hours.
func (c *company) openMetrics(now time.Time) string {
	var b strings.Builder
	today := now.Truncate(dayLength)
	sum := func(name, labels string, at time.Time, m statuspage.Minutes) {
		for state, minutes := range m {
			if minutes > 0 && !at.After(now) {
				fmt.Fprintf(&b, "%s{%s,state=%q} %d %d\n", name, labels, stateName(state), minutes, at.Unix())
			}
		}
	}
	past := func(level, labels string, of func(ago, passed int) statuspage.Minutes) {
		for ago := 1; ago < 90; ago++ {
			sum(level+":pharos_up_ticks:sum1d", labels, today.AddDate(0, 0, 1-ago).Add(20*time.Minute), of(ago, 24*60))
		}
		for hour := today.Add(-dayLength); hour.Add(time.Hour).Before(now); hour = hour.Add(time.Hour) {
			sum(level+":pharos_up_ticks:sum1h", labels, hour.Add(time.Hour), statuspage.Minutes{status.Healthy: 60})
		}
	}
	for i := range c.services {
		s := &c.services[i]
		past("service", fmt.Sprintf("service=%q", s.id), s.minutes)
		for j := range s.nodes {
			n := &s.nodes[j]
			labels := fmt.Sprintf("service=%q,node=%q", n.id.Service, n.id.Node)
			past("node", labels, n.minutes)
			n.latencies(&b, labels, now)
		}
	}
	return byMetric(b.String()) + "# EOF\n"
}

// latencies writes no more than each of the charts needs.
func (n *companyNode) latencies(b *strings.Builder, labels string, now time.Time) {
	if n.median == 0 {
		return
	}
	end := now.Truncate(5 * time.Minute)
	for at := end.Truncate(6 * time.Hour).Add(-90 * dayLength); !at.After(end); {
		for quantile, scale := range map[string]float64{"0.5": 1, "0.95": 1.7} {
			fmt.Fprintf(b, "node:pharos_latency_seconds:quantile{%s,quantile=%q} %.5f %d\n", labels, quantile, scale*n.latency(at), at.Unix())
		}
		switch left := end.Sub(at); {
		case left > 30*dayLength:
			at = at.Add(6 * time.Hour)
		case left > 7*dayLength:
			at = at.Add(2 * time.Hour)
		case left > dayLength:
			at = at.Add(30 * time.Minute)
		default:
			at = at.Add(5 * time.Minute)
		}
	}
}

// byMetric puts the lines of a metric together, as the format wants them.
func byMetric(text string) string {
	lines := strings.SplitAfter(strings.TrimSuffix(text, "\n"), "\n")
	lines[len(lines)-1] += "\n"
	name := func(line string) string { name, _, _ := strings.Cut(line, "{"); return name }
	slices.SortStableFunc(lines, func(a, b string) int { return strings.Compare(name(a), name(b)) })
	return strings.Join(lines, "")
}

func stateName(state int) string {
	if state == statuspage.InMaintenance {
		return "maintenance"
	}
	return status.Status(state).String()
}

// exporterYML watches the company at the address of its targets.
func (c *company) exporterYML(target string) string {
	var b strings.Builder
	b.WriteString("defaults: {poll: {interval: 5s, timeout: 10s, sick_after: 4s, retries: 0}}\nreporter: {tokens: [{token: report-me, services: [\"*\"]}]}\nservices:\n")
	for _, s := range c.services {
		fmt.Fprintf(&b, "  - id: %s\n    label: %s\n    nodes:\n", s.id, s.label)
		for _, n := range s.nodes {
			fmt.Fprintf(&b, "      - {id: %s, label: %q, mode: %s", n.id.Node, n.label, n.mode)
			if n.mode == "push" {
				b.WriteString(", push: {dead_after: 1h}")
			} else {
				urls := make([]string, n.replicas)
				for i := range urls {
					urls[i] = fmt.Sprintf("%q", fmt.Sprintf("%s/%s/%s/%d", target, n.id.Service, n.id.Node, i+1))
				}
				fmt.Fprintf(&b, ", replicas: [%s]", strings.Join(urls, ", "))
			}
			if n.label == "Website" {
				b.WriteString(", link: {url: \"https://www.example.com/\", label: www.example.com}")
			}
			if n.label == "Webhooks" {
				b.WriteString(", poll: {interval: 1s}")
			}
			b.WriteString("}\n")
		}
	}
	return b.String()
}
