// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net"
	"net/http"
	"strconv"
	"sync"
)

// A transport is an [http.RoundTripper] onto a handler of this process: what
// speaks HTTP to a server speaks to the embedded one without a socket. Answers
// are held in memory until they are complete, so it is not for streams.
type transport struct{ handler http.Handler }

// RoundTrip implements [http.RoundTripper]. The host of the URL is ignored.
func (t transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	in := req.Clone(req.Context())
	if in.Body == nil {
		in.Body = http.NoBody
	}
	defer in.Body.Close() // as a RoundTripper has to; nothing is lost if that fails
	in.RequestURI = in.URL.RequestURI()
	in.RemoteAddr = memoryAddr{}.String()
	var rec recorder
	t.handler.ServeHTTP(&rec, in)
	return rec.response(req), nil
}

// A recorder is an [http.ResponseWriter] that keeps the answer. The zero value
// is ready to use.
type recorder struct {
	header http.Header
	sent   http.Header // header as it was when the status was written
	code   int
	body   bytes.Buffer
}

// Header implements [http.ResponseWriter].
func (r *recorder) Header() http.Header {
	if r.header == nil {
		r.header = http.Header{}
	}
	return r.header
}

// WriteHeader implements [http.ResponseWriter].
func (r *recorder) WriteHeader(code int) {
	if r.code != 0 || code < http.StatusOK {
		return // informational answers have no meaning here
	}
	r.code, r.sent = code, r.Header().Clone()
}

// Write implements [http.ResponseWriter].
func (r *recorder) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(p)
}

func (r *recorder) response(req *http.Request) *http.Response {
	r.WriteHeader(http.StatusOK)
	return &http.Response{
		Status:     strconv.Itoa(r.code) + " " + http.StatusText(r.code),
		StatusCode: r.code,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        r.sent,
		Body:          io.NopCloser(bytes.NewReader(r.body.Bytes())),
		ContentLength: int64(r.body.Len()),
		Request:       req,
	}
}

// replay sends what was recorded to w.
func (r *recorder) replay(w http.ResponseWriter) {
	r.WriteHeader(http.StatusOK)
	maps.Copy(w.Header(), r.sent)
	w.WriteHeader(r.code)
	_, _ = w.Write(r.body.Bytes()) // the client is gone if this fails
}

// A memoryListener is a [net.Listener] whose connections never leave the
// process.
type memoryListener struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newMemoryListener() *memoryListener {
	return &memoryListener{conns: make(chan net.Conn), done: make(chan struct{})}
}

// Accept implements [net.Listener].
func (l *memoryListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// Close implements [net.Listener].
func (l *memoryListener) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

// Addr implements [net.Listener].
func (l *memoryListener) Addr() net.Addr { return memoryAddr{} }

// dial connects to the listener.
func (l *memoryListener) dial(ctx context.Context) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case l.conns <- server:
		return client, nil
	case <-l.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

type memoryAddr struct{}

// Network implements [net.Addr].
func (memoryAddr) Network() string { return "memory" }

// String implements [net.Addr].
func (memoryAddr) String() string { return "memory" }
