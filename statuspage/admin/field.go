// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"cmp"
	"maps"
	"slices"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

// A field is a field of a form, as fields.html draws it.
type field struct {
	Form              *form
	Name, Label, Hint string
	Required          bool
	Max               int // characters
	Options           []option
	Groups            []group
	Zone              string // of a time
}

// An option is something to choose.
type option struct{ Value, Label, Hint string }

// A group is a service and its nodes, to choose from.
type group struct {
	Service option
	Nodes   []option
	Open    bool // something in it is chosen
}

// Field begins the description of a field.
func (f *form) Field(name, label, hint string) field {
	return field{Form: f, Name: name, Label: label, Hint: hint}
}

// Must says that the field has to be filled in.
func (d field) Must() field { d.Required = true; return d }

// Limit says how many characters it takes.
func (d field) Limit(n int) field { d.Max = n; return d }

// From says what there is to choose.
func (d field) From(options []option) field { d.Options = options; return d }

// In says in which zone the time is.
func (d field) In(zone string) field { d.Zone = zone; return d }

// Among says among which components there is to choose.
func (d field) Among(f *frame) field {
	known := map[string]bool{}
	for _, s := range f.layout.Services {
		ref := statuspage.Ref{Service: s.ID}.String()
		g := group{Service: option{Value: ref, Label: cmp.Or(s.Label, s.ID), Hint: "all of it"}}
		known[ref] = true
		for _, n := range s.Nodes {
			ref := statuspage.RefOf(status.NodeID{Service: s.ID, Node: n.ID}).String()
			known[ref] = true
			g.Nodes = append(g.Nodes, option{Value: ref, Label: cmp.Or(n.Label, n.ID)})
			g.Open = g.Open || d.Form.Chosen(d.Name, ref)
		}
		d.Groups = append(d.Groups, g)
	}
	for _, ref := range d.Form.Values[d.Name] {
		if !known[ref] {
			d.Groups = append(d.Groups, group{Service: option{Value: ref, Label: ref, Hint: "no longer there"}})
		}
	}
	return d
}

// Value returns what was typed.
func (d field) Value() string { return d.Form.Get(d.Name) }

// Fault says what is wrong with it.
func (d field) Fault() string { return d.Form.Fault(d.Name, d.Label) }

// Chosen tells whether an option is chosen.
func (d field) Chosen(value string) bool { return d.Form.Chosen(d.Name, value) }

// Count returns how many are chosen.
func (d field) Count() int { return len(d.Form.Values[d.Name]) }

// Describes returns the ids of what describes the field, for those who can't see it.
func (d field) Describes() string {
	switch {
	case d.Fault() != "" && d.Hint != "":
		return d.Name + "-fault " + d.Name + "-hint"
	case d.Fault() != "":
		return d.Name + "-fault"
	case d.Hint != "":
		return d.Name + "-hint"
	}
	return ""
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
