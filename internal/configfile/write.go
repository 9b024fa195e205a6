// SPDX-License-Identifier: Apache-2.0

package configfile

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/prometheus/common/model"
	"go.yaml.in/yaml/v4"
)

// A Map is a mapping that [Write] writes, with its keys in this order.
type Map []Entry

// An Entry is a key of a [Map].
type Entry struct {
	Key   string
	Value any    // see [Write]
	Above string // a comment above the key, without "#"; may have several lines
	After string // a comment of one line behind the value, without "#"
}

// Flow is a list or a mapping that is written on one line, between brackets or
// braces. What is in it has no comments.
type Flow struct{ Value any }

// Literal doubles the dollars of a text: where environment variables are put in, it
// then stands for itself.
func Literal(text string) string { return strings.ReplaceAll(text, "$", "$$") }

// Write returns a file with the document m, and with a comment at its top. Values
// are a Map, a []any, a []string or a []Map, a Flow, a string, a bool, an int, a float64 or a
// [time.Duration]. Whatever a string looks like (on, 1e3, null, *name), it is read back
// as that string by YAML 1.1 and 1.2. A string of several lines stands as it is, in a
// block, wherever YAML can.
func Write(top string, m Map) ([]byte, error) {
	root, err := m.node()
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	if top != "" {
		text.WriteString(comment(top) + "\n")
	}
	for i := 0; i < len(root.Content); i += 2 {
		text.WriteByte('\n')
		if err := writePart(&text, root.Content[i], root.Content[i+1]); err != nil {
			return nil, err
		}
	}
	return text.Bytes(), nil
}

// writePart writes a key at the top and its value; a list by its items, since the
// library keeps all that it has written of a document.
func writePart(text *bytes.Buffer, key, value *yaml.Node) error {
	items := []*yaml.Node{value}
	if value.Kind == yaml.SequenceNode && value.Style != yaml.FlowStyle {
		items = value.Content
	}
	for i, item := range items {
		if item != value {
			item = &yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{item}}
		}
		part := &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{key, item}}
		out, err := yaml.Dump(part, yaml.WithV3Defaults(), yaml.WithIndent(2), yaml.WithLineWidth(-1))
		if err != nil {
			return fmt.Errorf("write as YAML: %w", err)
		}
		if i > 0 {
			_, out, _ = bytes.Cut(out, []byte("\n"))
		}
		text.Write(out)
		key = &yaml.Node{Kind: yaml.ScalarNode, Value: "again"} // the line is left out
	}
	return nil
}

func (m Map) node() (*yaml.Node, error) {
	n := &yaml.Node{Kind: yaml.MappingNode}
	for _, e := range m {
		key, err := textNode(e.Key)
		if err != nil {
			return nil, err
		}
		value, err := valueNode(e.Value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.Key, err)
		}
		key.HeadComment = comment(e.Above)
		after := key // of a value with lines of its own
		if value.Kind == yaml.ScalarNode && value.Style != yaml.LiteralStyle || value.Style == yaml.FlowStyle {
			after = value
		}
		after.LineComment = comment(strings.ReplaceAll(e.After, "\n", " "))
		n.Content = append(n.Content, key, value)
	}
	return n, nil
}

// comment returns a comment as it stands in the file. What would end a line in it
// does not: nothing that a comment tells becomes a part of the document.
func comment(text string) string {
	if text == "" {
		return ""
	}
	clean := func(r rune) rune {
		if r != '\n' && (r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 || r == 0xfeff || r == utf8.RuneError) {
			return ' '
		}
		return r
	}
	var out []string
	for line := range strings.SplitSeq(strings.Map(clean, text), "\n") {
		out = append(out, strings.TrimRight("# "+line, " "))
	}
	return strings.Join(out, "\n")
}

func valueNode(v any) (*yaml.Node, error) {
	switch v := v.(type) {
	case Map:
		n, err := v.node()
		if len(v) == 0 {
			n.Style = yaml.FlowStyle
		}
		return n, err
	case []Map:
		return listNode(v)
	case []any:
		return listNode(v)
	case []string:
		return listNode(v)
	case Flow:
		n, err := valueNode(v.Value)
		if n != nil && n.Kind != yaml.ScalarNode {
			n.Style = yaml.FlowStyle
		}
		return n, err
	case string:
		return textNode(v)
	}
	return scalarNode(v)
}

func scalarNode(v any) (*yaml.Node, error) {
	n := &yaml.Node{Kind: yaml.ScalarNode}
	switch v := v.(type) {
	case bool:
		n.Tag, n.Value = "!!bool", strconv.FormatBool(v)
	case int:
		n.Tag, n.Value = "!!int", strconv.Itoa(v)
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("%v is no number that a file may hold", v)
		}
		n.Tag, n.Value = "!!float", strconv.FormatFloat(v, 'f', -1, 64)
	case time.Duration:
		n.Tag, n.Value = "!!str", model.Duration(v).String()
	default:
		return nil, fmt.Errorf("%T is no value of a document", v)
	}
	return n, nil
}

func listNode[T any](items []T) (*yaml.Node, error) {
	n := &yaml.Node{Kind: yaml.SequenceNode}
	if len(items) == 0 {
		n.Style = yaml.FlowStyle
	}
	for _, item := range items {
		value, err := valueNode(item)
		if err != nil {
			return nil, err
		}
		n.Content = append(n.Content, value)
	}
	return n, nil
}
