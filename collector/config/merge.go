// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/common/model"

	"github.com/pharos-status/pharos/internal/configfile"
	"github.com/pharos-status/pharos/internal/status"
)

// A merger adds targets to the services of the files, which it does not change.
type merger struct {
	config *Config
	empty  *configfile.File // what targets are checked against
	drafts []*draft         // of all services, in the order of the page
	byID   map[string]*draft
}

// A draft is a service that may grow.
type draft struct {
	Service
	places map[string]int             // of the nodes, by ID; nil as long as none was added to
	names  map[string]map[string]bool // of the replicas of the nodes that were added to
}

func newMerger(c *Config) *merger {
	empty, _ := configfile.Parse("", nil) // nothing can be wrong with nothing
	m := &merger{config: c, empty: empty, byID: map[string]*draft{}}
	for _, s := range c.files.services {
		m.keep(&draft{Service: s})
	}
	return m
}

func (m *merger) keep(d *draft) {
	if _, known := m.byID[d.ID]; !known {
		m.drafts, m.byID[d.ID] = append(m.drafts, d), d
	}
}

func (m *merger) merged() []Service {
	all := make([]Service, len(m.drafts))
	for i, d := range m.drafts {
		all[i] = d.Service
	}
	return all
}

// add adds one target, or says what is wrong with it and changes nothing.
func (m *merger) add(t Target) error {
	l := &loader{file: m.empty, modules: m.config.Modules, discovers: true}
	d := m.draft(l, t.Labels)
	n := d.node(l, t.Labels, m.above(d.ID))
	var replicas []Replica
	if l.errs == nil && n.Mode == ModePoll {
		replicas = []Replica{d.replica(l, t, n)}
	}
	if l.errs != nil {
		return labelError(l.errs)
	}
	m.keep(d)
	d.keep(n, replicas)
	return nil
}

func (m *merger) above(service string) resolved {
	if above, ok := m.config.files.above[service]; ok {
		return above
	}
	return m.config.files.defaults
}

// draft returns the draft of the service that the labels name; a new one if there
// is none yet.
func (m *merger) draft(l *loader, labels map[string]string) *draft {
	id := labels["__service"]
	if d, ok := m.byID[id]; ok {
		return d
	}
	l.id(configfile.Path{"service"}, "service", id)
	label := l.label(configfile.Path{"service"}, labels["__service_label"], id)
	return &draft{Service: Service{ID: id, Label: label, Position: len(m.drafts)}}
}

// node returns the node that the labels name; a new one if there is none yet.
func (d *draft) node(l *loader, labels map[string]string, above resolved) Node {
	d.open()
	id, mode := labels["__node"], Mode(labels["__mode"])
	place, known := d.places[id]
	if !known {
		return newNode(l, labels, above)
	}
	n := d.Nodes[place]
	name, named := labels["__module"]
	switch {
	case mode != "" && mode != n.Mode:
		l.fail(configfile.Path{"mode"}, "is %q, and the node is in mode %s; leave the label out", mode, n.Mode)
	case mode == "" && n.Mode != ModePoll:
		l.fail(configfile.Path{"node"}, "the node is in mode %s, which has no targets; name another node", n.Mode)
	case named && name != n.ModuleName:
		l.fail(configfile.Path{"module"}, "is %q, and the node is asked by %q; give the node a name of its own", name, n.ModuleName)
	}
	return n
}

// open makes the nodes the draft's own, so that those of the files stay as they are.
func (d *draft) open() {
	if d.places != nil {
		return
	}
	d.places, d.names = map[string]int{}, map[string]map[string]bool{}
	d.Nodes = slices.Clone(d.Nodes)
	for i := range d.Nodes {
		d.places[d.Nodes[i].ID] = i
		d.Nodes[i].Replicas = slices.Clip(d.Nodes[i].Replicas)
	}
}

