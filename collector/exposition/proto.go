// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"encoding/binary"
	"math"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// The numbers of the fields of io.prometheus.client, as far as they are written.
const (
	familyName, familyHelp, familyType, familyMetric = 1, 2, 3, 4
	metricLabel, metricGauge, metricHistogram        = 1, 2, 7
	pairName, pairValue                              = 1, 2
	gaugeValue                                       = 1
	spanOffset, spanLength                           = 1, 2
	timestampSeconds, timestampNanos                 = 1, 2

	histogramCount, histogramSum                                  = 1, 2
	histogramSchema, histogramZeroThreshold, histogramZero        = 5, 6, 7
	histogramSpan, histogramDelta, histogramCreated               = 12, 13, 15
	typeGauge, typeHistogram                               uint64 = 1, 4
)

// A protoFormat is that of delimited messages of the type MetricFamily.
type protoFormat struct{}

func (protoFormat) label(to []byte, _ bool, name, value string) []byte {
	p := newPair(name)
	return p.append(to, value)
}

func (protoFormat) encoder(f *Family, row []string, common []Label) encoder {
	e := &protoEncoder{histogram: f.Type == TypeHistogram}
	kind := typeGauge
	if e.histogram {
		kind = typeHistogram
	}
	e.top = appendString(e.top, familyName, f.Name)
	e.top = appendString(e.top, familyHelp, f.Help)
	e.top = appendVarint(e.top, familyType, kind)
	rest, ok := afterRow(places(f, row, common), row)
	e.row = ok
	for _, label := range rest {
		p := newPair(label.name)
		p.place = label
		if label.of == ofAll {
			p.all = p.append(nil, label.value)
		}
		e.pairs = append(e.pairs, p)
	}
	return e
}

type protoEncoder struct {
	top       []byte
	histogram bool
	row       bool   // whether the labels begin with those of the row
	pairs     []pair // the labels after them
}

// A pair is what all pairs of a label have in common.
type pair struct {
	place
	head []byte // the field of the name, and the tag of the value
	all  []byte // the whole pair, if the value is the same everywhere
}

func newPair(name string) pair {
	return pair{head: append(appendString(nil, pairName, name), tag(pairValue, protowire.BytesType))}
}

// append appends the pair with its value.
func (p *pair) append(to []byte, value string) []byte {
	if !utf8.ValidString(value) {
		value = strings.ToValidUTF8(value, "\uFFFD")
	}
	to = append(to, tag(metricLabel, protowire.BytesType))
	to = appendUint(to, uint64(len(p.head)+protowire.SizeBytes(len(value))))
	to = append(to, p.head...)
	return append(appendUint(to, uint64(len(value))), value...)
}

func (e *protoEncoder) head(to []byte, size int) []byte {
	to = appendUint(to, uint64(len(e.top)+size))
	return append(to, e.top...)
}

func (e *protoEncoder) hasBuckets() bool { return true }

func (e *protoEncoder) samples(to []byte, r *rowLabels, s *Samples) []byte {
	for i, row := range s.rows {
		metric := len(to)
		to = open(to)
		if e.row {
			to = append(to, r.encoded(row)...)
		}
		for n := range e.pairs {
			if p := &e.pairs[n]; p.of == ofAll {
				to = append(to, p.all...)
			} else {
				to = p.append(to, p.valueOf(r.of(row), s.of(i)))
			}
		}
		if e.histogram {
			to = appendHistogram(to, &s.histograms[i])
		} else {
			to = append(to, tag(metricGauge, protowire.BytesType), 1+8)
			to = appendDouble(to, gaugeValue, s.values[i])
		}
		to = shut(to, metric, familyMetric)
	}
	return to
}

// appendHistogram appends the field of a metric that holds its histogram.
func appendHistogram(to []byte, h *Snapshot) []byte {
	histogram := len(to)
	to = appendVarint(open(to), histogramCount, h.Count)
	to = appendDouble(to, histogramSum, h.Sum)
	to = appendVarint(to, histogramSchema, protowire.EncodeZigZag(int64(h.Schema)))
	to = appendDouble(to, histogramZeroThreshold, zeroThreshold)
	to = appendVarint(to, histogramZero, h.Zero)
	for offset, length := range h.spans() {
		span := len(to)
		to = appendVarint(open(to), spanOffset, protowire.EncodeZigZag(int64(offset)))
		to = appendVarint(to, spanLength, uint64(length))
		to = shut(to, span, histogramSpan)
	}
	for delta := range h.deltas() {
		to = appendVarint(to, histogramDelta, protowire.EncodeZigZag(delta))
	}
	created := len(to)
	to = appendVarint(open(to), timestampSeconds, uint64(h.Created.Unix()))
	if nanos := h.Created.Nanosecond(); nanos != 0 { // a message of proto3, which leaves 0 out
		to = appendVarint(to, timestampNanos, uint64(nanos))
	}
	to = shut(to, created, histogramCreated)
	return shut(to, histogram, metricHistogram)
}

// room is what open leaves for the head of a field: its tag and a length of two
// bytes, as most metrics have.
const room = 1 + 2

// open begins a field that has its length before it, which is not known yet.
func open(to []byte) []byte { return append(to, make([]byte, room)...) }

// shut ends the field that was opened at begin. If its length takes more or fewer
// bytes than there is room for, what is in the field is moved.
func shut(to []byte, begin int, field protowire.Number) []byte {
	var head [1 + binary.MaxVarintLen64]byte
	head[0] = tag(field, protowire.BytesType)
	size := len(to) - begin - room
	n := 1 + binary.PutUvarint(head[1:], uint64(size))
	if n != room {
		to = append(to, head[:max(n-room, 0)]...) // anything, for its length
		copy(to[begin+n:], to[begin+room:begin+room+size])
		to = to[:begin+n+size]
	}
	copy(to[begin:], head[:n])
	return to
}

// tag returns the tag of a field. Those that are used here are one byte.
func tag(field protowire.Number, of protowire.Type) byte { return byte(field)<<3 | byte(of) }

func appendString(to []byte, field protowire.Number, value string) []byte {
	return append(appendUint(append(to, tag(field, protowire.BytesType)), uint64(len(value))), value...)
}

func appendVarint(to []byte, field protowire.Number, value uint64) []byte {
	return appendUint(append(to, tag(field, protowire.VarintType)), value)
}

// appendUint appends a number, of which most are small.
func appendUint(to []byte, value uint64) []byte {
	if value < 0x80 {
		return append(to, byte(value))
	}
	return protowire.AppendVarint(to, value)
}

func appendDouble(to []byte, field protowire.Number, value float64) []byte {
	to = append(to, tag(field, protowire.Fixed64Type))
	return binary.LittleEndian.AppendUint64(to, math.Float64bits(value))
}
