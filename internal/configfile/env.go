// SPDX-License-Identifier: Apache-2.0

package configfile

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// ExpandEnv replaces ${NAME} by the environment variable of that name in every
// value of the document, and $$ by a dollar. It works on parsed values, so that a
// variable can't change the structure of the file; where a number is wanted, it
// may be written with quotation marks and without. Values below one of the keys
// except are left as they are. A variable that lookup (usually [os.LookupEnv])
// does not know is refused.
func (f *File) ExpandEnv(lookup func(string) (string, bool), except ...string) error {
	f.quoted = map[*yaml.Node]bool{}
	e := expander{file: f, lookup: lookup, except: except, seen: map[*yaml.Node]bool{}}
	if f.root != nil {
		e.walk(f.root, nil)
	}
	return e.errs.Err()
}

type expander struct {
	file   *File
	lookup func(string) (string, bool)
	except []string
	seen   map[*yaml.Node]bool
	errs   Errors
}

func (e *expander) walk(n *yaml.Node, p Path) {
	if e.seen[n] {
		return
	}
	e.seen[n] = true
	switch n.Kind { //nolint:exhaustive // the others are not in a document's content
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i].Value
			if !slices.Contains(e.except, key) {
				e.walk(n.Content[i+1], p.At(key))
			}
		}
	case yaml.SequenceNode:
		for i, item := range n.Content {
			e.walk(item, p.At(i))
		}
	case yaml.AliasNode:
		e.walk(n.Alias, p)
	case yaml.ScalarNode:
		e.scalar(n, p)
	}
}

func (e *expander) scalar(n *yaml.Node, p Path) {
	if n.ShortTag() != "!!str" || !strings.Contains(n.Value, "$") {
		return
	}
	value, err := expand(n.Value, e.lookup)
	if err != nil {
		e.errs = append(e.errs, &Error{File: e.file.name, Line: n.Line, Path: p.String(), Msg: err.Error()})
		return
	}
	n.Value = value
	switch {
	case !isNumberOrBool(value):
	case n.Style == 0:
		n.Tag = "" // a plain ${PORT} may stand where a number is wanted
	default:
		e.file.quoted[n] = true
	}
}

// unquote makes numbers of the variables that were put in between quotation marks,
// without which they can't stand in {a: "${PORT}"}, where the document for t wants
// numbers. Elsewhere they stay texts.
func (f *File) unquote(t reflect.Type) {
	if len(f.quoted) == 0 {
		return
	}
	place{node: f.root}.walk(func(at place) bool {
		if f.quoted[at.node] && isBare(typeAt(t, at.path)) {
			at.node.Tag, at.node.Style = "", 0
		}
		return false
	})
}

// isBare tells whether t is a number or a bool that YAML knows, and not one of a
// type that reads texts itself.
func isBare(t reflect.Type) bool {
	if t == nil || t.PkgPath() != "" {
		return false
	}
	return t.Kind() >= reflect.Bool && t.Kind() <= reflect.Float64
}

func isNumberOrBool(s string) bool {
	if s == "true" || s == "false" {
		return true
	}
	_, err := strconv.ParseFloat(s, 64)
	return err == nil
}

func expand(s string, lookup func(string) (string, bool)) (string, error) {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(s, "$")
		b.WriteString(before)
		if !found {
			return b.String(), nil
		}
		switch {
		case strings.HasPrefix(after, "$"):
			b.WriteByte('$')
			s = after[1:]
		case strings.HasPrefix(after, "{"):
			name, rest, closed := strings.Cut(after[1:], "}")
			if !closed {
				return "", errors.New("${ without }; write $$ for a dollar")
			}
			value, ok := lookup(name)
			if !ok {
				return "", fmt.Errorf("environment variable %s is not set; set it, or write $$ for a dollar", name)
			}
			b.WriteString(value)
			s = rest
		default:
			b.WriteByte('$')
			s = after
		}
	}
}
