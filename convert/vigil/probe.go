// SPDX-License-Identifier: Apache-2.0

package vigil

import (
	"slices"
	"strings"
	"unicode"

	"github.com/pharos-status/pharos/collector/config"
	"github.com/pharos-status/pharos/internal/configfile"
)

// A watch reads the section probe.
type watch struct {
	c      *converter
	local  bool // of Vigil Local, where nothing has a label and nothing is pushed
	queues bool // there are settings of RabbitMQ
	nack   limits
}

// services returns the list of services.
func (w *watch) services(s *section) []configfile.Map {
	all := s.sections("service")
	if len(all) == 0 {
		w.c.failAt(s.here().src, "nothing is watched; write at least one [[probe.service]]")
	}
	s.done()
	var out []configfile.Map
	seen := map[string]int{}
	for _, service := range all {
		if m := w.service(service, seen); m != nil {
			out = append(out, m)
		}
	}
	if len(all) > 0 && len(out) == 0 {
		w.c.failAt(s.here().src, "nothing is watched, since all nodes are empty; write replicas or scripts")
	}
	return out
}

// service returns a service; nil if all of its nodes are left out.
func (w *watch) service(s *section, seen map[string]int) configfile.Map {
	notes := len(w.c.result.Notes)
	id := w.id(s, seen)
	b := block{c: w.c, file: exporterFile, path: "services"}
	b.put("id", configfile.Literal(id.value), nil, id.origin, "")
	if !w.local {
		w.label(&b, s)
	}
	nodes := s.sections("node")
	if len(nodes) == 0 {
		w.c.failAt(s.here().src, "the service has no nodes; write at least one [[probe.service.node]], or remove the service")
	}
	s.done()
	var list []configfile.Map
	seen = map[string]int{}
	for _, node := range nodes {
		if m := w.node(node, seen); m != nil {
			list = append(list, m)
		}
	}
	if len(nodes) > 0 && len(list) == 0 {
		w.leaveOut(s, notes, "Left out: no node of it has anything to ask. Write it anew when one has replicas or scripts.")
		return nil
	}
	b.m = append(b.m, configfile.Entry{Key: "nodes", Value: list})
	return b.m
}

// leaveOut tells that a service or a node is left out, instead of what was told of its
// settings since there were so many notes.
func (w *watch) leaveOut(s *section, notes int, text string) {
	w.c.result.Notes = w.c.result.Notes[:notes]
	w.c.missing(s.here(), text)
}

// id reads an id, which has to be one of exporter.yml: clients have it in the paths
// of what they report, so it can't be changed.
func (w *watch) id(s *section, seen map[string]int) setting[string] {
	id := s.need("id")
	switch {
	case !id.set:
		return id
	case id.value == "" || strings.ContainsFunc(id.value, unicode.IsControl):
		w.c.failAt(id.src, "%q is empty or has a control character; choose another id, here and in what reports to it", id.value)
	case strings.Contains(id.value, "/") || id.value == "." || id.value == "..":
		w.c.failAt(id.src, "%q can't be part of a path; choose an id without a slash, here and in what reports to it", id.value)
	case len(id.value) > maxName:
		w.c.failAt(id.src, "has %d bytes, want at most %d; choose a shorter id, here and in what reports to it", len(id.value), maxName)
	case seen[id.value] > 0:
		w.c.failAt(id.src, "duplicate id %q; it is at line %d already, so give this one another", id.value, seen[id.value])
	default:
		seen[id.value] = id.src.Line
	}
	return id
}

// maxName is how long ids, labels and names may be, in bytes.
const maxName = 200

func (w *watch) label(b *block, s *section) {
	label := s.need("label")
	w.shown(b, "label", label)
}

// shown puts a text that people see, in one line.
func (w *watch) shown(b *block, key string, s setting[string]) {
	differs := ""
	if text, changed := oneLine(s.value); changed {
		s.value, differs = text, "It is one line of at most 200 bytes now."
	}
	b.text(key, s, "", differs)
}

