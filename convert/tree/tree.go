// SPDX-License-Identifier: Apache-2.0

// Package tree reads the configuration of another program, of which not every key is
// known, and remembers of which of its settings something was said: of those that
// nobody asked for, a note tells. What the settings mean is left to the converters.
package tree

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pharos-status/pharos/convert"
	"github.com/pharos-status/pharos/internal/configfile"
	"github.com/pharos-status/pharos/internal/status"
)

// A Doc is a document that is being converted. It is not safe for concurrent use.
type Doc struct {
	Root  *Value // nil if the document is empty
	name  string // as the user named it
	base  string // without its folder
	notes []convert.Note
	errs  convert.Errors
}

// A Value is a value of a [Doc]. Its methods may be called on nil, which is a value
// that is not there, as null is.
type Value struct {
	doc   *Doc
	up    *Value
	step  string // the key, or [place]
	name  string // what people call it, if that is known
	line  int
	tag   string
	text  string
	below []*Value
	named map[string]*Value // of what is below, where there is much of it
	asked []string          // keys that are not there, though somebody knows them
	place string            // the keys that lead to it, once somebody has asked
	told  bool
}

func (d *Doc) grow(t *configfile.Tree, up *Value, step string) *Value {
	v := &Value{doc: d, up: up, step: step, line: t.Line, tag: t.Tag, text: t.Text}
	for i, item := range t.Items {
		if t.Tag == "!!map" {
			one := d.grow(item, v, t.Keys[i].Name)
			one.line = t.Keys[i].Line
			v.below = append(v.below, one)
		} else {
			v.below = append(v.below, d.grow(item, v, "["+strconv.Itoa(i)+"]"))
		}
	}
	if v.tag == "!!map" && len(v.below) > 8 {
		v.named = make(map[string]*Value, len(v.below))
		for _, one := range v.below {
			v.named[one.step] = one
		}
	}
	return v
}

// Get returns the value of a key. Whatever was asked for is a key that is known: the
// notes of unknown ones ask whether the nearest of them is meant.
func (v *Value) Get(key string) *Value {
	if v == nil || v.tag != "!!map" {
		return nil
	}
	if one := v.find(key); one != nil {
		return one.orNil()
	}
	v.asked = append(v.asked, key)
	return nil
}

func (v *Value) find(key string) *Value {
	if v.named != nil {
		return v.named[key]
	}
	for _, one := range v.below {
		if one.step == key {
			return one
		}
	}
	return nil
}

// orNil makes nothing of null, of which nothing has to be said.
func (v *Value) orNil() *Value {
	if v != nil && v.tag == "!!null" {
		v.told = true
		return nil
	}
	return v
}

// Key returns the key that leads to the value, or [place].
func (v *Value) Key() string { return v.step }

// Called has the place of the value, and of what is in it, say what people call it: a
// number alone does not tell them which it is.
func (v *Value) Called(name string) { v.name, v.place = name, "" }

// Line returns the line of the value's key, from 1.
func (v *Value) Line() int {
	if v == nil {
		return 0
	}
	return v.line
}

// Source returns the place of the value.
func (v *Value) Source() convert.Source {
	if v == nil {
		return convert.Source{}
	}
	return convert.Source{File: v.doc.base, Line: v.line, Key: v.path()}
}

func (v *Value) path() string {
	if v.up == nil || v.place != "" {
		return v.place
	}
	path := v.up.path()
	step := status.Shorten(v.step)
	if v.name != "" {
		step += " " + strconv.Quote(status.Shorten(v.name))
	}
	if path != "" && !strings.HasPrefix(step, "[") {
		step = "." + step
	}
	v.place = path + step
	return v.place
}

// Note says what became of the value and of all that is in it. What was said of it
// first holds.
func (v *Value) Note(fit convert.Fit, to, text string) {
	if v == nil || v.told {
		return
	}
	v.told = true
	v.doc.notes = append(v.doc.notes, convert.Note{Source: v.Source(), Fit: fit, To: to, Text: text})
}

// Skip says that nothing has to be said of the value.
func (v *Value) Skip() {
	if v != nil {
		v.told = true
	}
}

// Exact says that the value means the same at to.
func (v *Value) Exact(to string) { v.Note(convert.Exact, to, "") }

// Fail says what is wrong with the value, and what to do.
func (v *Value) Fail(format string, args ...any) {
	e := &convert.Error{Msg: fmt.Sprintf(format, args...)}
	if v != nil {
		e.File, e.Line, e.Key = v.doc.name, v.line, v.path()
		v.doc.errs = append(v.doc.errs, e)
	}
}

// Fail says what is wrong with the document.
func (d *Doc) Fail(format string, args ...any) {
	d.errs = append(d.errs, &convert.Error{File: d.name, Msg: fmt.Sprintf(format, args...)})
}

// Finish returns the notes, also of the settings of which nothing was said, with what
// to say of these, or else all that is wrong with the document. Both are in the
// order of the lines.
func (d *Doc) Finish(unknown string) ([]convert.Note, error) {
	if len(d.errs) > 0 {
		slices.SortStableFunc(d.errs, func(a, b *convert.Error) int { return a.Line - b.Line })
		d.errs = slices.CompactFunc(d.errs, func(a, b *convert.Error) bool { return *a == *b }) // what was read twice
		return nil, d.errs.Err()
	}
	if d.Root != nil {
		d.Root.rest(unknown)
	}
	slices.SortStableFunc(d.notes, func(a, b convert.Note) int { return a.Source.Line - b.Source.Line })
	return d.notes, nil
}

// rest tells of what nothing was said of.
func (v *Value) rest(unknown string) {
	if v.told || v.tag == "!!null" {
		return
	}
	if v.up == nil || slices.ContainsFunc(v.below, (*Value).Told) {
		for _, one := range v.below {
			one.rest(unknown)
		}
		return
	}
	if (v.tag == "!!map" || v.tag == "!!seq") && len(v.below) == 0 {
		return
	}
	if meant := configfile.Nearest(v.step, v.up.asked); meant != "" {
		unknown = "did you mean " + meant + "? " + unknown
	}
	v.Note(convert.Missing, "", unknown)
}

// Told tells whether something was said of the value, or of a part of it.
func (v *Value) Told() bool {
	return v != nil && (v.told || slices.ContainsFunc(v.below, (*Value).Told))
}

// Inner returns the mapping that a text holds as JSON. What is said of it is said at
// the place of the text.
func (v *Value) Inner() (*Value, error) {
	t, _, err := parseJSON([]byte(v.TextOr("")))
	if err != nil {
		return nil, err
	}
	if t.Tag != "!!map" {
		return nil, errors.New("it is no object")
	}
	inner := v.doc.grow(t, v.up, v.step)
	inner.movedTo(v.line)
	return inner, nil
}

func (v *Value) movedTo(line int) {
	v.line = line
	for _, one := range v.below {
		one.movedTo(line)
	}
}
