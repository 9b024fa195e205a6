// SPDX-License-Identifier: Apache-2.0

package deliver

import (
	"math"

	"github.com/prometheus/common/model"
	"google.golang.org/protobuf/encoding/protowire"
)

// The fields of prometheus.WriteRequest, and of the messages in it. They are
// written by hand because the generated types live in the server's module, which
// is far too big for an exporter.
const (
	requestTimeseries = 1

	seriesLabels  = 1
	seriesSamples = 2

	labelName  = 1
	labelValue = 2

	sampleValue     = 1
	sampleTimestamp = 2 // in milliseconds
)

// A writeRequest is an encoded prometheus.WriteRequest. Its methods are those by
// which the client library takes a message that encodes itself.
type writeRequest []byte

// newWriteRequest encodes one series for each of the samples.
func newWriteRequest(samples model.Vector, more map[string]string) writeRequest {
	var request, series, part []byte
	for _, s := range samples {
		series = series[:0]
		for _, label := range labelsOf(s, more) {
			part = protowire.AppendTag(part[:0], labelName, protowire.BytesType)
			part = protowire.AppendString(part, label[0])
			part = protowire.AppendTag(part, labelValue, protowire.BytesType)
			part = protowire.AppendString(part, label[1])
			series = appendMessage(series, seriesLabels, part)
		}
		part = protowire.AppendTag(part[:0], sampleValue, protowire.Fixed64Type)
		part = protowire.AppendFixed64(part, math.Float64bits(float64(s.Value)))
		part = protowire.AppendTag(part, sampleTimestamp, protowire.VarintType)
		part = protowire.AppendVarint(part, uint64(s.Timestamp)) //nolint:gosec // int64 is written as its two's complement
		series = appendMessage(series, seriesSamples, part)
		request = appendMessage(request, requestTimeseries, series)
	}
	return request
}

func appendMessage(to []byte, field protowire.Number, message []byte) []byte {
	to = protowire.AppendTag(to, field, protowire.BytesType)
	return protowire.AppendBytes(to, message)
}

// Size returns the length of the encoded message.
func (r writeRequest) Size() int { return len(r) }

// MarshalToSizedBuffer copies the message to a buffer of that length.
func (r writeRequest) MarshalToSizedBuffer(to []byte) (int, error) { return copy(to, r), nil }