// node returns a node; nil if it is left out.
func (w *watch) node(s *section, seen map[string]int) configfile.Map {
	notes := len(w.c.result.Notes)
	id := w.id(s, seen)
	b := block{c: w.c, file: exporterFile, path: "services.nodes"}
	b.put("id", configfile.Literal(id.value), nil, id.origin, "")
	if !w.local {
		w.label(&b, s)
	}
	mode := s.need("mode")
	modes := []string{"poll", "script", "push", "local"}
	if w.local {
		modes = modes[:2]
	}
	if mode.set && !slices.Contains(modes, mode.value) {
		w.c.failAt(mode.src, "unknown mode %q, want one of %s", mode.value, strings.Join(modes, ", "))
	}
	b.put("mode", mode.value, nil, mode.origin, "")
	prefix := setting[string]{}
	if w.local {
		prefix = s.text("report_prefix", "")
	}
	asked := w.replicas(&b, s, mode.value, prefix) + w.scripts(&b, s, mode.value, prefix)
	w.http(&b, s, mode.value)
	if !w.local {
		w.queue(&b, s, mode.value)
		w.page(&b, s)
	}
	s.done()
	if asked == 0 && (mode.value == "poll" || mode.value == "script") {
		w.leaveOut(s, notes, "Left out: it has nothing to ask, so that Vigil showed it healthy for ever. Write it anew when it has replicas or scripts.")
		return nil
	}
	return b.m
}

// page puts what the page shows of a node besides its status.
func (w *watch) page(b *block, s *section) {
	reveal := s.flag("reveal_replica_name", false)
	b.put("reveal_replica_name", reveal.value, false, reveal.origin, "")
	link, label := s.text("link_url", ""), s.text("link_label", "")
	switch {
	case link.value == "":
		w.c.missing(label.origin, "Without a link_url it has no effect, as in Vigil.")
		return
	case !isLink(link.value, "mailto"):
		w.c.missing(link.origin, "The page takes links that begin with http:, https: and mailto: alone, so it is left out. Put what it leads to behind such a link.")
		w.c.missing(label.origin, "The link is left out.")
		return
	}
	at := block{c: w.c, file: exporterFile, path: "services.nodes.link"}
	at.text("url", link, "", "")
	w.shown(&at, "label", label)
	at.into(&b.m, "link")
}

// unused tells of settings that Vigil had no use for in the mode of a node.
func (w *watch) unused(mode string, all ...origin) {
	for _, o := range all {
		w.c.missing(o, "It has no effect in mode "+mode+", as in Vigil. Nothing to do.")
	}
}

// replicas puts the URLs of a node in mode poll, and returns how many there are.
func (w *watch) replicas(b *block, s *section, mode string, prefix setting[string]) int {
	urls, of := s.texts("replicas")
	switch {
	case mode != "poll" && len(urls) > 0:
		w.c.failAt(of.src, "a node in mode %s has no replicas; remove them, or make the mode poll", mode)
		return 0
	case mode != "poll" || len(urls) == 0:
		return 0
	}
	n := namer{prefix: prefix, used: map[string]bool{}}
	var list []any
	for _, u := range urls {
		name, err := config.ReplicaName(u.value)
		if err != nil {
			w.c.failAt(u.src, "%v", err)
			continue
		}
		n.add(u, name)
	}
	for _, r := range n.all {
		list = append(list, r.write(w, n.name(r)))
	}
	w.c.note(of, exporterFile+": services.nodes.replicas", strings.Join(n.differs(), " "))
	if prefix.set {
		w.c.note(prefix.origin, exporterFile+": services.nodes.replicas", "It is in the name of each replica.")
	}
	b.m = append(b.m, configfile.Entry{Key: "replicas", Value: list, Above: of.after()})
	return len(urls)
}
