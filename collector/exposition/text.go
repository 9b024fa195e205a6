// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// An encoder writes the samples of one family in one format. Appending to a slice
// and nothing else, it allocates nothing. It is safe for concurrent use.
type encoder interface {
	// head appends what comes before the samples, which have size bytes in all.
	head(to []byte, size int) []byte
	samples(to []byte, s *Samples) []byte
}

// A textEncoder writes Prometheus' text format 0.0.4 or OpenMetrics.
type textEncoder struct {
	top         string
	openMetrics bool
	histogram   bool
	plain       line // of a gauge
	bucket      line // the others are of a histogram
	sum         line
	count       line
}

func newTextEncoder(f *Family, common []Label, openMetrics bool) *textEncoder {
	e := &textEncoder{openMetrics: openMetrics, histogram: f.Type == TypeHistogram}
	kind, help := "gauge", strings.NewReplacer(`\`, `\\`, "\n", `\n`).Replace(f.Help)
	if openMetrics {
		help = strings.ReplaceAll(help, `"`, `\"`)
	}
	if !e.histogram {
		e.plain = newLine(f.Name, f, common, "")
	} else {
		kind = "histogram"
		e.bucket = newLine(f.Name+"_bucket", f, common, `le="+Inf"`)
		e.sum = newLine(f.Name+"_sum", f, common, "")
		e.count = newLine(f.Name+"_count", f, common, "")
	}
	e.top = "# HELP " + f.Name + " " + help + "\n# TYPE " + f.Name + " " + kind + "\n"
	return e
}

func (e *textEncoder) head(to []byte, _ int) []byte { return append(to, e.top...) }

func (e *textEncoder) samples(to []byte, s *Samples) []byte {
	if e.histogram {
		for i, h := range s.histograms {
			labels := s.of(i)
			to = append(strconv.AppendUint(e.bucket.append(to, labels), h.Count, 10), '\n')
			to = append(e.float(e.sum.append(to, labels), h.Sum), '\n')
			to = append(strconv.AppendUint(e.count.append(to, labels), h.Count, 10), '\n')
		}
		return to
	}
	for i, v := range s.values {
		to = append(e.float(e.plain.append(to, s.of(i)), v), '\n')
	}
	return to
}

// float appends a value as client_golang writes it.
func (e *textEncoder) float(to []byte, v float64) []byte {
	begin := len(to)
	switch {
	case v == 0:
		to = append(to, '0') // of either sign
	case v == 1:
		to = append(to, '1')
	case math.IsInf(v, 0), math.IsNaN(v):
		return strconv.AppendFloat(to, v, 'g', -1, 64)
	default:
		to = strconv.AppendFloat(to, v, 'g', -1, 64)
	}
	if e.openMetrics && !hasAny(to[begin:], "e.") {
		to = append(to, ".0"...)
	}
	return to
}

func hasAny(text []byte, of string) bool {
	for _, c := range text {
		if strings.IndexByte(of, c) >= 0 {
			return true
		}
	}
	return false
}

// A line is what all lines of a metric have in common: the text between the values
// of their labels, with those that are the same everywhere.
type line struct {
	before []string // the text before each value
	order  []int    // whose value it is
	after  string   // the text before the number
}

func newLine(name string, f *Family, common []Label, last string) line {
	var l line
	text, separator := name, "{"
	for _, label := range sorted(f, common) {
		text += separator + label.name + `="`
		if label.variable {
			l.before, l.order = append(l.before, text), append(l.order, label.index)
			text = ""
		} else {
			text = string(appendEscaped([]byte(text), label.value))
		}
		text += `"`
		separator = ","
	}
	if last != "" {
		text += separator + last
		separator = ","
	}
	if separator == "," {
		text += "}"
	}
	l.after = text + " "
	return l
}

// append appends all of the line before the number.
func (l *line) append(to []byte, values []string) []byte {
	for i, before := range l.before {
		to = appendEscaped(append(to, before...), values[l.order[i]])
	}
	return append(to, l.after...)
}

// appendEscaped appends the value of a label. Bytes that are not UTF-8 would make
// the whole scrape fail, so they are replaced.
func appendEscaped(to []byte, value string) []byte {
	if plain(value) {
		return append(to, value...)
	}
	return appendHostile(to, value)
}

// plain tells whether text is ASCII without a quote, a backslash or a line feed. It
// looks at eight bytes at a time: this is where most of the time of a scrape in text
// would go.
func plain(text string) bool {
	for ; len(text) >= 8; text = text[8:] {
		word := uint64(text[0]) | uint64(text[1])<<8 | uint64(text[2])<<16 | uint64(text[3])<<24 |
			uint64(text[4])<<32 | uint64(text[5])<<40 | uint64(text[6])<<48 | uint64(text[7])<<56
		if (word|without(word, '"')|without(word, '\\')|without(word, '\n'))&(every*utf8.RuneSelf) != 0 {
			return false
		}
	}
	for i := range len(text) {
		if c := text[i]; c >= utf8.RuneSelf || c == '\\' || c == '"' || c == '\n' {
			return false
		}
	}
	return true
}

// every byte of it is 1.
const every = 0x0101010101010101

// without returns a word that has a byte with its highest bit set if, in a word of
// ASCII, a byte is c; and none if no byte is.
func without(word uint64, c byte) uint64 {
	differs := word ^ every*uint64(c) // 0 where it is c, and then the highest bit is borrowed
	return (differs - every) &^ differs
}

func appendHostile(to []byte, value string) []byte {
	value = strings.ToValidUTF8(value, "\uFFFD")
	for i := range len(value) {
		switch c := value[i]; c {
		case '\\', '"':
			to = append(to, '\\', c)
		case '\n':
			to = append(to, `\n`...)
		default:
			to = append(to, c)
		}
	}
	return to
}
