// SPDX-License-Identifier: Apache-2.0

package vigil

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pharos-status/pharos/convert"
	"github.com/pharos-status/pharos/internal/configfile"
)

// A setting is a value of the file, or the default of the program.
type setting[T any] struct {
	value T
	origin
}

// An origin says where a value comes from.
type origin struct {
	set  bool
	src  convert.Source
	vars []string // variables in it
}

// after is the comment behind what a value has become.
func (o origin) after() string {
	if o.set {
		return o.src.String()
	}
	return "Vigil's default"
}

// A section is a table that is being read. Keys that nobody asks for are unknown.
type section struct {
	c     *converter
	key   string
	t     *table // nil if the file has none
	asked []string
}

func (c *converter) section(t *table) *section { return &section{c: c, key: t.key, t: t} }

// sub returns a section within this one, which has nothing in it if the file does not
// have it.
func (s *section) sub(name string) *section {
	none := &section{c: s.c, key: join(s.key, name)}
	i := s.ask(name)
	if i == nil {
		return none
	}
	t, ok := i.value.(*table)
	if !ok {
		s.c.fail(i, "found %s, want a table; write [%s]", kindOf(i), i.key)
		return none
	}
	return s.c.section(t)
}

func (s *section) present() bool { return s.t != nil }

// here is the section itself, for notes that are about all of it.
func (s *section) here() origin {
	if s.t == nil {
		return origin{}
	}
	return origin{set: true, src: convert.Source{File: s.c.base, Line: s.t.line, Key: s.t.key}}
}

// at is where a setting stands or, where it is not set, its section.
func (s *section) at(name string, o origin) origin {
	if !o.set && s.present() {
		o = s.here()
		o.src.Key = join(s.key, name)
	}
	return o
}

func (s *section) ask(name string) *item {
	s.asked = append(s.asked, name)
	if s.t == nil {
		return nil
	}
	return s.t.items[name]
}

func (s *section) text(name, otherwise string) setting[string] {
	return get(s, name, otherwise, "a text", func(v any) (string, bool) { t, ok := v.(string); return t, ok })
}

func (s *section) flag(name string, otherwise bool) setting[bool] {
	return get(s, name, otherwise, "true or false", func(v any) (bool, bool) { b, ok := v.(bool); return b, ok })
}

// number returns a whole number within bounds, which are those of Vigil and of
// what there is a counterpart for.
func (s *section) number(name string, otherwise, least, most int) setting[int] {
	n := get(s, name, otherwise, "a whole number", func(v any) (int, bool) { i, ok := v.(int64); return int(i), ok })
	if n.set && (n.value < least || n.value > most) {
		s.c.failAt(n.src, "is %d, want %d to %d", n.value, least, most)
		n.value = otherwise
	}
	return n
}

func (s *section) real(name string, otherwise float64) setting[float64] {
	return get(s, name, otherwise, "a number", func(v any) (float64, bool) {
		switch v := v.(type) {
		case float64:
			return v, true
		case int64:
			return float64(v), true
		}
		return 0, false
	})
}

// need returns a text that has to be there.
func (s *section) need(name string) setting[string] {
	t := s.text(name, "")
	if !t.set {
		at := s.here().src
		at.Key = join(s.key, name)
		s.c.failAt(at, "is missing; Vigil needs it, too, so write it")
	}
	return t
}

// texts returns the items of a list of texts; absent and empty are alike.
func (s *section) texts(name string) (list []setting[string], of origin) {
	items, of := s.list(name)
	for _, i := range items {
		text, ok := i.value.(string)
		if !ok {
			s.c.fail(i, "found %s, want a text in quotation marks", kindOf(i))
		}
		list = append(list, setting[string]{text, s.c.origin(i)})
	}
	return list, of
}

func (s *section) list(name string) ([]*item, origin) {
	i := s.ask(name)
	if i == nil {
		return nil, origin{}
	}
	items, ok := i.value.([]*item)
	if !ok {
		s.c.fail(i, "found %s, want a list", kindOf(i))
	}
	return items, s.c.origin(i)
}

// sections returns the tables of an array of them.
func (s *section) sections(name string) (all []*section) {
	items, _ := s.list(name)
	for _, i := range items {
		t, ok := i.value.(*table)
		if !ok {
			s.c.fail(i, "found %s, want a table", kindOf(i))
			continue
		}
		all = append(all, s.c.section(t))
	}
	return all
}

// done tells of the keys that nobody has asked for.
func (s *section) done() {
	if s.t == nil {
		return
	}
	for _, name := range s.t.names {
		if slices.Contains(s.asked, name) {
			continue
		}
		i := s.t.items[name]
		if near := configfile.Nearest(name, s.asked); near != "" {
			s.c.fail(i, "unknown key; did you mean %q?", near)
			continue
		}
		known := slices.Sorted(slices.Values(s.asked))
		s.c.fail(i, "unknown key; remove it, or write one of %s", strings.Join(known, ", "))
	}
}

func get[T any](s *section, name string, otherwise T, want string, as func(any) (T, bool)) setting[T] {
	i := s.ask(name)
	if i == nil {
		return setting[T]{value: otherwise}
	}
	v, ok := as(i.value)
	if !ok {
		s.c.fail(i, "found %s, want %s", kindOf(i), want)
		v = otherwise
	}
	return setting[T]{v, s.c.origin(i)}
}

func kindOf(i *item) string {
	switch i.value.(type) {
	case string:
		return "a text"
	case int64:
		return "a whole number"
	case float64:
		return "a number"
	case bool:
		return "true or false"
	case []*item:
		return "a list"
	case *table:
		return "a table"
	}
	return "a date or a number that is too large"
}

func (c *converter) origin(i *item) origin {
	return origin{set: true, src: convert.Source{File: c.base, Line: i.line, Key: i.key}, vars: i.vars}
}

func (c *converter) fail(i *item, format string, args ...any) {
	c.failAt(convert.Source{Line: i.line, Key: i.key}, format, args...)
}

func (c *converter) failAt(at convert.Source, format string, args ...any) {
	c.errs = append(c.errs, &convert.Error{File: c.name, Line: at.Line, Key: at.Key, Msg: fmt.Sprintf(format, args...)})
}
