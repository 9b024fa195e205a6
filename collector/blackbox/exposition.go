// SPDX-License-Identifier: Apache-2.0

package blackbox

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxLabel bounds the value of a label, in bytes. A certificate may have hundreds
// of names; everything else is short.
const maxLabel = 4 << 10

// A family is a metric, and how its samples are made of what a probe saw. All
// are gauges.
type family struct {
	name   string
	header string // the lines HELP and TYPE
	write  func(w *writer, s *seen)
}

func newFamily(name, help string, write func(w *writer, s *seen)) family {
	return family{name, "# HELP " + name + " " + help + "\n# TYPE " + name + " gauge\n", write}
}

// A writer writes samples in Prometheus' text format, which is OpenMetrics too
// but for its last line. Writing by hand costs a tenth of what a registry does
// that is made, gathered and thrown away for each probe.
type writer struct {
	buf    []byte
	family family
	begun  bool // whether the header of the family stands
}

// expose appends the families to buf. One without samples is left out.
func expose(buf []byte, families []family, s *seen) []byte {
	w := writer{buf: buf}
	for _, f := range families {
		w.family, w.begun = f, false
		f.write(&w, s)
	}
	return w.buf
}

// gauge writes a sample. The labels are names and values, in turn.
func (w *writer) gauge(value float64, labels ...string) {
	if !w.begun {
		w.buf = append(w.buf, w.family.header...)
		w.begun = true
	}
	w.buf = append(w.buf, w.family.name...)
	separator := byte('{')
	for i := 0; i+1 < len(labels); i += 2 {
		w.buf = append(w.buf, separator)
		w.buf = append(w.buf, labels[i]...)
		w.buf = append(w.buf, '=', '"')
		w.labelValue(labels[i+1])
		w.buf = append(w.buf, '"')
		separator = ','
	}
	if len(labels) > 0 {
		w.buf = append(w.buf, '}')
	}
	w.buf = append(w.buf, ' ')
	w.buf = strconv.AppendFloat(w.buf, value, 'g', -1, 64)
	w.buf = append(w.buf, '\n')
}

func (w *writer) labelValue(value string) {
	if len(value) > maxLabel {
		value = value[:maxLabel]
	}
	if !utf8.ValidString(value) {
		value = strings.ToValidUTF8(value, "\uFFFD")
	}
	for i := range len(value) {
		switch c := value[i]; c {
		case '\\', '"':
			w.buf = append(w.buf, '\\', c)
		case '\n':
			w.buf = append(w.buf, '\\', 'n')
		default:
			w.buf = append(w.buf, c)
		}
	}
}

// flag writes 1 for true and 0 for false.
func (w *writer) flag(is bool) {
	if is {
		w.gauge(1)
	} else {
		w.gauge(0)
	}
}

// sorted puts the families in the order of their names.
func sorted(families []family) []family {
	slices.SortFunc(families, func(a, b family) int { return strings.Compare(a.name, b.name) })
	return families
}
