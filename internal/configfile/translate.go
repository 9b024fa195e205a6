// SPDX-License-Identifier: Apache-2.0

package configfile

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"
)

var (
	unknownField = regexp.MustCompile(`^field (.+?) not found in type `)
	wrongTag     = regexp.MustCompile("^cannot construct !!\\w+ `(?s:.*)` as a !!\\w+$")
	anchor       = regexp.MustCompile(`^(unknown )?anchor '`)
	wrongType    = regexp.MustCompile("^cannot construct !!(\\w+)(?: `.*`)? into (\\S+)")
)

// translate turns an error of the YAML library into Errors of this package.
func (f *File) translate(err error, target any) error {
	if many, ok := errors.AsType[*yaml.LoadErrors](err); ok {
		all := make(Errors, 0, len(many.Errors))
		for _, e := range many.Errors {
			all = append(all, f.one(e, reflect.TypeOf(target)))
		}
		return all
	}
	if e, ok := errors.AsType[*yaml.LoadError](err); ok {
		return Errors{f.one(e, reflect.TypeOf(target))}
	}
	return Errors{{File: f.name, Msg: err.Error()}}
}

func (f *File) one(e *yaml.LoadError, target reflect.Type) *Error {
	line, column := e.Mark.Line, e.Mark.Column
	out := &Error{File: f.name, Line: line, Msg: e.Message}
	if m := unknownField.FindStringSubmatch(e.Message); m != nil {
		var holder reflect.Type
		if at, ok := f.holderOf(line, column); ok {
			holder = typeAt(target, at.path)
		}
		out.Msg = unknownKey(m[1], holder, target)
		return out
	}
	if problem := f.alluded(e.Message); problem != nil {
		problem.File, problem.Line = f.name, cmp.Or(problem.Line, line)
		return problem
	}
	m := wrongType.FindStringSubmatch(e.Message)
	at, ok := f.valueAt(line, column)
	if !ok {
		if m != nil {
			out.Msg = "a value of the wrong type"
		}
		return out
	}
	switch t := typeAt(target, at.path); {
	case errors.As(e, new(*url.Error)): // it repeats the URL, which may hold a password
		out.Path, out.Msg = at.path.String(), "not a URL; write one such as https://host/path"
	case isDuration(t):
		out.Path, out.Msg = at.path.String(), mismatch(at.node, "a duration such as 5s or 2m", true)
	case m != nil:
		want, harmless := wanted(m[2], t)
		out.Path, out.Msg = at.path.String(), mismatch(at.node, want, harmless)
	default: // what a type says of itself
		out.Path = at.path.String()
	}
	return out
}

// alluded returns what to say of tags, anchors and aliases, whose messages repeat
// what may be a secret that begins with ! & or *; nil if it is something else.
func (f *File) alluded(message string) *Error {
	m := anchor.FindStringSubmatch(message)
	switch {
	case m != nil && m[1] == "":
		return &Error{Msg: "an anchor contains itself; remove the alias, which begins with *"}
	case m != nil:
		return &Error{Msg: "an alias stands here, and there is no such anchor; put the text that begins with * between quotation marks, or mend the alias"}
	case wrongTag.MatchString(message):
		at, _ := f.find(func(n *yaml.Node) bool {
			return n.Kind == yaml.ScalarNode && n.Style&yaml.TaggedStyle != 0 && n.Decode(new(any)) != nil
		})
		problem := &Error{Path: at.path.String(), Msg: "the value is not of the type that its tag says; remove the tag, which begins with !!"}
		if at.node != nil {
			problem.Line = at.node.Line
		}
		return problem
	}
	return nil
}

func isDuration(t reflect.Type) bool {
	return t != nil && t.Kind() == reflect.Int64 && t.Name() == "Duration"
}

// mismatch says that a value is not what is wanted. The value itself is shown only
// where that is harmless: anything else may be a secret in the wrong place.
func mismatch(n *yaml.Node, want string, harmless bool) string {
	const longest = 40 // bytes that are shown
	var got string
	switch tag := n.ShortTag(); {
	case n.Kind == yaml.SequenceNode:
		got = "a list"
	case n.Kind == yaml.MappingNode:
		got = "a mapping"
	case n.Value == "":
		got = "an empty value"
	case harmless && len(n.Value) <= longest:
		got = fmt.Sprintf("%q", n.Value)
	case tag == "!!int", tag == "!!float":
		got = "a number"
	case tag == "!!bool":
		got = "true or false"
	default:
		got = "a text"
	}
	return fmt.Sprintf("found %s, want %s", got, want)
}

// wanted says what the YAML library wanted for a value: the Go type that it names,
// or, if that is a named one, what the document has at this place. It tells
// whether whoever tried to write such a value can't have written a secret.
func wanted(goType string, t reflect.Type) (want string, harmless bool) {
	kind := reflect.Invalid
	if t != nil {
		kind = t.Kind()
	}
	is := func(name string, kinds ...reflect.Kind) bool {
		if strings.HasPrefix(goType, name) {
			return true
		}
		for _, k := range kinds {
			if k == kind && strings.Contains(goType, ".") {
				return true
			}
		}
		return false
	}
	switch {
	case is("[]", reflect.Slice, reflect.Array):
		return "a list", false
	case is("map", reflect.Map, reflect.Struct):
		return "a mapping", false
	case is("int", reflect.Int, reflect.Int64), is("uint", reflect.Uint, reflect.Uint64):
		return "a whole number", true
	case is("float", reflect.Float32, reflect.Float64):
		return "a number", true
	case is("bool", reflect.Bool):
		return "true or false", true
	case is("string", reflect.String):
		return "a text", false
	}
	return "a mapping", false
}
