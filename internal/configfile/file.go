// SPDX-License-Identifier: Apache-2.0

// Package configfile reads the project's own YAML files: strictly, with every
// error at its file and line, with environment variables and with secrets kept
// apart. It is the only package that knows which YAML library is used. What the
// values mean is left to the packages that own a file.
package configfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// maxSize bounds a file, in bytes: configuration is written by people.
const maxSize = 16 << 20

// A File is a parsed YAML document that remembers its lines. It is not safe for
// concurrent use.
type File struct {
	name   string
	doc    *yaml.Node          // with the comments around the content; nil if the file is empty
	root   *yaml.Node          // the document's content; nil if the file is empty
	quoted map[*yaml.Node]bool // values in quotation marks that are numbers by a variable
}

// Read parses the file at path. Its error wraps [os.ErrNotExist] if there is none.
func Read(path string) (*File, error) {
	in, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	defer in.Close() //nolint:errcheck // only read
	data, err := io.ReadAll(io.LimitReader(in, maxSize+1))
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	return Parse(path, data)
}

// Parse parses data. The name stands in messages, and its folder is where the
// relative file names of the configuration begin.
func Parse(name string, data []byte) (*File, error) {
	f := &File{name: name}
	if len(data) > maxSize {
		return nil, &Error{File: name, Msg: fmt.Sprintf("larger than %d MiB", maxSize>>20)}
	}
	if !utf8.Valid(data) {
		return nil, &Error{File: name, Line: invalidLine(data), Msg: "not valid UTF-8; save the file as UTF-8"}
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc yaml.Node
	if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
		return f, nil
	} else if err != nil {
		return nil, f.translate(err, nil)
	}
	var second yaml.Node
	if err := dec.Decode(&second); err == nil {
		return nil, &Error{File: name, Line: second.Line, Msg: "a second YAML document begins here; one file holds one, so remove the line ---"}
	} else if !errors.Is(err, io.EOF) {
		return nil, f.translate(err, nil)
	}
	if len(doc.Content) > 0 && doc.Content[0].Tag != "!!null" {
		f.doc, f.root = &doc, doc.Content[0]
	}
	if err := f.ownTags().Err(); err != nil {
		return nil, err
	}
	return f, nil
}

// ownTags returns an error for each value with a tag that YAML does not know: such
// is rather a secret that begins with an exclamation mark, and is not shown.
func (f *File) ownTags() Errors {
	if f.root == nil {
		return nil
	}
	known := []string{"!!str", "!!int", "!!float", "!!bool", "!!null", "!!timestamp", "!!binary", "!!merge", "!!seq", "!!map"}
	var errs Errors
	check := func(n *yaml.Node) {
		if n.Kind != yaml.AliasNode && !slices.Contains(known, n.ShortTag()) {
			errs = append(errs, &Error{File: f.name, Line: n.Line, Msg: "a tag stands here, which is not known; put the text that begins with ! between quotation marks, or remove the tag"})
		}
	}
	place{node: f.root}.walk(func(at place) bool {
		check(at.node)
		if at.node.Kind == yaml.MappingNode {
			for i := 0; i < len(at.node.Content); i += 2 {
				check(at.node.Content[i])
			}
		}
		return false
	})
	return errs
}

func invalidLine(data []byte) int {
	line := 1
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		if r == utf8.RuneError && size == 1 {
			break
		}
		if r == '\n' {
			line++
		}
		data = data[size:]
	}
	return line
}

// Name returns the name that the file was read or parsed under.
func (f *File) Name() string { return f.name }

// Path returns name as it is if it is absolute or empty, and otherwise relative
// to the folder of the file.
func (f *File) Path(name string) string {
	if name == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(filepath.Dir(f.name), name)
}

// Has tells whether the document gives the key at its top a value.
func (f *File) Has(key string) bool {
	if f.root == nil {
		return false
	}
	_, value := child(f.root, key)
	return value != nil && value.ShortTag() != "!!null"
}

// Decode stores the document in the value that v points to. What the document
// does not set stays as it is, so defaults go into v before. Unknown keys, values
// of the wrong type and lists with nothing for an item are refused, all of a kind
// in one [Errors]. No error shows what may be a secret in the wrong place.
func (f *File) Decode(v any) error {
	if f.root == nil {
		return nil
	}
	if errs := f.emptyItems(); errs != nil {
		return errs
	}
	f.unquote(reflect.TypeOf(v))
	if err := f.root.Load(v, yaml.WithV3Defaults(), yaml.WithKnownFields()); err != nil {
		return f.translate(err, v)
	}
	return nil
}

// emptyItems returns an error for each item of a list that is not there: the YAML
// library leaves such items out, or takes them for a default.
func (f *File) emptyItems() error {
	var errs Errors
	place{node: f.root}.walk(func(at place) bool {
		if at.node.Kind != yaml.SequenceNode {
			return false
		}
		for i, item := range at.node.Content {
			if item.Kind == yaml.ScalarNode && item.ShortTag() == "!!null" {
				p := at.path.At(i)
				errs = append(errs, &Error{File: f.name, Line: item.Line, Path: p.String(), Msg: "the item of the list is empty; write it, or remove it"})
			}
		}
		return false
	})
	return errs.Err()
}

// Marshal returns v as YAML. A [Secret] in it is hidden.
func Marshal(v any) ([]byte, error) {
	out, err := yaml.Dump(v, yaml.WithV3Defaults(), yaml.WithIndent(2))
	if err != nil {
		return nil, fmt.Errorf("write configuration as YAML: %w", err)
	}
	return out, nil
}
