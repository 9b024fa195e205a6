// SPDX-License-Identifier: Apache-2.0

package server

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

// maintenanceActive shows at each scrape which nodes are in maintenance. Every
// instance shows the same. While nothing is known of the store it shows nothing, and
// the rules go on with what they saw last.
type maintenanceActive struct {
	desc     *prometheus.Desc
	contents func() *contents
	layout   func() statuspage.Layout
}

func newMaintenanceActive(c func() *contents, layout func() statuspage.Layout) *maintenanceActive {
	return &maintenanceActive{
		desc: prometheus.NewDesc(schema.MaintenanceActive,
			"Whether a declared maintenance covers the node now: 1 or 0, for each node of the page. Not there before the store was read.",
			[]string{schema.Service, schema.Node}, nil),
		contents: c, layout: layout,
	}
}

// Describe implements [prometheus.Collector].
func (m *maintenanceActive) Describe(to chan<- *prometheus.Desc) { to <- m.desc }

// Collect implements [prometheus.Collector].
func (m *maintenanceActive) Collect(to chan<- prometheus.Metric) {
	c := m.contents()
	if !c.known {
		return
	}
	covers := covered(c.Maintenances, time.Now())
	for _, s := range m.layout().Services {
		for _, n := range s.Nodes {
			value := 0.0
			if covers(status.NodeID{Service: s.ID, Node: n.ID}) {
				value = 1
			}
			to <- prometheus.MustNewConstMetric(m.desc, prometheus.GaugeValue, value, status.Shorten(s.ID), status.Shorten(n.ID))
		}
	}
}

// covered returns what tells whether a maintenance covers a node at the time.
func covered(all []statuspage.Maintenance, now time.Time) func(status.NodeID) bool {
	var refs []statuspage.Ref
	for i := range all {
		if m := &all[i]; !m.Cancelled && len(m.Between(now, now.Add(time.Millisecond), 1)) > 0 {
			refs = append(refs, m.Components...)
		}
	}
	return func(id status.NodeID) bool {
		for _, r := range refs {
			if r.Covers(id) {
				return true
			}
		}
		return false
	}
}
