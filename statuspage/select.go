// SPDX-License-Identifier: Apache-2.0

package statuspage

import (
	"slices"

	"github.com/pharos-status/pharos/internal/status"
)

// A selection is what a page shows.
type selection struct {
	layout  Layout
	selects bool            // the page does not show everything, whatever there is
	partly  bool            // something is left out
	cut     map[string]bool // services of which something is left out
	nodes   map[status.NodeID]bool
}

// selected picks what the page shows from the layout.
func selected(in Input) selection {
	layout := in.Reading.Layout
	if len(layout.Services) == 0 {
		layout = in.Layout
	}
	s := selection{selects: in.Selects != nil, cut: map[string]bool{}, nodes: map[status.NodeID]bool{}}
	for _, service := range layout.Services {
		all := service.Nodes
		service.Nodes = nil
		for _, n := range all {
			if in.Selects == nil || in.Selects(service.ID, n) {
				service.Nodes = append(service.Nodes, n)
				s.nodes[status.NodeID{Service: service.ID, Node: n.ID}] = true
			}
		}
		if len(service.Nodes) < len(all) {
			s.partly, s.cut[service.ID] = true, true
		}
		if len(service.Nodes) > 0 || in.Selects == nil {
			s.layout.Services = append(s.layout.Services, service)
		}
	}
	return s
}

// shows tells whether the page shows what the Ref names, or some of it.
func (s selection) shows(r Ref) bool {
	if r.Node != "" {
		return s.nodes[status.NodeID{Service: r.Service, Node: r.Node}]
	}
	return slices.ContainsFunc(s.layout.Services, func(l ServiceLayout) bool { return l.ID == r.Service })
}

// refs returns those that the page shows, and whether something that hits them
// touches the page: what names nothing touches every page, and a page that shows all
// is also touched by what is gone.
func (s selection) refs(all []Ref) (kept []Ref, touched bool) {
	for _, r := range all {
		if s.shows(r) {
			kept = append(kept, r)
		}
	}
	return kept, len(kept) > 0 || len(all) == 0 || !s.selects
}
