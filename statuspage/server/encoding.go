// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bytes"
	"io"
	"strconv"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// A coding is a form in which bytes are sent.
type coding uint8

// The codings, each preferred to those before it where a visitor takes both alike.
const (
	plainly coding = iota
	gzipped
	zstandard
	brotlied
	codings = iota
)

// String returns the name in HTTP.
func (c coding) String() string { return [codings]string{"", "gzip", "zstd", "br"}[c] }

// minCompressed is the size in bytes below which compressing saves no packet.
const minCompressed = 1000

// How hard the codings try. A page is made anew several times a minute, for few
// visitors or for many, so each is as good as it can be within some milliseconds.
const (
	gzipLevel   = 6
	brotliLevel = 6
)

// encode returns body in the coding, nil if that is no shorter.
func (c coding) encode(body []byte) []byte {
	if len(body) < minCompressed {
		return nil
	}
	var b bytes.Buffer
	w, err := c.writer(&b)
	if err != nil {
		return nil // the levels are right: does not happen
	}
	// A buffer takes everything.
	_, _ = w.Write(body)
	_ = w.Close()
	if b.Len() >= len(body) {
		return nil
	}
	return bytes.Clone(b.Bytes()) // without the room that the buffer has left
}

func (c coding) writer(to io.Writer) (io.WriteCloser, error) {
	switch c {
	case gzipped:
		return gzip.NewWriterLevel(to, gzipLevel)
	case zstandard:
		return zstd.NewWriter(to, zstd.WithEncoderLevel(zstd.SpeedBetterCompression), zstd.WithEncoderConcurrency(1))
	default:
		return brotli.NewWriterLevel(to, brotliLevel), nil
	}
}

// negotiate returns the coding that suits an Accept-Encoding best.
func negotiate(header string) coding {
	if header == "" {
		return plainly
	}
	var weights [codings]float64
	var named [codings]bool
	others := 0.0
	for item := range strings.SplitSeq(header, ",") {
		name, parameters, _ := strings.Cut(item, ";")
		q := weight(parameters)
		switch c := codingOf(strings.TrimSpace(name)); c {
		case plainly:
			if strings.TrimSpace(name) == "*" {
				others = q
			}
		default:
			weights[c], named[c] = q, true
		}
	}
	best, top := plainly, 0.0
	for c := gzipped; c < codings; c++ {
		q := weights[c]
		if !named[c] {
			q = others
		}
		if q > 0 && q >= top {
			best, top = c, q
		}
	}
	return best
}

func codingOf(name string) coding {
	switch {
	case strings.EqualFold(name, "br"):
		return brotlied
	case strings.EqualFold(name, "zstd"):
		return zstandard
	case strings.EqualFold(name, "gzip"), strings.EqualFold(name, "x-gzip"):
		return gzipped
	}
	return plainly
}

// weight returns the q of a part of an Accept header, 1 if there is none, 0 if it
// makes no sense.
func weight(parameters string) float64 {
	if parameters == "" {
		return 1
	}
	_, text, found := strings.Cut(parameters, "=")
	if !found {
		return 1
	}
	q, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || !(q >= 0 && q <= 1) {
		return 0
	}
	return q
}
