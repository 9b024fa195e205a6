// SPDX-License-Identifier: Apache-2.0

package view

import (
	"strconv"
	"strings"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

// square appends the number of a replica in the look of its status.
func (m *markup) square(r *statuspage.Replica) {
	m.raw(`<i class="`, r.Status.String(), `">`)
	m.int(r.Number)
	m.raw(`</i>`)
}

func (d *document) replica(m *markup, r *statuspage.Replica) {
	m.raw(`<li>`)
	m.square(r)
	m.raw(`<p><b>`)
	m.text(d.w.Status(r.Status))
	m.raw(`</b>`)
	if reason := d.reason(r); reason != "" {
		m.raw(`: `)
		m.text(reason)
	}
	if r.Name != "" {
		m.raw(` <code>`)
		m.text(r.Name)
		m.raw(`</code>`)
	}
	m.raw(`</p><p class="facts">`)
	between := ""
	fact := func(text string) {
		m.raw(between)
		m.text(text)
		between = " · "
	}
	if r.Latency > 0 {
		fact(d.w.Latency(r.Latency))
	}
	if r.CPU != nil {
		fact(d.T("replica.cpu", d.w.Percent(*r.CPU, 0)))
	}
	if r.RAM != nil {
		fact(d.T("replica.ram", d.w.Percent(*r.RAM, 0)))
	}
	if !r.LastSeen.IsZero() {
		m.raw(between, d.ago(r.LastSeen))
	}
	m.raw(`</p></li>`)
}

// reason says in words why a replica is not healthy.
func (d *document) reason(r *statuspage.Replica) string {
	if words := d.w.Reason(r.Reason); words != "" {
		return words
	}
	if r.Status == status.Unknown && r.LastSeen.IsZero() {
		return d.T("replica.unseen")
	}
	return ""
}

// replicas says how many replicas a node has, and how many of them are in which
// trouble, worst first.
func (d *document) replicas(n *statuspage.Node) string {
	var counts [status.Dead + 1]int
	for i := range n.Replicas {
		counts[n.Replicas[i].Status]++
	}
	text := d.w.Plural("node.replicas", len(n.Replicas))
	var troubles []string
	for _, s := range [...]status.Status{status.Dead, status.Sick, status.Unknown} {
		if counts[s] > 0 && counts[s] < len(n.Replicas) {
			troubles = append(troubles, d.T("node.replicas."+s.String(), strconv.Itoa(counts[s])))
		}
	}
	if len(troubles) > 0 {
		text += ": " + strings.Join(troubles, ", ")
	}
	return text
}

// whyEmpty says why a node has no replicas.
func (d *document) whyEmpty(n *statuspage.Node) string {
	if n.Mode == "push" || n.Mode == "local" {
		return d.T("node.silent")
	}
	return d.T("node.unchecked")
}
