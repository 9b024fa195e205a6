// SPDX-License-Identifier: Apache-2.0

package tree

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pharos-status/pharos/internal/configfile"
)

const maxDepth = 100

// a jsonParser knows the line of what it reads.
type jsonParser struct {
	data []byte
	dec  *json.Decoder
	read int64 // bytes of which the lines are counted
	line int
}

// parseJSON reads a document of JSON, and nothing after it.
func parseJSON(data []byte) (*configfile.Tree, int, error) {
	if at := invalid(data); at > 0 {
		return nil, at, errors.New("not valid UTF-8; save the file as UTF-8")
	}
	p := jsonParser{data: data, dec: json.NewDecoder(bytes.NewReader(data)), line: 1}
	p.dec.UseNumber()
	t, err := p.value(0)
	if err == nil {
		if _, more := p.token(); !errors.Is(more, io.EOF) {
			err = errors.New("more stands behind the document; remove it")
		}
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, 1 + bytes.Count(data, []byte("\n")), errors.New("the document is not complete; export it again")
	}
	return t, p.line, err
}

// invalid returns the line that is not UTF-8; 0 if there is none.
func invalid(data []byte) int {
	if utf8.Valid(data) {
		return 0
	}
	line := 1
	for text := range bytes.Lines(data) {
		if !utf8.Valid(text) {
			return line
		}
		line++
	}
	return line
}

// token returns the next token, and has counted the lines up to it.
func (p *jsonParser) token() (json.Token, error) {
	t, err := p.dec.Token()
	to := p.dec.InputOffset()
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		to = min(syntax.Offset, int64(len(p.data)))
		err = fmt.Errorf("not JSON: %s; export the file again, or mend it", strings.TrimPrefix(syntax.Error(), "json: "))
	}
	if to > p.read {
		p.line += bytes.Count(p.data[p.read:to], []byte("\n"))
		p.read = to
	}
	return t, err
}

func (p *jsonParser) value(depth int) (*configfile.Tree, error) {
	token, err := p.token()
	if err != nil {
		return nil, err
	}
	if depth > maxDepth {
		return nil, fmt.Errorf("nested more than %d levels deep", maxDepth)
	}
	t := &configfile.Tree{Line: p.line}
	switch token := token.(type) {
	case json.Delim:
		if token == '{' {
			t.Tag = "!!map"
			return t, p.object(t, depth)
		}
		t.Tag = "!!seq"
		return t, p.list(t, depth)
	case string:
		t.Tag, t.Text = "!!str", token
	case json.Number:
		t.Tag, t.Text = "!!int", token.String()
		if strings.ContainsAny(t.Text, ".eE") {
			t.Tag = "!!float"
		}
	case bool:
		t.Tag, t.Text = "!!bool", strconv.FormatBool(token)
	case nil:
		t.Tag = "!!null"
	}
	return t, nil
}

func (p *jsonParser) object(t *configfile.Tree, depth int) error {
	seen := map[string]bool{}
	for p.dec.More() {
		token, err := p.token()
		if err != nil {
			return err
		}
		name, _ := token.(string)
		if seen[name] {
			return errors.New("the key stands in this object already; keep one of them")
		}
		seen[name] = true
		key := configfile.Key{Name: name, Line: p.line}
		item, err := p.value(depth + 1)
		if err != nil {
			return err
		}
		t.Keys, t.Items = append(t.Keys, key), append(t.Items, item)
	}
	_, err := p.token()
	return err
}

func (p *jsonParser) list(t *configfile.Tree, depth int) error {
	for p.dec.More() {
		item, err := p.value(depth + 1)
		if err != nil {
			return err
		}
		t.Items = append(t.Items, item)
	}
	_, err := p.token()
	return err
}
