// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/pharos-status/pharos/statuspage/desk"
	"github.com/pharos-status/pharos/statuspage/store"
)

// retryAfter is when a client may try again while the store is away, in seconds.
const retryAfter = "10"

// A reply is a good answer.
type reply struct {
	body     any    // as JSON; nil: empty
	code     int    // 0: 200
	location string // of what was made
}

// A refusal is an answer that the client may read.
type refusal struct {
	code int
	text string
}

func (r refusal) Error() string { return r.text }

// errAlertmanager wraps what Alertmanager refused, or why it did not answer.
var errAlertmanager = errors.New("Alertmanager did not take the call") //nolint:staticcheck // it begins with a name

// refuse is the one place where errors become answers. What the client can't mend
// is logged, and only named.
func (h *handler) refuse(w http.ResponseWriter, r *http.Request, err error) {
	var answer refusal
	var invalid desk.Invalid
	switch {
	case errors.As(err, &answer):
	case errors.As(err, &invalid):
		answer = refusal{http.StatusBadRequest, strings.ReplaceAll(invalid.Error(), "\n", ". ")}
	case errors.Is(err, desk.ErrNotFound):
		answer = refusal{http.StatusNotFound, "there is nothing at " + r.URL.Path}
	case errors.Is(err, desk.ErrConflict):
		answer = refusal{http.StatusConflict, err.Error()}
	case errors.Is(err, store.ErrAway): // which the store logs
		w.Header().Set("Retry-After", retryAfter)
		answer = refusal{http.StatusServiceUnavailable, "the store is away, and nothing was changed; try again later"}
	case errors.Is(err, errAlertmanager):
		h.Logger.Error("Alertmanager did not take a call of the manager API", "err", err)
		answer = refusal{http.StatusBadGateway, "Alertmanager did not take the call; the log of the status page says why"}
	case r.Context().Err() != nil: // the client is gone
		answer = refusal{http.StatusServiceUnavailable, "the call was given up"}
	default:
		h.Logger.Error("A call of the manager API failed", "err", err)
		answer = refusal{http.StatusInternalServerError, "the call failed; the log of the status page says why"}
	}
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if isV1(r) {
		h.write(w, answer.code, problem{answer.text, invalid})
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(answer.code)
	_, _ = io.WriteString(w, answer.text+"\n") // a client that is gone misses nothing
}

// A problem is the body of a refusal.
type problem struct {
	Error  string       `json:"error"`
	Fields []desk.Fault `json:"fields,omitempty"`
}

// answer sends a good answer.
func (h *handler) answer(w http.ResponseWriter, r *http.Request, a reply) {
	if a.location != "" {
		w.Header().Set("Location", a.location)
	}
	switch {
	case a.body != nil:
		h.write(w, max(a.code, http.StatusOK), a.body)
	case isV1(r):
		w.WriteHeader(http.StatusNoContent)
	default:
		w.WriteHeader(http.StatusOK)
	}
}

// write sends JSON.
func (h *handler) write(w http.ResponseWriter, code int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		h.Logger.Error("could not write an answer of the manager API", "err", fmt.Errorf("write the answer: %w", err))
		code, body = http.StatusInternalServerError, []byte(`{"error":"the call failed; the log of the status page says why"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_, _ = w.Write(body) // a client that is gone misses nothing
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// readOnly is the header of answers that were known when the store went away.
const readOnly = "Pharos-Read-Only"

// known lets pass what was read while the store was away, and says so.
func known[T any](w http.ResponseWriter, v T, err error) (T, error) {
	if errors.Is(err, store.ErrAway) {
		w.Header().Set(readOnly, "true")
		return v, nil
	}
	return v, err
}
