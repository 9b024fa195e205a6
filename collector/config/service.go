// SPDX-License-Identifier: Apache-2.0

package config

import "github.com/pharos-status/pharos/internal/configfile"

// files is what is watched by all that the files say, on every shard.
type files struct {
	defaults resolved
	services []Service           // in the order of the page
	above    map[string]resolved // what nodes of a service begin with, by the service's ID
	shown    []shownFile         // the service files
	matched  []matched           // their patterns
}

// addServices adds the services of one file.
func (l *loader) addServices(to *files, all []serviceDocument) {
	for i, d := range all {
		p := configfile.Path{"services", i}
		l.unique(p, "service", d.ID, l.services)
		s, above := l.service(p, d, to.defaults)
		s.Position = len(to.services)
		to.services = append(to.services, s)
		to.above[s.ID] = above
	}
}

// service returns a service, and the settings that its nodes begin with.
func (l *loader) service(p configfile.Path, d serviceDocument, defaults resolved) (Service, resolved) {
	s := Service{ID: d.ID, Label: l.label(p, d.Label, d.ID)}
	if len(d.Nodes) == 0 {
		l.fail(p.At("nodes"), "the service has no nodes; add one, or remove the service")
	}
	above := l.settings(p, d.settings, defaults)
	seen := map[string]string{}
	for i, n := range d.Nodes {
		at := p.At("nodes", i)
		l.unique(at, "node", n.ID, seen)
		s.Nodes = append(s.Nodes, l.node(at, n, above))
	}
	return s, above
}
