// SPDX-License-Identifier: Apache-2.0

package vigil

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// A span is a part of the text.
type span struct{ start, end int }

// A table is a TOML table with the lines of its keys.
type table struct {
	key      string // such as notify.email; empty: the document
	line     int
	items    map[string]*item
	names    []string // of the items, in their order
	comments []span   // of the document
}

// An item is a value of a table or of an array.
type item struct {
	key   string // such as metrics.poll_interval
	line  int
	at    span
	value any      // string, int64, float64, bool, []*item, *table, or other
	vars  []string // variables that were put into it
	left  []string // variables that are not set and were left
}

// other is a value that Vigil has no use for, such as a date.
type other struct{}

// tree builds the document from a text that is good TOML.
func (s *source) tree(text []byte) *table {
	b := builder{s: s, p: unstable.Parser{KeepComments: true}}
	root := newTable("", 1)
	b.p.Reset(text)
	here := root
	for b.p.NextExpression() {
		e := b.p.Expression()
		switch e.Kind {
		case unstable.Comment:
			b.comment(e)
		case unstable.Table:
			here = b.enter(root, e.Key())
		case unstable.ArrayTable:
			here = b.enterNew(root, e.Key())
		case unstable.KeyValue:
			b.set(here, e)
		default:
		}
		if c := e.Next(); c.Valid() { // behind it
			b.comment(c)
		}
	}
	root.comments = b.comments
	return root
}

// comment keeps where a comment stands, and those below it that belong to it.
func (b *builder) comment(n *unstable.Node) {
	b.comments = append(b.comments, spanOf(n))
	for more := n.Children(); more.Next(); {
		b.comments = append(b.comments, spanOf(more.Node()))
	}
}

func newTable(key string, line int) *table {
	return &table{key: key, line: line, items: map[string]*item{}}
}

type builder struct {
	s        *source
	p        unstable.Parser
	comments []span
}

func spanOf(n *unstable.Node) span {
	start := int(n.Raw.Offset)
	return span{start, start + int(n.Raw.Length)}
}

// enter returns the table that a key leads to, of an array the last one.
func (b *builder) enter(t *table, key unstable.Iterator) *table {
	for key.Next() {
		t = b.child(t, key.Node())
	}
	return t
}

func (b *builder) child(t *table, n *unstable.Node) *table {
	name := string(n.Data)
	switch v := t.value(name).(type) {
	case *table:
		return v
	case []*item:
		if len(v) > 0 {
			if last, ok := v[len(v)-1].value.(*table); ok {
				return last
			}
		}
	}
	line := b.s.line(int(n.Raw.Offset))
	c := newTable(join(t.key, name), line)
	t.put(name, &item{key: c.key, line: line, at: spanOf(n), value: c})
	return c
}

// enterNew appends a table to the array that a key leads to, and returns it.
func (b *builder) enterNew(t *table, key unstable.Iterator) *table {
	for key.Next() {
		n := key.Node()
		if !key.IsLast() {
			t = b.child(t, n)
			continue
		}
		name, line := string(n.Data), b.s.line(int(n.Raw.Offset))
		list, _ := t.value(name).([]*item)
		c := newTable(join(t.key, name), line)
		list = append(list, &item{key: c.key, line: line, at: spanOf(n), value: c})
		if first := t.items[name]; first != nil {
			first.value = list
		} else {
			t.put(name, &item{key: c.key, line: line, at: spanOf(n), value: list})
		}
		t = c
	}
	return t
}

func (b *builder) set(t *table, e *unstable.Node) {
	key := e.Key()
	for key.Next() {
		n := key.Node()
		if !key.IsLast() {
			t = b.child(t, n)
			continue
		}
		name := string(n.Data)
		t.put(name, b.item(join(t.key, name), b.s.line(int(n.Raw.Offset)), e.Value()))
	}
}

// item returns a value. Of what has others in it, the variables are theirs.
func (b *builder) item(key string, line int, n *unstable.Node) *item {
	i := &item{key: key, line: line, at: spanOf(n), value: other{}}
	switch n.Kind {
	case unstable.String:
		i.value = string(n.Data)
	case unstable.Bool:
		i.value = string(n.Data) == "true"
	case unstable.Integer:
		if v, err := strconv.ParseInt(strings.ReplaceAll(string(n.Data), "_", ""), 0, 64); err == nil {
			i.value = v
		}
	case unstable.Float:
		if v, err := strconv.ParseFloat(strings.ReplaceAll(string(n.Data), "_", ""), 64); err == nil {
			i.value = v
		}
	case unstable.Array:
		i.value = b.list(i, n)
	case unstable.InlineTable:
		t := newTable(key, line)
		for children := n.Children(); children.Next(); {
			if c := children.Node(); c.Kind == unstable.KeyValue {
				b.set(t, c)
			} else {
				b.comment(c)
			}
		}
		i.value = t
	default:
	}
	i.vars, i.left = within(b.s.known, i.at), within(b.s.unset, i.at)
	return i
}

// list returns the items of an array, which ends where the last of them does: the
// reader tells where texts stand, but not always where arrays do.
func (b *builder) list(of *item, n *unstable.Node) []*item {
	list := []*item{}
	for children := n.Children(); children.Next(); {
		c := children.Node()
		if c.Kind == unstable.Comment {
			b.comment(c)
			continue
		}
		line := of.line
		if c.Raw.Length > 0 {
			line = b.s.line(int(c.Raw.Offset))
		}
		i := b.item(fmt.Sprintf("%s[%d]", of.key, len(list)), line, c)
		list = append(list, i)
		if of.at.end == of.at.start && i.at.end > i.at.start {
			of.at.start = i.at.start
		}
		of.at.end = max(of.at.end, i.at.end)
	}
	return list
}

func (t *table) put(name string, i *item) {
	t.items[name] = i
	t.names = append(t.names, name)
}

func (t *table) value(name string) any {
	if i := t.items[name]; i != nil {
		return i.value
	}
	return nil
}

func join(parent, name string) string {
	if parent == "" {
		return name
	}
	return parent + "." + name
}

// scripts returns where the scripts of the document stand.
func (t *table) scripts() (at []span) {
	for name, i := range t.items {
		switch v := i.value.(type) {
		case *table:
			at = append(at, v.scripts()...)
		case []*item:
			for _, element := range v {
				if in, ok := element.value.(*table); ok {
					at = append(at, in.scripts()...)
				} else if name == "scripts" {
					at = append(at, element.at)
				}
			}
		}
	}
	return at
}
