// SPDX-License-Identifier: Apache-2.0

package configfile

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// An Error is one thing that is wrong with a file.
type Error struct {
	File string
	Line int    // from 1; 0 if the error belongs to no line
	Path string // such as services[0].id; empty if there is none
	Msg  string
}

// Error returns file:line: path: message, as compilers write it.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d", e.Line)
	}
	b.WriteString(": ")
	if e.Path != "" {
		b.WriteString(e.Path + ": ")
	}
	b.WriteString(e.Msg)
	return b.String()
}

// Errors are all the things that are wrong with a file, a line each.
type Errors []*Error

// Error returns the messages, a line each.
func (all Errors) Error() string {
	lines := make([]string, len(all))
	for i, e := range all {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the single errors, for [errors.As].
func (all Errors) Unwrap() []error {
	out := make([]error, len(all))
	for i, e := range all {
		out[i] = e
	}
	return out
}

// Err returns all as an error, nil if there is none.
func (all Errors) Err() error {
	if len(all) == 0 {
		return nil
	}
	return all
}

// A Path leads from the top of a document to a value: keys (string) and places
// in lists (int, from 0).
type Path []any

// At returns the path that goes on from p.
func (p Path) At(steps ...any) Path {
	return append(slices.Clip(p), steps...)
}

// String returns the path in the form services[0].id.
func (p Path) String() string {
	var b strings.Builder
	for _, step := range p {
		if i, ok := step.(int); ok {
			fmt.Fprintf(&b, "[%d]", i)
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		fmt.Fprint(&b, step)
	}
	return b.String()
}

// Errorf returns an Error at the line of the value at p, or of the nearest
// value above it that the file has.
func (f *File) Errorf(p Path, format string, args ...any) *Error {
	return &Error{File: f.name, Line: f.line(p), Path: p.String(), Msg: fmt.Sprintf(format, args...)}
}

func (f *File) line(p Path) int {
	if f.root == nil {
		return 0
	}
	n := f.root
	line := n.Line
	for _, step := range p {
		key, value := child(n, step)
		if value == nil {
			break
		}
		n, line = value, key.Line
	}
	return line
}

// child returns the node that holds the step's key, and the one of its value.
func child(n *yaml.Node, step any) (key, value *yaml.Node) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	switch step := step.(type) {
	case int:
		if n.Kind == yaml.SequenceNode && step < len(n.Content) {
			return n.Content[step], n.Content[step]
		}
	case string:
		if n.Kind != yaml.MappingNode {
			return nil, nil
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == step {
				return n.Content[i], n.Content[i+1]
			}
		}
	}
	return nil, nil
}

var (
	unknownField = regexp.MustCompile(`^field (.+?) not found in type `)
	wrongType    = regexp.MustCompile("^cannot construct !!(\\w+)(?: `(.*)`)? into (.+)$")
)

// translate turns an error of the YAML library into Errors of this package.
func (f *File) translate(err error, target any) error {
	if many, ok := errors.AsType[*yaml.LoadErrors](err); ok {
		all := make(Errors, 0, len(many.Errors))
		for _, e := range many.Errors {
			all = append(all, f.one(e, target))
		}
		return all
	}
	if e, ok := errors.AsType[*yaml.LoadError](err); ok {
		return Errors{f.one(e, target)}
	}
	return Errors{{File: f.name, Msg: err.Error()}}
}

func (f *File) one(e *yaml.LoadError, target any) *Error {
	msg := e.Message
	if m := unknownField.FindStringSubmatch(msg); m != nil {
		msg = fmt.Sprintf("unknown key %q", m[1])
		if near := nearest(m[1], keysOf(reflect.TypeOf(target))); near != "" {
			msg += fmt.Sprintf("; did you mean %q?", near)
		}
	} else if m := wrongType.FindStringSubmatch(msg); m != nil {
		msg = mismatch(m[1], m[2], m[3])
	}
	return &Error{File: f.name, Line: e.Mark.Line, Msg: msg}
}

// mismatch says that a value with a YAML tag is not of a Go type.
func mismatch(tag, value, goType string) string {
	got := fmt.Sprintf("%q", value)
	switch {
	case tag == "seq":
		got = "a list"
	case tag == "map":
		got = "a mapping"
	case value == "":
		got = "an empty value"
	}
	want := "a mapping"
	switch {
	case strings.HasPrefix(goType, "[]"):
		want = "a list"
	case strings.HasPrefix(goType, "int"), strings.HasPrefix(goType, "uint"):
		want = "a whole number"
	case strings.HasPrefix(goType, "float"):
		want = "a number"
	case goType == "bool":
		want = "true or false"
	case goType == "string":
		want = "a text"
	}
	return fmt.Sprintf("found %s, want %s", got, want)
}
