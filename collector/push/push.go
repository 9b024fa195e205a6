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
	"strings"
	"sync"
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
	Take(messages []state.Message) []error
}

// Options are the settings of [Handler]. Store, Tokens and Logger are required.
type Options struct {
	Store   Store
	Tokens  func() []Token // the tokens that hold now; asked at each request
	Reports func(code int) // called with the status of each report's answer; may be nil
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
//	POST   /reporter                             a [Batch] of both
//
// with and without a slash at the end, never by a redirect. Whoever mounts it
// (at /reporter/ and, against redirects, at /reporter) collapses double slashes
// before. A report or flush that is accepted is answered by 200 and an empty body,
// a batch by 200 and a [BatchAnswer], all else by a text. The connection is closed
// after a DELETE, and where the client does not say who it is: such clients don't
// read the answer, and would hold a connection that is kept alive.
//
// From an address that has presented 20 wrong tokens within a minute nothing is
// taken for the rest of that minute, unless it has presented a right one in the
// hour before; in the minute after the Handler was made, in which all have to
// present one again, everything is. The answer is a 503 with Retry-After: clients
// in the field give up for good at a 4xx.
func Handler(o Options) http.Handler {
	return &handler{Options: o, guard: newGuard(time.Now()), buffers: newBuffers()}
}

type handler struct {
	Options
	guard   guard
	buffers *sync.Pool // of *bytes.Buffer
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodDelete || r.UserAgent() == "" {
		w.Header().Set("Connection", "close")
	}
	if err := h.serve(w, r); err != nil {
		h.refuse(w, err)
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
	may, err := h.authorize(w, r)
	if err != nil {
		return err
	}
	path := r.URL.EscapedPath()
	if r.Method == http.MethodPost && isBatch(path) {
		return h.serveBatch(w, r, may)
	}
	id, second, err := parsePath(path)
	if err != nil {
		return err
	}
	if (r.Method == http.MethodPost) != (id.Replica == "") {
		return refusal{http.StatusNotFound, noSuchPath + "; POST /reporter/{service}/{node} or DELETE /reporter/{service}/{node}/{replica}"}
	}
	act := h.Store.Flush
	if r.Method == http.MethodPost {
		var replica string
		var report state.Report
		err := h.read(w, r, MaxBodyBytes, func(data []byte) (err error) {
			replica, report, err = parseReport(data)
			return err
		})
		if err != nil {
			return err
		}
		act = func(id status.ID) error {
			id.Replica = replica
			return h.Store.Report(id, report)
		}
	}
	if err := first(id, second, may, act); err != nil {
		return err
	}
	w.WriteHeader(http.StatusOK)
	h.count(http.StatusOK)
	return nil
}

// first acts on the first of the readings of a path that is known.
func first(id status.ID, second *status.ID, may may, act func(status.ID) error) error {
	err := allowed(id, may, act)
	if second == nil || err == nil {
		return err
	}
	if errors.Is(err, state.ErrUnknownNode) || errors.Is(err, state.ErrUnknownReplica) || errors.Is(err, errForbidden) {
		again := allowed(*second, may, act)
		if again == nil || !errors.Is(again, state.ErrUnknownNode) && !errors.Is(again, state.ErrUnknownReplica) && !errors.Is(again, errForbidden) {
			return again
		}
	}
	return err
}

// allowed acts on an ID if the client may.
func allowed(id status.ID, may may, act func(status.ID) error) error {
	if !may.report(id.Service) {
		return errForbidden
	}
	return act(id)
}

// A refusal is an answer that the client may read.
type refusal struct {
	code int
	text string
}

func (r refusal) Error() string { return r.text }

// noSuchPath begins the text of each 404 that is not of the store.
const noSuchPath = "no such path"

// SaysNotFound tells whether the text of a 404 is one that [Handler] gives, rather
// than what stands before it.
func SaysNotFound(text string) bool {
	return strings.HasPrefix(text, noSuchPath) || strings.HasPrefix(text, state.ErrUnknownNode.Error()+" ") ||
		strings.HasPrefix(text, state.ErrUnknownReplica.Error()+" ")
}

var errForbidden = error(refusal{http.StatusForbidden, "the token is not good for this service"})

func refusef(code int, format string, args ...any) error {
	return refusal{code, fmt.Sprintf(format, args...)}
}

// refusal returns what the client may read of an error. A client in the field
// gives up for good at any 4xx, so what may pass is a 503.
func (h *handler) refusal(err error) refusal {
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
	return answer
}

// refuse answers with an error.
func (h *handler) refuse(w http.ResponseWriter, err error) {
	answer := h.refusal(err)
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(answer.code)
	_, _ = io.WriteString(w, answer.text+"\n") // a client that is gone misses nothing
	h.count(answer.code)
}

func (h *handler) count(code int) {
	if h.Reports != nil {
		h.Reports(code)
	}
}
