// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"strconv"
)

// A HandlerTransport is an [http.RoundTripper] that calls a handler of this
// process instead of using the network, so that one client serves embedded and
// remote servers alike. Answers are held in memory until they are complete, which
// suits APIs and not streams. It is safe for concurrent use if the handler is.
type HandlerTransport struct{ Handler http.Handler }

// RoundTrip implements [http.RoundTripper]. The host of the URL is ignored.
func (t HandlerTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	in := req.Clone(req.Context())
	if in.Body == nil {
		in.Body = http.NoBody
	}
	defer in.Body.Close() // as a RoundTripper has to; nothing is lost if that fails
	in.RequestURI = in.URL.RequestURI()
	in.RemoteAddr = "127.0.0.1:0" // of this process
	var rec Recorder
	t.Handler.ServeHTTP(&rec, in)
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	return rec.response(req), nil
}

// A Recorder is an [http.ResponseWriter] that keeps the answer. The zero value is
// ready to use, for one request.
type Recorder struct {
	Code int          // 0 until the answer begins
	Body bytes.Buffer // may be changed before Replay

	header http.Header
	sent   http.Header // header as it was when the status was written
}

// Header implements [http.ResponseWriter].
func (r *Recorder) Header() http.Header {
	if r.header == nil {
		r.header = http.Header{}
	}
	return r.header
}

// WriteHeader implements [http.ResponseWriter].
func (r *Recorder) WriteHeader(code int) {
	if r.Code != 0 || code < http.StatusOK {
		return // informational answers have no meaning here
	}
	r.Code, r.sent = code, r.Header().Clone()
}

// Write implements [http.ResponseWriter].
func (r *Recorder) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.Body.Write(p)
}

func (r *Recorder) response(req *http.Request) *http.Response {
	r.WriteHeader(http.StatusOK)
	return &http.Response{
		Status:     strconv.Itoa(r.Code) + " " + http.StatusText(r.Code),
		StatusCode: r.Code,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        r.sent,
		Body:          io.NopCloser(bytes.NewReader(r.Body.Bytes())),
		ContentLength: int64(r.Body.Len()),
		Request:       req,
	}
}

// Flush implements [http.Flusher]. The answer is kept all the same.
func (r *Recorder) Flush() {}

// Replay sends what was recorded to w.
func (r *Recorder) Replay(w http.ResponseWriter) {
	r.WriteHeader(http.StatusOK)
	maps.Copy(w.Header(), r.sent)
	w.WriteHeader(r.Code)
	_, _ = w.Write(r.Body.Bytes()) // the client is gone if this fails
}
