// SPDX-License-Identifier: Apache-2.0

package mcp

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"net/http"
	"runtime"
)

// maxBody is how long the body of a request may be, in bytes.
const maxBody = 64 << 10

// bounded lets through requests of one message each, as many at once as there are
// processors. An answer is finished before it is sent, so that no slow reader keeps
// the others waiting.
func bounded(next http.Handler) http.Handler {
	places := make(chan struct{}, runtime.GOMAXPROCS(0))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		switch {
		case err != nil:
			code := http.StatusBadRequest
			if tooLong := new(http.MaxBytesError); errors.As(err, &tooLong) {
				code = http.StatusRequestEntityTooLarge
			}
			http.Error(w, "the request can't be read: "+err.Error(), code)
			return
		case bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("[")):
			http.Error(w, "send one message at a time: there are no batches", http.StatusBadRequest)
			return
		}
		select {
		case places <- struct{}{}:
		case <-r.Context().Done():
			return
		}
		a := answered(next, r, body, func() { <-places })
		maps.Copy(w.Header(), a.header)
		w.WriteHeader(a.code)
		_, _ = a.body.WriteTo(w) // whoever has gone needs no answer
	})
}

func answered(next http.Handler, r *http.Request, body []byte, leave func()) *reply {
	defer leave()
	r = r.WithContext(r.Context()) // a copy
	r.Body = io.NopCloser(bytes.NewReader(body))
	a := &reply{header: http.Header{}}
	next.ServeHTTP(a, r)
	a.WriteHeader(http.StatusOK)
	return a
}

// A reply is an answer that is not sent yet.
type reply struct {
	header http.Header
	code   int
	body   bytes.Buffer
}

func (a *reply) Header() http.Header { return a.header }

func (a *reply) WriteHeader(code int) {
	if a.code == 0 {
		a.code = code
	}
}

func (a *reply) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(b)
}
