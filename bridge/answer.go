// SPDX-License-Identifier: Apache-2.0

package bridge

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/pharos-status/pharos/bridge/spool"
	"github.com/pharos-status/pharos/internal/app"
)

// A refusal is an error that whoever called is told as it stands.
type refusal struct {
	code  int
	text  string
	after time.Duration // when to ask again; 0: whenever
}

// Error implements error.
func (e refusal) Error() string { return e.text }

// A call answers a request, or returns why it does not.
type call func(w http.ResponseWriter, r *http.Request) error

// Handler returns what Alertmanager and pharosctl reach: /bridge/… and nothing else.
// It lets only those in whom the configuration allows.
func (b *Bridge) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /bridge/v1/{channel}", b.counted(b.admitted(b.take)))
	mux.Handle("GET /bridge/v1/dead-letters", b.admitted(b.listDeadLetters))
	mux.Handle("POST /bridge/v1/dead-letters/{id}/send", b.admitted(b.sendDeadLetter))
	mux.Handle("DELETE /bridge/v1/dead-letters/{id}", b.admitted(b.discardDeadLetter))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := mux.Handler(r); pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		var plain app.Recorder
		mux.ServeHTTP(&plain, r)
		if allowed := plain.Header().Get("Allow"); allowed != "" {
			w.Header().Set("Allow", allowed)
			b.refuse(w, r, refusal{code: plain.Code, text: "this path takes " + allowed})
			return
		}
		b.refuse(w, r, refusal{code: http.StatusNotFound, text: "there is nothing at this path; notifications go to /bridge/v1/CHANNEL"})
	})
}

// admitted makes a handler of a call that is not for everybody.
func (b *Bridge) admitted(serve call) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		err := admit(b.settings.Load().config, r)
		if err == nil {
			err = serve(w, r)
		}
		if err != nil {
			b.refuse(w, r, err)
		}
	})
}

// counted counts answers by their code.
func (b *Bridge) counted(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen := &codeWriter{ResponseWriter: w, code: http.StatusOK}
		h.ServeHTTP(seen, r)
		b.metrics.requests.WithLabelValues(strconv.Itoa(seen.code)).Inc()
	})
}

// A codeWriter notes the code of an answer.
type codeWriter struct {
	http.ResponseWriter

	code int
}

// WriteHeader implements [http.ResponseWriter].
func (w *codeWriter) WriteHeader(code int) {
	w.code = code
	w.ResponseWriter.WriteHeader(code)
}

// Unwrap is for [http.ResponseController].
func (w *codeWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// How long those wait who were told to come back.
const (
	afterFull  = 30 * time.Second // some of what waits will have left by then
	afterError = 10 * time.Second
)

// refuse answers with what went wrong. Whoever calls learns nothing of the inside.
func (b *Bridge) refuse(w http.ResponseWriter, r *http.Request, err error) {
	answer, known := errors.AsType[refusal](err)
	switch {
	case known:
		b.tellRejected(r, answer)
	case errors.Is(err, spool.ErrFull):
		answer = refusal{http.StatusServiceUnavailable, "too much waits already; try again later", afterFull}
	case errors.Is(err, spool.ErrGone):
		answer = refusal{code: http.StatusNotFound, text: "there is no such dead letter"}
	case b.disk.err() != nil:
		b.tellDisk(err)
		answer = refusal{http.StatusServiceUnavailable, "the data folder can't be used at the moment; the log of the bridge says why", afterError}
	default: // it ends, or whoever called has gone
		b.o.Logger.Warn("A call of the bridge failed", "err", err)
		answer = refusal{http.StatusServiceUnavailable, "the call failed; the log of the bridge says why", afterError}
	}
	if answer.code == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="Pharos bridge"`)
	}
	if answer.after > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(answer.after.Seconds())))
	}
	b.answer(w, answer.code, map[string]string{"error": answer.text})
}

// answer sends v as JSON.
func (b *Bridge) answer(w http.ResponseWriter, code int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		b.o.Logger.Error("An answer of the bridge was not written", "err", err)
		code, body = http.StatusInternalServerError, []byte(`{"error": "the answer can't be written; the log of the bridge says why"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(code)
	_, _ = w.Write(append(body, '\n')) // a client that is gone misses nothing
}
