// SPDX-License-Identifier: Apache-2.0

package duty

import (
	"slices"
	"time"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

// A truth is what Prometheus says of components, apart from maintenance.
type truth struct {
	at      time.Time // of the newest data
	stale   bool      // it can't be believed
	reading statuspage.Reading
	nodes   map[string][]statuspage.NodeLayout
	labels  map[string]string // of services
	planned []statuspage.Ref  // in maintenance now
}

func newTruth(r statuspage.Reading, l statuspage.Layout, all []statuspage.Maintenance, staleAfter time.Duration, now time.Time) *truth {
	if len(r.Layout.Services) > 0 {
		l = r.Layout
	}
	t := &truth{
		at: r.Newest, reading: r, nodes: map[string][]statuspage.NodeLayout{}, labels: map[string]string{},
		stale: r.Newest.IsZero() || now.Sub(r.At) > staleAfter || now.Sub(r.Newest) > staleAfter,
	}
	for _, s := range l.Services {
		t.nodes[s.ID], t.labels[s.ID] = s.Nodes, s.Label
	}
	for i := range all {
		if _, ok := underWay(&all[i], now); ok {
			t.planned = append(t.planned, all[i].Components...)
		}
	}
	return t
}

// underWay returns the occurrence of a maintenance that is under way.
func underWay(m *statuspage.Maintenance, now time.Time) (statuspage.Cut, bool) {
	if all := m.Between(now, now.Add(time.Millisecond), 1); len(all) > 0 && !all[0].Start.After(now) {
		return all[0], true
	}
	return statuspage.Cut{}, false
}

func (t *truth) inMaintenance(id status.NodeID) bool {
	return slices.ContainsFunc(t.planned, func(r statuspage.Ref) bool { return r.Covers(id) })
}

// of returns the status of a component without those of its nodes that are bad because
// they are in maintenance: unknown if that leaves nothing, or if nothing is to be believed.
func (t *truth) of(r statuspage.Ref) status.Status {
	if t.stale {
		return status.Unknown
	}
	left := 0
	worst, all := status.Healthy, true
	for _, n := range t.nodes[r.Service] {
		id := status.NodeID{Service: r.Service, Node: n.ID}
		if !r.Covers(id) {
			continue
		}
		s := t.reading.Nodes[id]
		if s != status.Healthy && t.inMaintenance(id) {
			all = false
			continue
		}
		left++
		worst = worse(worst, s)
	}
	switch {
	case left == 0:
		return status.Unknown
	case r.Node == "" && all: // the rules may know more of a service than its nodes tell
		return worse(worst, t.reading.Services[r.Service])
	}
	return worst
}

// gone tells whether the component is not there any more, as far as can be believed.
func (t *truth) gone(r statuspage.Ref) bool {
	nodes, there := t.nodes[r.Service]
	there = there && (r.Node == "" || slices.ContainsFunc(nodes, func(n statuspage.NodeLayout) bool { return n.ID == r.Node }))
	return !there && !t.stale && len(t.nodes) > 0
}

// allDead tells whether no node of the service is anything but dead.
func (t *truth) allDead(service string) bool {
	return !slices.ContainsFunc(t.nodes[service], func(n statuspage.NodeLayout) bool {
		return t.reading.Nodes[status.NodeID{Service: service, Node: n.ID}] != status.Dead
	})
}

func worse(a, b status.Status) status.Status {
	if b.Severity() > a.Severity() {
		return b
	}
	return a
}

// name returns what people call the component.
func (t *truth) name(r statuspage.Ref) string {
	service := r.Service
	if t.labels[r.Service] != "" {
		service = t.labels[r.Service]
	}
	if r.Node == "" {
		return service
	}
	for _, n := range t.nodes[r.Service] {
		if n.ID == r.Node && n.Label != "" {
			return service + ": " + n.Label
		}
	}
	return service + ": " + r.Node
}
