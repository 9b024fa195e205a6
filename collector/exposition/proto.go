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

// A protoEncoder writes delimited messages of the type MetricFamily.
type protoEncoder struct {
	top       []byte
	histogram bool
	pairs     []pair
}

// A pair is what all pairs of a label have in common.
type pair struct {
	place
	head []byte // the field of the name
	all  []byte // the whole pair, if the value is the same everywhere
}

func newProtoEncoder(f *Family, common []Label) *protoEncoder {
	e := &protoEncoder{histogram: f.Type == TypeHistogram}
	kind := typeGauge
	if e.histogram {
		kind = typeHistogram
	}
	e.top = appendString(e.top, familyName, f.Name)
	e.top = appendString(e.top, familyHelp, f.Help)
	e.top = appendVarint(e.top, familyType, kind)
	for _, label := range sorted(f, common) {
		p := pair{place: label, head: appendString(nil, pairName, label.name)}
		if !label.variable {
			p.all = p.append(nil, label.value)
		}
		e.pairs = append(e.pairs, p)
	}
	return e
}

// append appends the pair with its value.
func (p *pair) append(to []byte, value string) []byte {
	if !utf8.ValidString(value) {
		value = strings.ToValidUTF8(value, "\uFFFD")
	}
	to = protowire.AppendTag(to, metricLabel, protowire.BytesType)
	to = protowire.AppendVarint(to, uint64(len(p.head)+protowire.SizeTag(pairValue)+protowire.SizeBytes(len(value))))
	return appendString(append(to, p.head...), pairValue, value)
}

func (e *protoEncoder) head(to []byte, size int) []byte {
	to = protowire.AppendVarint(to, uint64(len(e.top)+size))
	return append(to, e.top...)
}

func (e *protoEncoder) samples(to []byte, s *Samples) []byte {
	if e.histogram {
		for i := range s.histograms {
			begin := len(to)
			to = appendHistogram(e.labels(to, s.of(i)), &s.histograms[i])
			to = nest(to, begin, familyMetric)
		}
		return to
	}
	for i, v := range s.values {
		begin := len(to)
		to = e.labels(to, s.of(i))
		gauge := len(to)
		to = nest(appendDouble(to, gaugeValue, v), gauge, metricGauge)
		to = nest(to, begin, familyMetric)
	}
	return to
}

func (e *protoEncoder) labels(to []byte, values []string) []byte {
	for i := range e.pairs {
		if p := &e.pairs[i]; p.variable {
			to = p.append(to, values[p.index])
		} else {
			to = append(to, p.all...)
		}
	}
	return to
}

// appendHistogram appends the field of a metric that holds its histogram.
func appendHistogram(to []byte, h *Snapshot) []byte {
	begin := len(to)
	to = appendVarint(to, histogramCount, h.Count)
	to = appendDouble(to, histogramSum, h.Sum)
	to = appendVarint(to, histogramSchema, protowire.EncodeZigZag(int64(h.Schema)))
	to = appendDouble(to, histogramZeroThreshold, zeroThreshold)
	to = appendVarint(to, histogramZero, h.Zero)
	for offset, length := range h.spans() {
		span := len(to)
		to = appendVarint(to, spanOffset, protowire.EncodeZigZag(int64(offset)))
		to = appendVarint(to, spanLength, uint64(length))
		to = nest(to, span, histogramSpan)
	}
	for delta := range h.deltas() {
		to = appendVarint(to, histogramDelta, protowire.EncodeZigZag(delta))
	}
	created := len(to)
	to = appendVarint(to, timestampSeconds, uint64(h.Created.Unix()))
	if nanos := h.Created.Nanosecond(); nanos != 0 { // a message of proto3, which leaves 0 out
		to = appendVarint(to, timestampNanos, uint64(nanos))
	}
	to = nest(to, created, histogramCreated)
	return nest(to, begin, metricHistogram)
}

// nest makes a field of what has been appended since begin. Moving these few bytes
// to make room for their length is cheaper than computing it first.
func nest(to []byte, begin int, field protowire.Number) []byte {
	var room [2 * binary.MaxVarintLen32]byte
	head := protowire.AppendTag(room[:0], field, protowire.BytesType)
	head = protowire.AppendVarint(head, uint64(len(to)-begin))
	end := len(to)
	to = append(to, head...)
	copy(to[begin+len(head):], to[begin:end])
	copy(to[begin:], head)
	return to
}

func appendString(to []byte, field protowire.Number, value string) []byte {
	return protowire.AppendString(protowire.AppendTag(to, field, protowire.BytesType), value)
}

func appendVarint(to []byte, field protowire.Number, value uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(to, field, protowire.VarintType), value)
}

func appendDouble(to []byte, field protowire.Number, value float64) []byte {
	return protowire.AppendFixed64(protowire.AppendTag(to, field, protowire.Fixed64Type), math.Float64bits(value))
}
