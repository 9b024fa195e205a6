// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/andybalholm/brotli"

	"github.com/pharos-status/pharos/internal/status"
)

// Bounds on how many bytes of a body are read, uncompressed.
const (
	maxBody     = 1 << 20  // that BodyMatch sees
	maxText     = 8 << 20  // that other regular expressions see
	maxJSON     = 2 << 20  // that are decoded, to fifty times as much memory at worst
	maxUnpacked = 64 << 20 // that are unpacked: a bomb is a thousand times its size
	maxDropped  = 1 << 30  // that are read and dropped
)

// looksAtBody tells whether all of the body is looked at.
func (o *HTTPOptions) looksAtBody() bool {
	return len(o.BodyMust)+len(o.BodyNot) > 0 || o.JSONMust != nil || o.JSONNot != nil
}

// limit returns how many bytes of a body are read.
func (o *HTTPOptions) limit() int64 {
	switch {
	case o.BodyLimit > 0:
		return o.BodyLimit
	case o.JSONMust != nil || o.JSONNot != nil:
		return maxJSON
	case o.looksAtBody():
		return maxText
	case o.Compression != "" && o.Compression != "identity":
		return maxUnpacked
	}
	return maxDropped
}

// examineBody reads as much of the body as is looked at, or all of it with
// ReadBody, and tells whether it is as it should be. Where only its size is
// wanted, nothing looks at it.
func (o *HTTPOptions) examineBody(ctx context.Context, t *Trace, resp *http.Response, onlySize bool) error {
	if o.BodyMatch == nil && !o.looksAtBody() && !o.ReadBody {
		return nil
	}
	body := &bodyReader{left: o.limit()}
	compression := o.Compression
	if o.Method == http.MethodHead {
		compression = "" // there is nothing to unpack
	}
	err := body.open(resp.Body, compression)
	if err == nil && !onlySize {
		err = o.examineText(ctx, t.HTTP, body)
	}
	if err == nil && o.ReadBody {
		_, err = io.Copy(io.Discard, body)
	}
	t.HTTP.BodyBytes = body.read
	var failure *Failure
	switch {
	case err == nil:
		t.Event(eventBody, "")
		return nil
	case errors.As(err, &failure):
		return err
	case errors.Is(err, errTooMuch):
		return Failf(status.Body, "the body is longer than %d bytes; body_size_limit allows more", o.limit())
	case body.corrupt(err):
		return Failf(status.Body, "unpack the body as %s: %w", o.Compression, err)
	}
	return exchangeError("read the body", err)
}

// examineText reads what is looked at and looks at it.
func (o *HTTPOptions) examineText(ctx context.Context, facts *HTTPFacts, body io.Reader) error {
	if !o.looksAtBody() {
		if o.BodyMatch == nil {
			return nil
		}
		body = io.LimitReader(body, maxBody)
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	if err := o.matchText(text); err != nil {
		facts.FailedRegexp = true
		return err
	}
	if err := o.matchJSON(ctx, text); err != nil {
		facts.FailedCEL = true
		return err
	}
	return nil
}

func (o *HTTPOptions) matchText(text []byte) error {
	if o.BodyMatch != nil && !o.BodyMatch.Match(text[:min(len(text), maxBody)]) {
		return Failf(status.Body, "the body (%d bytes read) does not match %q", len(text), o.BodyMatch)
	}
	for _, r := range o.BodyNot {
		if r.Match(text) {
			return Failf(status.Body, "the body matches %q", r)
		}
	}
	for _, r := range o.BodyMust {
		if !r.Match(text) {
			return Failf(status.Body, "the body (%d bytes read) does not match %q", len(text), r)
		}
	}
	return nil
}

func (o *HTTPOptions) matchJSON(ctx context.Context, text []byte) error {
	if o.JSONMust == nil && o.JSONNot == nil {
		return nil
	}
	var document any
	if err := json.Unmarshal(text, &document); err != nil {
		return Failf(status.Body, "the body is not JSON: %w", err)
	}
	for _, rule := range []struct {
		is   *CEL
		want bool
	}{{o.JSONNot, false}, {o.JSONMust, true}} {
		if rule.is == nil {
			continue
		}
		holds, err := rule.is.holds(ctx, document)
		if err != nil {
			return Failf(status.Body, "look at the body: %w", err)
		}
		if holds != rule.want {
			return Failf(status.Body, "%q is %t of the body, want %t", rule.is, holds, rule.want)
		}
	}
	return nil
}

// A bodyReader reads a bounded body and unpacks it.
type bodyReader struct {
	io.Reader
	source *sourceReader
	left   int64 // how many bytes may yet be read
	read   int64
}

// A sourceReader keeps the error that the connection ended with, so that it is
// told from one of what came over it.
type sourceReader struct {
	io.Reader
	err error
}

// Read implements [io.Reader].
func (s *sourceReader) Read(b []byte) (int, error) {
	n, err := s.Reader.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// corrupt tells whether an error is that of bytes that don't unpack.
func (b *bodyReader) corrupt(err error) bool { return b.source.err == nil && err != nil }

// open begins to read body, which is compressed as compression says.
func (b *bodyReader) open(body io.Reader, compression string) error {
	b.source = &sourceReader{Reader: body}
	var err error
	switch compression {
	case "", "identity":
		b.Reader = b.source
	case "br":
		b.Reader = brotli.NewReader(b.source)
	case "gzip":
		b.Reader, err = gzip.NewReader(b.source)
	case "deflate":
		b.Reader, err = inflate(b.source)
	default:
		err = fmt.Errorf("compression %q is not known, want gzip, br, deflate or identity", compression)
	}
	return err
}

// inflate reads deflate as its RFC has it, in a zlib stream, and as many servers
// have it, without one.
func inflate(r io.Reader) (io.Reader, error) {
	buffered := bufio.NewReader(r)
	head, err := buffered.Peek(2)
	if err == nil && head[0]&0x0f == 8 && (int(head[0])<<8|int(head[1]))%31 == 0 {
		return zlib.NewReader(buffered)
	}
	return flate.NewReader(buffered), nil
}

// Read implements [io.Reader]. A body that is longer than its limit is an error,
// one that is as long is not.
func (b *bodyReader) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p[:min(int64(len(p)), b.left+1)])
	if int64(n) > b.left {
		n, err = int(b.left), errTooMuch
	}
	b.left -= int64(n)
	b.read += int64(n)
	return n, err
}
