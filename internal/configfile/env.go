// SPDX-License-Identifier: Apache-2.0

package configfile

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// ExpandEnv replaces ${NAME} by the environment variable of that name in every
// value of the document, and $$ by a dollar. It works on parsed values, so that a
// variable can't change the structure of the file. Values below one of the keys
// except are left as they are. A variable that lookup (usually [os.LookupEnv])
// does not know is refused.
func (f *File) ExpandEnv(lookup func(string) (string, bool), except ...string) error {
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
	if n.Style == 0 && isNumberOrBool(value) {
		n.Tag = "" // a plain ${PORT} may stand where a number is wanted
	}
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
