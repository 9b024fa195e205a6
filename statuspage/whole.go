// SPDX-License-Identifier: Apache-2.0

package statuspage

import (
	"slices"

	"github.com/pharos-status/pharos/internal/status"
)

// A Verdict is what the page says of the whole.
type Verdict struct {
	Status      status.Status
	Maintenance bool      // people work on something, as planned
	Incident    *Incident // the open incident that decides: it is worse than what is measured; nil if none does. Shared
}

// Verdict returns what is measured of the whole, apart from what is in maintenance, or
// what people have declared by an incident where that is worse. A page that tells of
// an outage never says above it that all is well, and one that measures an outage never
// waits for somebody to declare it.
func (p *Page) Verdict() Verdict {
	v := Verdict{}
	v.Status, v.Maintenance = p.Effective()
	for i := range p.Incidents {
		if in := &p.Incidents[i]; in.Open() && in.Impact.Status().Severity() > v.Status.Severity() {
			v.Status, v.Incident = in.Impact.Status(), in
		}
	}
	return v
}

// Status returns how bad an impact is: what is none is healthy, minor sick, and major
// and critical dead.
func (i Impact) Status() status.Status {
	switch i {
	case ImpactMinor:
		return status.Sick
	case ImpactMajor, ImpactCritical:
		return status.Dead
	case ImpactNone:
	}
	return status.Healthy
}

// Declared returns the worst impact of the open incidents that name the component: a
// service by itself or by one of its nodes, a node by itself or by its service. It is
// empty if none does.
func (p *Page) Declared(r Ref) (worst Impact) {
	for i := range p.Incidents {
		in := &p.Incidents[i]
		if in.Open() && slices.ContainsFunc(in.Components, func(hit Ref) bool {
			return hit.Service == r.Service && (hit.Node == "" || r.Node == "" || hit.Node == r.Node)
		}) && slices.Index(Impacts(), in.Impact) > slices.Index(Impacts(), worst) {
			worst = in.Impact
		}
	}
	return worst
}

// Effective returns the measured status of the whole apart from what is in
// maintenance, and whether anything is. What is bad because people work on it is no
// outage; each line of the page still tells how it is.
func (p *Page) Effective() (s status.Status, maintenance bool) {
	var parts []status.Status
	worst := status.Healthy // of all nodes
	for _, service := range p.Services {
		for _, n := range service.Nodes {
			if n.Status.Severity() > worst.Severity() {
				worst = n.Status
			}
			if n.InMaintenance {
				maintenance = true
			} else {
				parts = append(parts, n.Status)
			}
		}
	}
	switch {
	case !maintenance, p.Stale, p.Status.Severity() > worst.Severity(): // the rules may know of more than the page shows
		return p.Status, maintenance
	case len(parts) == 0:
		return status.Healthy, true
	}
	return status.Worst(slices.Values(parts)), true
}
