// SPDX-License-Identifier: Apache-2.0

package configfile

import (
	"fmt"

	"go.yaml.in/yaml/v4"
)

// A Tree is a document, or a value of one, whose keys nobody knows beforehand:
// the configuration of another program.
type Tree struct {
	Line  int    // from 1
	Tag   string // !!map, !!seq, !!str, !!int, !!float, !!bool, !!null, !!timestamp
	Text  string // of what is neither a mapping nor a list
	Keys  []Key  // of a mapping, each once
	Items []*Tree
}

// A Key is a key of a mapping. Its value has the same place among the items.
type Key struct {
	Name string
	Line int
}

const (
	maxTreeDepth  = 100
	maxTreeValues = 2_000_000 // each alias counts as what it stands for
)

// Tree returns the document with its aliases and merge keys replaced by what they
// stand for; nil if it is empty. What is nested too deeply, or becomes too large by
// its aliases, is refused.
func (f *File) Tree() (*Tree, error) {
	if f.root == nil {
		return nil, nil //nolint:nilnil // as the document is empty
	}
	g := grower{file: f}
	t, err := g.grow(f.root, 0)
	if err != nil {
		return nil, err
	}
	return t, nil
}

type grower struct {
	file   *File
	values int
}

func (g *grower) grow(n *yaml.Node, depth int) (*Tree, *Error) {
	if g.values++; g.values > maxTreeValues {
		return nil, g.errorf(n, "the aliases make more than %d values of the document; write less of them", maxTreeValues)
	}
	if depth > maxTreeDepth {
		return nil, g.errorf(n, "nested more than %d levels deep", maxTreeDepth)
	}
	switch n.Kind { //nolint:exhaustive // the others are not in a document's content
	case yaml.AliasNode:
		return g.grow(n.Alias, depth+1)
	case yaml.MappingNode:
		return g.mapping(n, depth)
	case yaml.SequenceNode:
		t := &Tree{Line: n.Line, Tag: "!!seq", Items: make([]*Tree, len(n.Content))}
		for i, item := range n.Content {
			var err *Error
			if t.Items[i], err = g.grow(item, depth+1); err != nil {
				return nil, err
			}
		}
		return t, nil
	}
	return &Tree{Line: n.Line, Tag: n.ShortTag(), Text: n.Value}, nil
}

func (g *grower) mapping(n *yaml.Node, depth int) (*Tree, *Error) {
	t := &Tree{Line: n.Line, Tag: "!!map"}
	seen := map[string]bool{}
	var merged []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.ShortTag() == "!!merge" {
			merged = append(merged, value)
			continue
		}
		if key.Kind != yaml.ScalarNode {
			return nil, g.errorf(key, "the key is no text; write one")
		}
		if seen[key.Value] {
			return nil, g.errorf(key, "the key stands in this mapping already; keep one of them")
		}
		seen[key.Value] = true
		item, err := g.grow(value, depth+1)
		if err != nil {
			return nil, err
		}
		t.Keys, t.Items = append(t.Keys, Key{key.Value, key.Line}), append(t.Items, item)
	}
	for _, m := range merged {
		if err := g.merge(t, m, depth, seen); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// merge adds the keys of the mapping that a merge key has, or of each in its list,
// unless they are there: what comes first wins.
func (g *grower) merge(t *Tree, n *yaml.Node, depth int, seen map[string]bool) *Error {
	from, err := g.grow(n, depth+1)
	if err != nil {
		return err
	}
	all := []*Tree{from}
	if from.Tag == "!!seq" {
		all = from.Items
	}
	for _, one := range all {
		if one.Tag != "!!map" {
			return g.errorf(n, "a merge key needs a mapping; let the alias lead to one")
		}
		for i, key := range one.Keys {
			if !seen[key.Name] {
				seen[key.Name] = true
				t.Keys, t.Items = append(t.Keys, key), append(t.Items, one.Items[i])
			}
		}
	}
	return nil
}

func (g *grower) errorf(n *yaml.Node, format string, args ...any) *Error {
	return &Error{File: g.file.name, Line: n.Line, Msg: fmt.Sprintf(format, args...)}
}
