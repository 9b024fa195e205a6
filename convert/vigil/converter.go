// SPDX-License-Identifier: Apache-2.0

package vigil

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/pharos-status/pharos/convert"
	"github.com/pharos-status/pharos/internal/configfile"
	"github.com/pharos-status/pharos/internal/status"
)

// A converter collects what a file becomes.
type converter struct {
	name, base string // of the file, as the user named it and without its folder
	top        string // comment of each file
	options    convert.Options
	result     convert.Result
	errs       convert.Errors
	secret     bool // exporter.yml has a secret in it
}

// open reads the file.
func open(program, name string, data []byte, o convert.Options) (*converter, *section, error) {
	c := &converter{name: name, base: filepath.Base(name), options: o}
	c.top = "Made from " + c.base + ", the configuration of " + program + "."
	s, bad := readSource(name, data, o.Lookup)
	if bad != nil {
		return nil, nil, convert.Errors{bad}
	}
	root, errs := s.read()
	if errs != nil {
		return nil, nil, errs
	}
	return c, c.section(root), nil
}

// finish returns what has been made of the file.
func (c *converter) finish() (convert.Result, error) {
	if len(c.errs) > 0 {
		slices.SortStableFunc(c.errs, func(a, b *convert.Error) int { return cmp.Compare(a.Line, b.Line) })
		return convert.Result{}, c.errs
	}
	slices.SortStableFunc(c.result.Notes, func(a, b convert.Note) int { return cmp.Compare(a.Source.Line, b.Source.Line) })
	return c.result, nil
}

// write adds a file of YAML, which says at its top where it comes from.
func (c *converter) write(name string, secret bool, m configfile.Map) {
	data, err := configfile.Write(c.top, m)
	if err != nil {
		c.failAt(convert.Source{}, "write %s: %v", name, err)
		return
	}
	c.result.Files = append(c.result.Files, convert.File{Name: name, Data: data, Secret: secret})
}

// keep adds a secret as a file of its own, and tells where it is. Where the reader
// is Alertmanager, the path is absolute.
func (c *converter) keep(name string, s setting[string]) {
	switch {
	case !s.set: // which has been told
		return
	case s.value == "" || strings.TrimSpace(s.value) != s.value:
		c.failAt(s.src, "is empty, or has white space around it, which a file that holds a secret can't keep; choose another")
		return
	case len(s.value) > maxSecret:
		c.failAt(s.src, "has more than %d bytes, want at most so many", maxSecret)
		return
	}
	c.result.Files = append(c.result.Files, convert.File{Name: name, Data: []byte(s.value), Secret: true})
	c.note(s.origin, name, "")
}

// maxSecret is how long a secret may be, in bytes.
const maxSecret = 16 << 10

// note tells what became of a setting of the file. With nothing to say it means the
// same, unless a variable was in it.
func (c *converter) note(o origin, to, differs string) {
	if !o.set {
		return
	}
	fit := convert.Exact
	if len(o.vars) > 0 {
		differs = strings.TrimSpace(differs + " What " + enumerate(o.vars) + " held at the time of conversion is in it.")
	}
	if differs != "" {
		fit = convert.Differs
	}
	c.result.Notes = append(c.result.Notes, convert.Note{Source: o.src, Fit: fit, To: to, Text: differs})
}

// missing tells of a setting that has no counterpart, and what to do instead.
func (c *converter) missing(o origin, text string) {
	if o.set {
		c.result.Notes = append(c.result.Notes, convert.Note{Source: o.src, Fit: convert.Missing, Text: text})
	}
}

// A block is a mapping of a file that is being made.
type block struct {
	c    *converter
	file string
	path string // of the mapping, such as defaults.poll; empty: the document
	m    configfile.Map
}

// put adds a key for a setting of the file. What the file does not set is left out
// if ours, our default, is the same.
func (b *block) put(key string, value, ours any, o origin, differs string) {
	if !o.set && value == ours {
		return
	}
	b.m = append(b.m, configfile.Entry{Key: key, Value: value, After: o.after()})
	b.c.note(o, b.file+": "+join(b.path, key), differs)
}

// text is put for a text, in which a dollar is a dollar.
func (b *block) text(key string, s setting[string], ours, differs string) {
	b.put(key, configfile.Literal(s.value), ours, s.origin, differs)
}

// into adds the block to another under a key, if there is something in it.
func (b *block) into(outer *configfile.Map, key string) {
	if len(b.m) > 0 {
		*outer = append(*outer, configfile.Entry{Key: key, Value: b.m})
	}
}

// oneLine returns a text as a label may be, and whether it had to be changed.
func oneLine(text string) (string, bool) {
	clean := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
	clean = status.Shorten(clean)
	return clean, clean != text
}

func enumerate(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " and " + words[last]
}
