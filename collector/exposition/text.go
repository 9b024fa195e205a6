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
	// hasBuckets tells whether it writes those of native histograms.
	hasBuckets() bool
}

// A textEncoder writes Prometheus' text format 0.0.4 or OpenMetrics.
type textEncoder struct {
	top         string
	openMetrics bool
	histogram   bool
	name        string
	labels      labelText
}

func newTextEncoder(f *Family, common []Label, openMetrics bool) *textEncoder {
	e := &textEncoder{openMetrics: openMetrics, histogram: f.Type == TypeHistogram, name: f.Name, labels: newLabelText(f, common)}
	kind, help := "gauge", strings.NewReplacer(`\`, `\\`, "\n", `\n`).Replace(f.Help)
	if openMetrics {
		help = strings.ReplaceAll(help, `"`, `\"`)
	}
	if e.histogram {
		kind = "histogram"
	}
	e.top = "# HELP " + f.Name + " " + help + "\n# TYPE " + f.Name + " " + kind + "\n"
	return e
}

func (e *textEncoder) head(to []byte, _ int) []byte { return append(to, e.top...) }

func (e *textEncoder) hasBuckets() bool { return false }

func (e *textEncoder) samples(to []byte, s *Samples) []byte {
	var before copied
	if e.histogram {
		for i := range s.histograms {
			to = e.histogramLines(to, s, i, &before)
		}
		return to
	}
	for i, v := range s.values {
		to = append(to, e.name...)
		to = e.labels.append(to, s, i, &before)
		to = append(to, e.labels.end...)
		to = append(e.float(to, v), '\n')
	}
	return to
}

// histogramLines appends what there is of a native histogram in text.
func (e *textEncoder) histogramLines(to []byte, s *Samples, i int, before *copied) []byte {
	h := &s.histograms[i]
	to = append(append(to, e.name...), "_bucket"...)
	from := len(to)
	to = e.labels.append(to, s, i, before)
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
	before    []string // the text before each value
	order     []int    // whose value it is
	end       string   // the text between the last value and the number
	endBucket string   // the same, of the bucket of a histogram that has all
}

func newLabelText(f *Family, common []Label) (l labelText) {
	text, separator := "", "{"
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
	l.end, l.endBucket = text+" ", text+separator+`le="+Inf"} `
	if separator == "," {
		l.end = text + "} "
	}
	return l
}

// append appends the labels of a sample up to its last value. What they begin with
// like those of the sample before is copied from there: of the three statuses of a
// replica that is almost all.
func (l *labelText) append(to []byte, s *Samples, i int, before *copied) []byte {
	values, same := s.of(i), 0
	if i > 0 {
		last := s.of(i - 1)
		for same < len(l.order) && same < maxCopied && values[l.order[same]] == last[l.order[same]] {
			same++
		}
	}
	from := len(to)
	if same > 0 {
		to = append(to, to[before.from:before.from+before.until[same-1]]...)
	}
	for n := same; n < len(l.order); n++ {
		to = appendEscaped(append(to, l.before[n]...), values[l.order[n]])
		if n < maxCopied {
			before.until[n] = len(to) - from
		}
	}
	before.from = from
	return to
}

// maxCopied bounds how many labels are copied from the sample before.
const maxCopied = 8

// A copied says where the labels of the last sample are in what has been written.
type copied struct {
	from  int
	until [maxCopied]int // after each value, from there
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
