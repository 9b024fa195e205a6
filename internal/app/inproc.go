// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"io"
	"net/http"
)

// A HandlerTransport is an [http.RoundTripper] that calls a handler of this
// process instead of using the network, so that one client serves embedded and
// remote servers alike. It collects the whole answer in memory, which suits APIs
// and not streams. It is safe for concurrent use if the handler is.
type HandlerTransport struct {
	Handler http.Handler
}

// RoundTrip implements [http.RoundTripper].
func (t HandlerTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	in := req.Clone(req.Context())
	if in.Body == nil {
		in.Body = http.NoBody
	}
	in.RequestURI = in.URL.RequestURI()
	in.RemoteAddr = "127.0.0.1:0" // of this process
	out := &recorder{header: http.Header{}}
	t.Handler.ServeHTTP(out, in)
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	out.WriteHeader(http.StatusOK) // does nothing if the handler has set one
	return &http.Response{
		Status:        http.StatusText(out.code),
		StatusCode:    out.code,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        out.sent,
		Body:          io.NopCloser(bytes.NewReader(out.body.Bytes())),
		ContentLength: int64(out.body.Len()),
		Request:       req,
	}, nil
}

// A recorder is the [http.ResponseWriter] of one request.
type recorder struct {
	header http.Header // what the handler may still change
	sent   http.Header // what it was when the status was written
	code   int         // 0 until then
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(code int) {
	if r.code == 0 {
		r.code, r.sent = code, r.header.Clone()
	}
}

func (r *recorder) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(p)
}

// Flush does nothing: the answer is collected anyway.
func (r *recorder) Flush() {}
