// SPDX-License-Identifier: Apache-2.0

package configfile

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// A place is a value of a document, and the way to it.
type place struct {
	node *yaml.Node
	path Path
}

// walk calls visit for every value at or below n, and ends once it returns true.
func (at place) walk(visit func(place) bool) bool {
	if visit(at) {
		return true
	}
	switch at.node.Kind { //nolint:exhaustive // the others have nothing below, or are reached at their anchor
	case yaml.MappingNode:
		for i := 0; i+1 < len(at.node.Content); i += 2 {
			if (place{at.node.Content[i+1], at.path.At(at.node.Content[i].Value)}).walk(visit) {
				return true
			}
		}
	case yaml.SequenceNode:
		for i, item := range at.node.Content {
			if (place{item, at.path.At(i)}).walk(visit) {
				return true
			}
		}
	}
	return false
}

// find returns the first value that is as wanted.
func (f *File) find(wanted func(*yaml.Node) bool) (found place, ok bool) {
	if f.root == nil {
		return place{}, false
	}
	ok = place{node: f.root}.walk(func(at place) bool {
		found = at
		return wanted(at.node)
	})
	return found, ok
}

// valueAt returns the value that begins at a position.
func (f *File) valueAt(line, column int) (place, bool) {
	return f.find(func(n *yaml.Node) bool { return n.Line == line && n.Column == column })
}

// holderOf returns the mapping whose key begins at a position.
func (f *File) holderOf(line, column int) (place, bool) {
	return f.find(func(n *yaml.Node) bool {
		if n.Kind != yaml.MappingNode {
			return false
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Line == line && n.Content[i].Column == column {
				return true
			}
		}
		return false
	})
}

// typeAt returns the type that the value at p has in a document for t; nil if it
// can't be told.
func typeAt(t reflect.Type, p Path) reflect.Type {
	for _, step := range p {
		if t = bare(t); t == nil {
			return nil
		}
		key, isKey := step.(string)
		switch t.Kind() {
		case reflect.Slice, reflect.Array, reflect.Map:
			t = t.Elem()
		case reflect.Struct:
			if !isKey {
				return nil
			}
			t = fieldsOf(t)[key]
		default:
			return nil
		}
	}
	return bare(t)
}

// bare returns what t points to.
func bare(t reflect.Type) reflect.Type {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// fieldsOf returns the keys of a mapping for the struct t, and their types.
func fieldsOf(t reflect.Type) map[string]reflect.Type {
	fields := map[string]reflect.Type{}
	for field := range t.Fields() {
		name, options, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		switch inner := bare(field.Type); {
		case slices.Contains(strings.Split(options, ","), "inline") && inner.Kind() == reflect.Struct:
			maps.Copy(fields, fieldsOf(inner))
		case name != "" && name != "-":
			fields[name] = field.Type
		}
	}
	return fields
}
