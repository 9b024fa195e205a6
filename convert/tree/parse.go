// SPDX-License-Identifier: Apache-2.0

package tree

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/pharos-status/pharos/convert"
	"github.com/pharos-status/pharos/internal/configfile"
)

// YAML parses a document in YAML.
func YAML(name string, data []byte) (*Doc, error) {
	if err := tooLarge(name, data); err != nil {
		return nil, err
	}
	if line := controlled(data); line > 0 {
		return nil, convert.Errors{{File: name, Line: line, Msg: "holds a control character; remove it, or write it as an escape between double quotes"}}
	}
	f, err := configfile.Parse(name, data)
	if err != nil {
		return nil, ErrorsOf(name, err)
	}
	t, err := f.Tree()
	if err != nil {
		return nil, ErrorsOf(name, err)
	}
	d := newDoc(name)
	if t != nil {
		d.Root = d.grow(t, nil, "")
	}
	return d, nil
}

// JSON parses a document in JSON.
func JSON(name string, data []byte) (*Doc, error) {
	if err := tooLarge(name, data); err != nil {
		return nil, err
	}
	t, line, err := parseJSON(data)
	if err != nil {
		return nil, convert.Errors{{File: name, Line: line, Msg: err.Error()}}
	}
	d := newDoc(name)
	d.Root = d.grow(t, nil, "")
	return d, nil
}

func newDoc(name string) *Doc { return &Doc{name: name, base: filepath.Base(name)} }

// controlled returns the line of the first character that YAML does not have; 0 if
// there is none.
func controlled(data []byte) int {
	at := bytes.IndexFunc(data, func(r rune) bool { return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0x7f })
	if at < 0 {
		return 0
	}
	return 1 + bytes.Count(data[:at], []byte("\n"))
}

func tooLarge(name string, data []byte) error {
	if len(data) <= convert.MaxSource {
		return nil
	}
	return convert.Errors{{File: name, Msg: fmt.Sprintf("larger than %d MiB", convert.MaxSource>>20)}}
}

// ErrorsOf returns errors of package configfile as those of a source.
func ErrorsOf(name string, err error) convert.Errors {
	if all, ok := errors.AsType[configfile.Errors](err); ok {
		out := make(convert.Errors, len(all))
		for i, e := range all {
			out[i] = &convert.Error{File: name, Line: e.Line, Key: e.Path, Msg: e.Msg}
		}
		return out
	}
	if e, ok := errors.AsType[*configfile.Error](err); ok {
		return convert.Errors{{File: name, Line: e.Line, Key: e.Path, Msg: e.Msg}}
	}
	return convert.Errors{{File: name, Msg: err.Error()}}
}
