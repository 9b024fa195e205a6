// SPDX-License-Identifier: Apache-2.0

package view

import (
	"fmt"
	"html/template"
	"strings"
	"time"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

// word is the name of a status at the beginning of a line.
func word(s status.Status) string {
	switch s {
	case status.Healthy:
		return "Healthy"
	case status.Sick:
		return "Sick"
	case status.Dead:
		return "Dead"
	default:
		return "Unknown"
	}
}

func legend() []htmlLegend {
	meanings := map[status.Status]string{
		status.Healthy: "answers as it should",
		status.Sick:    "answers, but slowly or under load",
		status.Dead:    "does not answer, or wrongly",
		status.Unknown: "it can’t be told",
	}
	var all []htmlLegend
	for s := range status.All() {
		all = append(all, htmlLegend{s, word(s), meanings[s]})
	}
	return all
}

// sentence says how the whole is.
func sentence(p statuspage.Page) string {
	n := countNodes(p)
	total := n[status.Healthy] + n[status.Unknown] + n[status.Sick] + n[status.Dead]
	switch p.Status {
	case status.Healthy:
		return "All systems are healthy"
	case status.Sick:
		return some(n[status.Sick], total, "slow or under load")
	case status.Dead:
		return some(n[status.Dead], total, "down")
	default:
		if p.Stale || n[status.Unknown] == total {
			return "Status unknown"
		}
		return fmt.Sprintf("Status of %d of %d systems unknown", n[status.Unknown], total)
	}
}

// some says how many of the systems are so. The rules may know of more than the
// page shows, so n may be 0.
func some(n, total int, what string) string {
	switch {
	case n == 0:
		return "Some systems are " + what
	case n == total && n > 1:
		return "All systems are " + what
	case n == 1:
		return fmt.Sprintf("1 of %d systems is %s", total, what)
	}
	return fmt.Sprintf("%d of %d systems are %s", n, total, what)
}

// replicaSummary says how many replicas a node has, and how many of them are in
// which trouble, worst first.
func replicaSummary(n statuspage.Node) string {
	total := len(n.Replicas)
	var troubles []string
	counts := count(n.Replicas, statusOfReplica)
	for _, s := range [...]status.Status{status.Dead, status.Sick, status.Unknown} {
		if counts[s] > 0 && counts[s] < total {
			troubles = append(troubles, fmt.Sprintf("%d %s", counts[s], s))
		}
	}
	out := fmt.Sprintf("%d replicas", total)
	if total == 1 {
		out = "1 replica"
	}
	if len(troubles) > 0 {
		out += ": " + strings.Join(troubles, ", ")
	}
	return out
}

// whyEmpty says why a node has no replicas.
func whyEmpty(n statuspage.Node) string {
	if n.Mode == "push" || n.Mode == "local" {
		return "Nothing has reported yet"
	}
	return "Not checked yet"
}

// reason says in words why a replica is not healthy.
func reason(r statuspage.Replica) string {
	if words := r.Reason.Words(); words != "" {
		return words
	}
	if r.Status == status.Unknown && r.LastSeen.IsZero() {
		return "not seen yet"
	}
	return ""
}

// facts are the measured values of a replica.
func facts(r statuspage.Replica) string {
	var all []string
	if r.Latency > 0 {
		all = append(all, latency(r.Latency))
	}
	if r.CPU != nil {
		all = append(all, fmt.Sprintf("CPU\u00a0%.0f\u00a0%%", *r.CPU*100))
	}
	if r.RAM != nil {
		all = append(all, fmt.Sprintf("RAM\u00a0%.0f\u00a0%%", *r.RAM*100))
	}
	return strings.Join(all, " · ")
}

func latency(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return "<\u00a01\u00a0ms"
	case d < time.Second:
		return fmt.Sprintf("%d\u00a0ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f\u00a0s", d.Seconds())
}

// timeOf returns t as a time element, for programs and, in UTC, for people. The
// script of the page puts it in the visitor's words; where since is true, as the
// time that has passed since then. Of the zero time there is nothing to show.
func timeOf(t time.Time, since bool) template.HTML {
	if t.IsZero() {
		return ""
	}
	mark := ""
	if since {
		mark = " data-ago"
	}
	t = t.UTC()
	return template.HTML(`<time datetime="` + t.Format(time.RFC3339) + `"` + mark + `>` + t.Format("2 Jan 2006, 15:04:05 UTC") + `</time>`) //nolint:gosec // a time holds nothing to escape
}
