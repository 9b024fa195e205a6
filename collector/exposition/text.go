// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A format makes encoders. Appending to slices and nothing else, these allocate
// nothing; they are safe for concurrent use.
type format interface {
	// encoder returns that of a family of rows with such labels.
	encoder(f *Family, row []string, common []Label) encoder
	// label appends a label of a row.
	label(to []byte, first bool, name, value string) []byte
}

// An encoder writes samples of one family in one format.
type encoder interface {
	// head appends what comes before the samples, which have size bytes in all.
	head(to []byte, size int) []byte
	samples(to []byte, r *rowLabels, s *Samples) []byte
	// hasBuckets tells whether it writes those of native histograms.
	hasBuckets() bool
}

// A textFormat is Prometheus' text format 0.0.4, or OpenMetrics.
type textFormat struct{ openMetrics bool }

func (textFormat) label(to []byte, first bool, name, value string) []byte {
	if !first {
		to = append(to, ',')
	}
	to = append(append(to, name...), `="`...)
	return append(appendEscaped(to, value), '"')
}

func (t textFormat) encoder(f *Family, row []string, common []Label) encoder {
	e := &textEncoder{textFormat: t, histogram: f.Type == TypeHistogram, name: f.Name, labels: newLabelText(f, row, common)}
	kind, help := "gauge", strings.NewReplacer(`\`, `\\`, "\n", `\n`).Replace(f.Help)
	if t.openMetrics {
		help = strings.ReplaceAll(help, `"`, `\"`)
	}
	if e.histogram {
		kind = "histogram"
	}
	e.top = "# HELP " + f.Name + " " + help + "\n# TYPE " + f.Name + " " + kind + "\n"
	return e
}

type textEncoder struct {
	textFormat
	top       string
	histogram bool
	name      string
	labels    labelText
}

func (e *textEncoder) head(to []byte, _ int) []byte { return append(to, e.top...) }

func (e *textEncoder) hasBuckets() bool { return false }

func (e *textEncoder) samples(to []byte, r *rowLabels, s *Samples) []byte {
	if e.histogram {
		for i := range s.histograms {
			to = e.histogramLines(to, r, s, i)
		}
		return to
	}
	for i, v := range s.values {
		to = append(to, e.name...)
		to = e.labels.append(to, r, s, i)
		to = append(to, e.labels.end...)
		to = append(e.float(to, v), '\n')
	}
	return to
}

// histogramLines appends what there is of a native histogram in text.
func (e *textEncoder) histogramLines(to []byte, r *rowLabels, s *Samples, i int) []byte {
	h := &s.histograms[i]
	to = append(append(to, e.name...), "_bucket"...)
	from := len(to)
	to = e.labels.append(to, r, s, i)
	labels := to[from:]
	to = append(to, e.labels.endBucket...)
	to = append(strconv.AppendUint(to, h.Count, 10), '\n')

	to = append(append(to, e.name...), "_sum"...)
	to = append(append(to, labels...), e.labels.end...)
	to = append(e.float(to, h.Sum), '\n')

	to = append(append(to, e.name...), "_count"...)
	to = append(append(to, labels...), e.labels.end...)
	return append(strconv.AppendUint(to, h.Count, 10), '\n')
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

// A labelText is what the labels of all samples of a family have in common.
type labelText struct {
	row       bool     // whether they begin with those of the row
	before    []string // the text before each value that comes after them
	order     []place  // whose value it is
	end       string   // the text between the last value and the number
	endBucket string   // the same, of the bucket of a histogram that has all
}

func newLabelText(f *Family, row []string, common []Label) (l labelText) {
	rest, ok := afterRow(places(f, row, common), row)
	l.row = ok
	text, separator := "", "{"
	if l.row {
		separator = ","
	}
	for _, p := range rest {
		text += separator + p.name + `="`
		if p.of == ofAll {
			text = string(appendEscaped([]byte(text), p.value))
		} else {
			l.before, l.order = append(l.before, text), append(l.order, p)
			text = ""
		}
		text += `"`
		separator = ","
	}
	l.end, l.endBucket = text+" ", text+separator+`le="+Inf"} `
	if separator == "," {
		l.end = text + "} "
	}
	return l
}

// append appends the labels of a sample up to its last value.
func (l *labelText) append(to []byte, r *rowLabels, s *Samples, i int) []byte {
	row := s.rows[i]
	if l.row {
		to = append(append(to, '{'), r.encoded(row)...)
	}
	for n, before := range l.before {
		to = appendEscaped(append(to, before...), l.order[n].valueOf(r.of(row), s.of(i)))
	}
	return to
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
