// SPDX-License-Identifier: Apache-2.0

package configfile

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// An Item is a value that is written with a comment above it.
type Item struct {
	Comment string // its lines begin with "# "
	Value   any
}

// MarshalYAML implements [yaml.Marshaler].
func (i Item) MarshalYAML() (any, error) {
	n, err := i.node()
	return n, err
}

// node returns the item as it is read back from what is written: only so are the
// comments within it kept.
func (i Item) node() (*yaml.Node, error) {
	out, err := yaml.Dump(i.Value, yaml.WithV3Defaults(), yaml.WithLineWidth(-1))
	if err != nil {
		return nil, fmt.Errorf("write as YAML: %w", err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(out, &doc); err != nil {
		return nil, fmt.Errorf("read what was written as YAML: %w", err)
	}
	n := doc.Content[0]
	n.HeadComment = i.Comment
	return n, nil
}

// A Quoted is a text that is written between single quotation marks.
type Quoted string

// MarshalYAML implements [yaml.Marshaler].
func (q Quoted) MarshalYAML() (any, error) {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.SingleQuotedStyle, Value: string(q)}, nil
}

// Peek stores in the value that v points to what it has room for, and passes over
// the rest: it is for files of other programs, which check them.
func (f *File) Peek(v any) error {
	if f.root == nil {
		return nil
	}
	if err := f.root.Load(v, yaml.WithV3Defaults()); err != nil {
		return f.translate(err, v)
	}
	return nil
}

// Prepend puts items at the beginning of the list at p, and Append at its end. The
// list is made if there is none, and so are the mappings that lead to it.
func (f *File) Prepend(p Path, items ...Item) error { return f.insert(p, items, 0) }

// Append is described with [File.Prepend].
func (f *File) Append(p Path, items ...Item) error { return f.insert(p, items, -1) }

func (f *File) insert(p Path, items []Item, at int) error {
	if len(items) == 0 {
		return nil
	}
	list, err := f.list(p)
	if err != nil {
		return err
	}
	if at < 0 {
		at = len(list.Content)
	}
	for i, item := range items {
		n, err := item.node()
		if err != nil {
			return err
		}
		list.Content = slices.Insert(list.Content, at+i, n)
	}
	return nil
}

// list returns the list at p. What leads to it is written in lines, not between
// braces, from now on: comments have no place there.
func (f *File) list(p Path) (*yaml.Node, error) {
	if f.root == nil {
		f.root = &yaml.Node{Kind: yaml.MappingNode}
		f.doc = &yaml.Node{Kind: yaml.DocumentNode, Content: []*yaml.Node{f.root}}
	}
	n, key := f.root, new(yaml.Node)
	for i := range len(p) + 1 {
		kind, name := yaml.MappingNode, "a mapping"
		if i == len(p) {
			kind, name = yaml.SequenceNode, "a list"
		}
		if n.Kind == yaml.AliasNode {
			n = n.Alias
		}
		if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" {
			*n = yaml.Node{Kind: kind, HeadComment: n.HeadComment, LineComment: n.LineComment, FootComment: n.FootComment}
		}
		if n.Kind != kind {
			return nil, f.Errorf(p[:i], "want %s", name)
		}
		if n.Style&yaml.FlowStyle != 0 {
			n.Style &^= yaml.FlowStyle
			key.HeadComment = strings.TrimPrefix(key.HeadComment+"\n"+n.LineComment, "\n")
			n.LineComment = ""
		}
		if i == len(p) {
			break
		}
		next, value := child(n, p[i])
		if value == nil && merges(n, p[i]) {
			return nil, f.Errorf(p[:i+1], "comes by a merge key, <<, which can't be added to; write %v out here", p[i])
		}
		if value == nil {
			next = &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: fmt.Sprint(p[i])}
			value = &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null"}
			n.Content = append(n.Content, next, value)
		}
		n, key = value, next
	}
	return n, nil
}

// merges tells whether the mapping n has a key by way of a merge key.
func merges(n *yaml.Node, key any) bool {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.Kind == yaml.SequenceNode { // of mappings that are merged
		return slices.ContainsFunc(n.Content, func(from *yaml.Node) bool { return has(from, key) })
	}
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if n.Content[i].ShortTag() == "!!merge" && has(n.Content[i+1], key) {
			return true
		}
	}
	return false
}

// has tells whether what is merged has a key: a mapping, or a list of them.
func has(merged *yaml.Node, key any) bool {
	_, value := child(merged, key)
	return value != nil || merges(merged, key)
}

// Text returns the document as it is now, with its comments, and with an empty line
// between what stands at its top.
func (f *File) Text() ([]byte, error) {
	if f.doc == nil {
		return nil, nil
	}
	out, err := yaml.Dump(f.doc, yaml.WithV3Defaults(), yaml.WithIndent(2), yaml.WithLineWidth(-1))
	if err != nil {
		return nil, fmt.Errorf("write as YAML: %w", err)
	}
	var text bytes.Buffer
	before := []byte("\n")
	for line := range bytes.Lines(out) {
		if !bytes.ContainsAny(line[:1], " \n") && !bytes.ContainsAny(before[:1], "#\n") {
			text.WriteByte('\n')
		}
		text.Write(line)
		before = line
	}
	return text.Bytes(), nil
}
