// SPDX-License-Identifier: Apache-2.0

package configfile

import (
	"fmt"
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