// keep stores a node if it is new, and adds replicas to it.
func (d *draft) keep(n Node, replicas []Replica) {
	place, known := d.places[n.ID]
	if !known {
		place = len(d.Nodes)
		d.places[n.ID], d.Nodes = place, append(d.Nodes, n)
	}
	d.Nodes[place].Replicas = append(d.Nodes[place].Replicas, replicas...)
	for _, r := range replicas {
		d.named(n)[r.Name] = true
	}
}

// named returns the names of the replicas of n.
func (d *draft) named(n Node) map[string]bool {
	names, ok := d.names[n.ID]
	if !ok {
		names = map[string]bool{}
		for _, r := range n.Replicas {
			names[r.Name] = true
		}
		d.names[n.ID] = names
	}
	return names
}

func newNode(l *loader, labels map[string]string, above resolved) Node {
	d := nodeDocument{
		ID: labels["__node"], Label: labels["__node_label"], Mode: Mode(labels["__mode"]), Module: labels["__module"],
		Link: linkDocument{URL: labels["__link_url"], Label: labels["__link_label"]},
	}
	l.id(configfile.Path{"node"}, "node", d.ID)
	if d.Mode == "" {
		d.Mode = ModePoll
	}
	if d.Mode == ModeScript {
		l.fail(configfile.Path{"mode"}, "scripts are run from files alone; leave the target out")
		return Node{}
	}
	d.MinHealthy = l.labelled("min_healthy", labels)
	switch reveal := labels["__reveal_replica_name"]; reveal {
	case "true", "false", "":
		d.Reveal = reveal == "true"
	default:
		l.fail(configfile.Path{"reveal_replica_name"}, "found %q, want true or false", reveal)
	}
	return l.node(nil, d, above)
}

// replica returns a replica of n. A name that is made of a URL with a query or a
// password ends in a hash always, not only if another one is alike: a target that
// comes must not change the names of others.
func (d *draft) replica(l *loader, t Target, n Node) Replica {
	document := replicaDocument{
		URL: targetURL(t.URL), Name: t.Labels["__replica"],
		Poll: &pollDocument{
			Interval: l.duration("interval", t.Labels), Timeout: l.duration("timeout", t.Labels),
			SickAfter: l.duration("sick_after", t.Labels), RetryWait: l.duration("retry_wait", t.Labels),
			Retries: l.labelled("retries", t.Labels),
		},
	}
	l.name(configfile.Path{"replica"}, document.Name)
	before := l.errs
	r, err := l.target(nil, document, n)
	if err != nil {
		l.fail(nil, "%v", err)
	}
	if len(l.errs) > len(before) {
		return r
	}
	if r.Name == "" {
		if r.Name = publicName(t.URL); r.Name != t.URL {
			r.Name += "#" + shortHash(t.URL)
		}
	}
	r.Name = status.Shorten(r.Name)
	if d.named(n)[r.Name] {
		l.fail(configfile.Path{"replica"}, "the node has a replica called %q already; give this one another name", r.Name)
	}
	return r
}

// duration returns the duration that a label gives, nil if there is no such label.
func (l *loader) duration(key string, labels map[string]string) *model.Duration {
	text, ok := labels["__"+key]
	if !ok {
		return nil
	}
	d, err := model.ParseDuration(text)
	if err != nil {
		l.fail(configfile.Path{key}, "found %q, want a duration such as 5s or 2m", text)
	}
	return &d
}

// labelled returns the number that a label gives, nil if there is no such label.
func (l *loader) labelled(key string, labels map[string]string) *int {
	text, ok := labels["__"+key]
	if !ok {
		return nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		l.fail(configfile.Path{key}, "found %q, want a whole number", text)
	}
	return &n
}

// labelError returns what is wrong with a target, in a line, with the labels in
// place of the keys of the file.
func labelError(errs configfile.Errors) error {
	texts := make([]string, len(errs))
	for i, e := range errs {
		switch e.Path {
		case "":
		case "label":
			texts[i] = "__node_label: "
		default:
			texts[i] = "__" + strings.ReplaceAll(strings.TrimPrefix(e.Path, "poll."), ".", "_") + ": "
		}
		texts[i] += e.Msg
	}
	return errors.New(strings.Join(texts, "; "))
}
