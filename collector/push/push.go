// SPDX-License-Identifier: Apache-2.0

// Package push takes the reports of applications and relays over HTTP, in
// Vigil's Reporter protocol: who may report, how a request is read, and how it is
// answered. What a report means is left to the store.
package push

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/status"
)

// MaxBodyBytes is how long the body of a report may be.
const MaxBodyBytes = 64 << 10

// A Store takes what the handler has read, as [state.Store] does, and returns
// the errors of package state. It is called concurrently.
type Store interface {
	Report(id status.ID, r state.Report) error
	Flush(id status.ID) error
}

// Options are the settings of [Handler]. Store, Tokens and Logger are required.
type Options struct {
	Store   Store
	Tokens  func() []Token // the tokens that hold now; asked at each request
	Reports func(code int) // called with the status of each answer; may be nil
	Logger  *slog.Logger
}

// Codes returns every status that [Handler] answers with.
func Codes() []int {
	return []int{
		http.StatusOK, http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound,
		http.StatusMethodNotAllowed, http.StatusPreconditionFailed, http.StatusRequestEntityTooLarge, http.StatusServiceUnavailable,
	}
}

// Handler serves
//
//	POST   /reporter/{service}/{node}            a report
//	DELETE /reporter/{service}/{node}/{replica}  the flush of a replica
//
// with and without a slash at the end, never by a redirect. Whoever mounts it
// (at /reporter/ and, against redirects, at /reporter) collapses double slashes
// before. What is accepted is answered by 200 and an
// empty body, all else by a text. The connection is closed after a DELETE, and
// where the client does not say who it is: such clients don't read the answer,
// and would hold a connection that is kept alive.
func Handler(o Options) http.Handler { return &handler{o} }

type handler struct{ Options }

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodDelete || r.UserAgent() == "" {
		w.Header().Set("Connection", "close")
	}
	code := http.StatusOK
	if err := h.serve(w, r); err != nil {
		code = h.refuse(w, err)
	} else {
		w.WriteHeader(code)
	}
	if h.Reports != nil {
		h.Reports(code)
	}
	if r.Method == http.MethodDelete && r.ContentLength != 0 {
		// A client announces a body here that it never sends; don't wait for it.
		_ = http.NewResponseController(w).SetReadDeadline(time.Now())
	}
}

func (h *handler) serve(w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodPost && r.Method != http.MethodDelete {
		w.Header().Set("Allow", "DELETE, POST")
		return refusal{http.StatusMethodNotAllowed, "report by POST, flush by DELETE"}
	}
	may, known := h.authorize(r)
	if !known {
		w.Header().Set("WWW-Authenticate", `Basic realm="Pharos reporter", charset="UTF-8"`)
		return refusal{http.StatusUnauthorized, "wrong or missing token; send it as the password of Basic authentication"}
	}
	ids, err := parsePath(r.URL.EscapedPath())
	if err != nil {
		return err
	}
	act := h.Store.Flush
	if (r.Method == http.MethodPost) != (ids[0].Replica == "") {
		return refusal{http.StatusNotFound, "no such path; POST /reporter/{service}/{node} or DELETE /reporter/{service}/{node}/{replica}"}
	}
	if r.Method == http.MethodPost {
		replica, report, err := readReport(w, r)
		if err != nil {
			return err
		}
		act = func(id status.ID) error {
			return h.Store.Report(id.NodeID().Replica(replica), report)
		}
	}
	return first(ids, may, act)
}

// first acts on the first of the readings of a path that is known.
func first(ids []status.ID, may func(service string) bool, act func(status.ID) error) error {
	var refused error
	for _, id := range ids {
		err := error(refusal{http.StatusForbidden, "the token is not good for this service"})
		if may(id.Service) {
			err = act(id)
		}
		if err == nil {
			return nil
		}
		if refused == nil {
			refused = err
		}
		if !errors.Is(err, state.ErrUnknownNode) && !errors.Is(err, state.ErrUnknownReplica) && !errors.As(err, new(refusal)) {
			return err
		}
	}
	return refused
}

// A refusal is an answer that the client may read.
type refusal struct {
	code int
	text string
}

func (r refusal) Error() string { return r.text }

func refusef(code int, format string, args ...any) error {
	return refusal{code, fmt.Sprintf(format, args...)}
}

// refuse answers by what the error means, and returns the status. A client in
// the field gives up for good at any 4xx, so what may pass is a 503.
func (h *handler) refuse(w http.ResponseWriter, err error) int {
	answer := refusal{text: err.Error()}
	switch {
	case errors.As(err, &answer):
	case errors.Is(err, state.ErrInvalid):
		answer.code = http.StatusBadRequest
	case errors.Is(err, state.ErrUnknownNode), errors.Is(err, state.ErrUnknownReplica):
		answer.code = http.StatusNotFound
	case errors.Is(err, state.ErrWrongMode):
		answer.code = http.StatusPreconditionFailed
	case errors.Is(err, state.ErrTooMany):
		answer.code = http.StatusServiceUnavailable
	default:
		h.Logger.Debug("Report not kept", "err", err)
		answer = refusal{http.StatusServiceUnavailable, "the report can't be kept now; try again later"}
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(answer.code)
	_, _ = io.WriteString(w, answer.text+"\n") // a client that is gone misses nothing
	return answer.code
}
