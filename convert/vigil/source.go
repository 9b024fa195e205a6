// SPDX-License-Identifier: Apache-2.0

package vigil

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"

	"github.com/pharos-status/pharos/convert"
)

// A source is the text of a file, with the variables of the environment put in.
type source struct {
	name   string
	text   []byte
	starts []int // of each line of text
	lines  []int // the line of the file that each line of text comes from
	known  []variable
	unset  []variable
}

// A variable is where the name of one stands, or its value.
type variable struct {
	name       string
	start, end int // in the text
}

// reference matches what stands for a variable. Text between the braces that can be
// no name of one is left as it is.
var reference = regexp.MustCompile(`\$\{([A-Za-z_][A-Za-z0-9_]*)\}`)

// readSource puts the variables in, before anything else is looked at, as Vigil
// does.
func readSource(name string, data []byte, lookup func(string) (string, bool)) (*source, *convert.Error) {
	s := &source{name: name, starts: []int{0}, lines: []int{1}}
	if len(data) > convert.MaxSource {
		return nil, s.error(0, "", "has more than %d MiB; that is no configuration of Vigil", convert.MaxSource>>20)
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(data) {
		return nil, s.error(invalidLine(data), "", "is not UTF-8; save the file as UTF-8")
	}
	line, from := 1, 0
	for _, at := range reference.FindAllSubmatchIndex(data, -1) {
		line = s.add(data[from:at[0]], line, 1)
		from = at[1]
		v := variable{name: string(data[at[2]:at[3]]), start: len(s.text)}
		value, ok := "", false
		if lookup != nil {
			value, ok = lookup(v.name)
		}
		if !ok {
			value = string(data[at[0]:at[1]])
		}
		if !utf8.ValidString(value) {
			return nil, s.error(line, "", "the variable %s holds what is not UTF-8; set it to a text", v.name)
		}
		if len(s.text)+len(value) > 2*convert.MaxSource {
			return nil, s.error(line, "", "with the variables in it there are more than %d MiB; make their values shorter", 2*convert.MaxSource>>20)
		}
		s.add([]byte(value), line, 0)
		v.end = len(s.text)
		if ok {
			s.known = append(s.known, v)
		} else {
			s.unset = append(s.unset, v)
		}
	}
	s.add(data[from:], line, 1)
	return s, nil
}

// add appends to the text what begins at a line of the file. Each line break in it
// leads so many lines further there. It returns the line where it ends.
func (s *source) add(text []byte, line, step int) int {
	for i, b := range text {
		if b == '\n' {
			line += step
			s.starts = append(s.starts, len(s.text)+i+1)
			s.lines = append(s.lines, line)
		}
	}
	s.text = append(s.text, text...)
	return line
}

func invalidLine(data []byte) int {
	line := 1
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		if r == utf8.RuneError && size == 1 {
			return line
		}
		if r == '\n' {
			line++
		}
		data = data[size:]
	}
	return line
}

// line returns the line of the file that a place in the text comes from.
func (s *source) line(offset int) int {
	i, found := slices.BinarySearch(s.starts, offset)
	if !found {
		i--
	}
	return s.lines[i]
}

func (s *source) error(line int, key, format string, args ...any) *convert.Error {
	return &convert.Error{File: s.name, Line: line, Key: key, Msg: fmt.Sprintf(format, args...)}
}

// read returns the document. Variables that are not set are errors where Vigil
// would have read the text ${NAME} in their place, except in comments and scripts.
func (s *source) read() (*table, convert.Errors) {
	if bad := s.notSet(); bad != nil {
		return nil, bad
	}
	root, err := s.parse(s.text)
	if err != nil {
		return nil, convert.Errors{err}
	}
	return root, nil
}

func (s *source) parse(text []byte) (*table, *convert.Error) {
	var whole map[string]any // what is there twice, among others, is known by this reader alone
	err := toml.Unmarshal(text, &whole)
	if bad, ok := errors.AsType[*toml.DecodeError](err); ok {
		row, _ := bad.Position()
		line := s.lines[min(max(row, 1), len(s.lines))-1]
		return nil, s.error(line, strings.Join(bad.Key(), "."), "%s; mend the TOML", strings.TrimPrefix(bad.Error(), "toml: "))
	}
	if err != nil {
		return nil, s.error(0, "", "%s; mend the TOML", strings.TrimPrefix(err.Error(), "toml: "))
	}
	return s.tree(text), nil
}

// notSet returns the variables that are not set and have to be. To tell where they
// stand, a number of as many digits stands in for each: that is good TOML wherever
// a value, or a part of one, is.
func (s *source) notSet() convert.Errors {
	if len(s.unset) == 0 {
		return nil
	}
	masked := slices.Clone(s.text)
	for _, v := range s.unset {
		copy(masked[v.start:v.end], bytes.Repeat([]byte("1"), v.end-v.start))
	}
	var harmless []span // none is within another
	if root, err := s.parse(masked); err == nil {
		harmless = slices.Concat(root.comments, root.scripts())
		slices.SortFunc(harmless, func(a, b span) int { return cmp.Compare(a.start, b.start) })
	}
	var bad convert.Errors
	for _, v := range s.unset {
		i, _ := slices.BinarySearchFunc(harmless, v.start, func(in span, at int) int { return cmp.Compare(in.end, at) })
		if i == len(harmless) || v.start < harmless[i].start {
			bad = append(bad, s.error(s.line(v.start), "", "the variable %s is not set; set it to what it is for Vigil", v.name))
		}
	}
	return bad
}

// within returns the names of the variables in a part of the text, each once. They are
// in the order in which they stand.
func within(all []variable, in span) (names []string) {
	i, _ := slices.BinarySearchFunc(all, in.start, func(v variable, at int) int { return cmp.Compare(v.start, at) })
	for ; i < len(all) && all[i].end <= in.end; i++ {
		if !slices.Contains(names, all[i].name) {
			names = append(names, all[i].name)
		}
	}
	return names
}
