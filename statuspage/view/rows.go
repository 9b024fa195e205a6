// SPDX-License-Identifier: Apache-2.0

package view

import (
	"math"
	"slices"
	"time"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

// fewNodes is how many nodes a page may have for its services to begin unfolded
// though all is well: folding them would only hide.
const fewNodes = 8

// Bytes that a component takes on the page, roughly, and the rest of it.
const (
	bytesOfComponent = 2400
	bytesOfFrame     = 48 << 10
)

// services appends the sections of the page.
func (d *document) services(m *markup) {
	nodes := 0
	for i := range d.p.Services {
		nodes += len(d.p.Services[i].Nodes)
	}
	*m = slices.Grow(*m, bytesOfComponent*(nodes+len(d.p.Services))+bytesOfFrame)
	for i := range d.p.Services {
		s := &d.p.Services[i]
		d.service(m, s, nodes <= fewNodes || wrong(s))
	}
}

// wrong tells whether there is something to look at in a service.
func wrong(s *statuspage.Service) bool {
	bad := s.Status != status.Healthy || s.InMaintenance
	for i := range s.Nodes {
		bad = bad || s.Nodes[i].Status != status.Healthy || s.Nodes[i].InMaintenance
	}
	return bad
}

func (d *document) service(m *markup, s *statuspage.Service, open bool) {
	id := anchor("service", s.ID)
	m.raw(`<details class="service" id="`, id, `"`)
	if open {
		m.raw(` open`)
	}
	m.raw(`><summary class="line"><h2>`)
	m.text(s.Label)
	m.raw(`</h2>`)
	d.uptime(m, s.Uptime)
	d.state(m, s.Status, s.InMaintenance)
	days := d.recent(s.Days)
	if len(s.Days) > 0 {
		d.bars(m, days)
		d.axis(m, d.T("days.begin"), d.T("days.today"))
	}
	m.raw(`</summary>`)
	if len(s.Nodes) == 0 {
		m.raw(`<p class="empty">`)
		m.text(d.T("service.empty"))
		m.raw(`</p>`)
	} else {
		m.raw("<ul class=\"nodes\">\n")
		for i := range s.Nodes {
			d.node(m, s, &s.Nodes[i])
		}
		m.raw(`</ul>`)
	}
	m.raw(`<div class="more">`)
	if len(days.notes) > 0 {
		m.raw(`<details class="fold" id="`, id, `__days"><summary>`)
		m.text(d.T("days.of", s.Label))
		m.raw(`</summary>`)
		d.dayTable(m, days)
		m.raw(`</details>`)
	}
	m.raw(`<a href="`)
	m.text(d.Link(ServicePath(s.ID)))
	m.raw(`">`)
	m.text(d.T("service.more", s.Label))
	m.raw("</a></div></details>\n")
}

// axis appends when the days above begin and end.
func (d *document) axis(m *markup, begin, end string) {
	m.raw(`<span class="axis"><span>`)
	m.text(begin)
	m.raw(`</span><span>`)
	m.text(end)
	m.raw(`</span></span>`)
}

// node appends the line of a node.
func (d *document) node(m *markup, s *statuspage.Service, n *statuspage.Node) {
	id := anchor("node", s.ID, n.ID)
	m.raw(`<li id="`, id, `"><div class="line"><h3>`)
	m.text(n.Label)
	m.raw(`</h3>`)
	d.figures(m, n)
	d.uptime(m, n.Uptime)
	d.state(m, n.Status, n.InMaintenance)
	m.raw(`</div>`)
	days := d.recent(n.Days)
	if len(n.Days) > 0 {
		d.bars(m, days)
	}
	d.details(m, n, days, id)
	if address := safeURL(n.LinkURL); address != "" {
		m.raw(`<p class="link"><a href="`)
		m.text(address)
		m.raw(`">`)
		if n.LinkLabel != "" {
			m.text(n.LinkLabel)
		} else {
			m.text(d.T("node.link", n.Label))
		}
		m.raw(`</a></p>`)
	}
	m.raw("</li>\n")
}

// state appends what something is, in shape and word: maintenance first, then the
// truth beside it.
func (d *document) state(m *markup, s status.Status, inMaintenance bool) {
	if !inMaintenance {
		m.stateWord(s.String(), d.w.Status(s))
		return
	}
	m.raw(`<span class="states">`)
	m.stateWord(maintenance, d.w.State(statuspage.InMaintenance))
	if s != status.Healthy {
		m.stateWord(s.String(), d.w.Status(s))
	}
	m.raw(`</span>`)
}

// stateWord appends a state in shape and word.
func (m *markup) stateWord(class, word string) {
	m.raw(`<span class="state `, class, `">`)
	m.icon(class)
	m.text(word)
	m.raw(`</span>`)
}

func (d *document) uptime(m *markup, ratio *float64) {
	if ratio == nil {
		return
	}
	m.raw(`<span class="uptime">`)
	m.text(d.T("uptime", d.w.Percent(*ratio, 2)))
	m.raw(`</span>`)
}

// figures appends what else is measured of a node: its value, its queue, its latency.
func (d *document) figures(m *markup, n *statuspage.Node) {
	figure := func(text string) {
		m.raw(`<span class="figure">`)
		m.text(text)
		m.raw(`</span>`)
	}
	if n.Value != nil {
		figure(d.value(*n.Value, n.Unit))
	}
	if n.Queue != nil {
		figure(d.w.Plural("node.queue", int(*n.Queue)))
	}
	if n.Latency == nil {
		return
	}
	start := len(*m)
	m.raw(`<span class="figure">`)
	if last := m.spark(n.Latency[statuspage.LastDay].Median); math.IsNaN(last) {
		*m = (*m)[:start]
	} else {
		m.text(d.w.Latency(seconds(last)))
		m.raw(`</span>`)
	}
}

// value writes the value of a component as people would: with three digits that count.
func (d *document) value(v float64, unit string) string {
	const most = 6 // digits after the point
	digits := 0
	if size := math.Abs(v); size > 0 && size < 100 {
		digits = min(most, 2-int(math.Floor(math.Log10(size))))
		for scale := math.Pow10(digits); digits > 0 && math.Mod(math.Round(v*scale), 10) == 0; scale /= 10 {
			digits--
		}
	}
	text := d.w.Number(v, digits)
	if unit == "" {
		return text
	}
	return text + "\u00a0" + unit
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// details appends what a node is made of: its replicas, and its days that differ.
func (d *document) details(m *markup, n *statuspage.Node, days *span, id string) {
	if len(n.Replicas) == 0 {
		if n.Mode != "promql" {
			m.raw(`<p class="empty">`)
			m.text(d.whyEmpty(n))
			m.raw(`</p>`)
		}
		if len(days.notes) == 0 {
			return
		}
	}
	m.raw(`<details class="fold" id="`, id, `__more"><summary>`)
	if len(n.Replicas) > 0 {
		m.raw(`<span class="squares" aria-hidden="true">`)
		for i := range n.Replicas {
			m.square(&n.Replicas[i])
		}
		m.raw(`</span><span>`)
		m.text(d.replicas(n))
		m.raw(`</span>`)
	} else {
		m.raw(`<span>`)
		m.text(d.daysLabel(days))
		m.raw(`</span>`)
	}
	m.raw(`</summary>`)
	if len(n.Replicas) > 0 {
		m.raw(`<ol class="replicas">`)
		for i := range n.Replicas {
			d.replica(m, &n.Replicas[i])
		}
		m.raw(`</ol>`)
	}
	d.dayTable(m, days)
	m.raw(`</details>`)
}
