// SPDX-License-Identifier: Apache-2.0

package tree

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// is tells whether the value is one of those tags, and fails it if not.
func (v *Value) is(want string, tags ...string) bool {
	if slices.Contains(tags, v.tag) {
		return true
	}
	v.Fail("found %s, want %s", v.kind(), want)
	return false
}

// kind says what stands there, and nothing that may be a secret.
func (v *Value) kind() string {
	switch v.tag {
	case "!!map":
		return "a mapping"
	case "!!seq":
		return "a list"
	case "!!null":
		return "nothing"
	case "!!bool":
		return "true or false"
	case "!!int", "!!float":
		return "a number"
	}
	return "a text"
}

// IsList tells whether the value is a list.
func (v *Value) IsList() bool { return v != nil && v.tag == "!!seq" }

// IsText tells whether the value is a text.
func (v *Value) IsText() bool { return v != nil && v.tag == "!!str" }

// IsMap tells whether the value is a mapping.
func (v *Value) IsMap() bool { return v != nil && v.tag == "!!map" }

// Items returns the items of a list, or nothing and a failure if it is none.
func (v *Value) Items() []*Value {
	if v == nil || !v.is("a list", "!!seq") {
		return nil
	}
	return v.below
}

// Members returns the values of a mapping, in the order of the document, or nothing
// and a failure if it is none.
func (v *Value) Members() []*Value {
	if v == nil || !v.is("a mapping", "!!map") {
		return nil
	}
	return v.below
}

// Map returns the value if it is a mapping, or nothing and a failure.
func (v *Value) Map() *Value {
	if v == nil || !v.is("a mapping", "!!map") {
		return nil
	}
	return v
}

// Text returns a text, also one that is a number, or nothing and a failure.
func (v *Value) Text() string {
	if v == nil || !v.is("a text", "!!str", "!!int", "!!float", "!!bool", "!!timestamp") {
		return ""
	}
	return v.text
}

// Texts returns the texts of a list.
func (v *Value) Texts() []string {
	var out []string
	for _, one := range v.Items() {
		out = append(out, one.Text())
	}
	return out
}

// Bool returns true or false; otherwise where the value is not there. JSON of
// databases has 1 and 0 for them.
func (v *Value) Bool(otherwise bool) bool {
	if v == nil {
		return otherwise
	}
	switch v.text {
	case "true", "True", "TRUE", "1":
		return true
	case "false", "False", "FALSE", "0", "":
		if v.tag == "!!bool" || v.tag == "!!int" || v.tag == "!!str" {
			return false
		}
	}
	v.Fail("found %s, want true or false", v.kind())
	return otherwise
}

// Int returns a whole number within limits; otherwise where it is not there.
func (v *Value) Int(otherwise, from, to int) int {
	if v == nil {
		return otherwise
	}
	if !v.is("a whole number", "!!int", "!!float", "!!str") {
		return otherwise
	}
	n, err := strconv.Atoi(v.text)
	if f, floatErr := strconv.ParseFloat(v.text, 64); err != nil && floatErr == nil && f == float64(int64(f)) {
		n, err = int(f), nil
	}
	switch {
	case err != nil:
		v.Fail("found %s, want a whole number", v.kind())
	case n < from || n > to:
		v.Fail("is %d, want %d to %d", n, from, to)
	default:
		return n
	}
	return otherwise
}

// maxDuration is longer than anybody means.
const maxDuration = 10 * 365 * 24 * time.Hour

// Duration returns a duration of at least min, as Go writes them, 1h30m; otherwise
// where it is not there.
func (v *Value) Duration(otherwise, least time.Duration) time.Duration {
	if v == nil {
		return otherwise
	}
	if !v.is("a duration such as 30s", "!!str", "!!int", "!!float") {
		return otherwise
	}
	d, err := time.ParseDuration(strings.TrimSpace(v.text))
	switch {
	case err != nil:
		v.Fail("found %s, want a duration such as 30s or 5m", v.kind())
	case d < least || d > maxDuration:
		v.Fail("is %v, want at least %v, and at most ten years", d, least)
	default:
		return d
	}
	return otherwise
}

// Expand replaces the texts of the document by what change makes of them; its error
// fails the value.
func (d *Doc) Expand(change func(string) (string, error)) {
	if d.Root != nil {
		d.Root.expand(change)
	}
}

func (v *Value) expand(change func(string) (string, error)) {
	if v.tag == "!!str" && strings.Contains(v.text, "$") {
		text, err := change(v.text)
		if err != nil {
			v.Fail("%v", err)
		}
		v.text = text
	}
	for _, one := range v.below {
		one.expand(change)
	}
}

// TextOr returns a text, and otherwise what is given: where there is none, or what is
// there is no text.
func (v *Value) TextOr(otherwise string) string {
	if v == nil || v.tag == "!!map" || v.tag == "!!seq" || v.text == "" {
		return otherwise
	}
	return v.text
}
