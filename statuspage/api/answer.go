// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"slices"
	"unicode/utf8"

	"github.com/pharos-status/pharos/statuspage/store"
)

// maxBody bounds a request, in bytes. The longest announcement takes 120 kB if
// each of its characters is escaped.
const maxBody = 256 << 10

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
func (h *handler) refuse(w http.ResponseWriter, err error) {
	answer := refusal{text: err.Error()}
	switch {
	case errors.As(err, &answer):
	case errors.Is(err, store.ErrInvalid):
		answer.code = http.StatusBadRequest
	case errors.Is(err, store.ErrNotFound):
		answer = refusal{http.StatusNotFound, "no such announcement; GET /manager/announcements/ lists them"}
	case errors.Is(err, store.ErrTooMany):
		answer.code = http.StatusConflict
	case errors.Is(err, errAlertmanager):
		h.Logger.Error("Alertmanager did not take a call of the manager API", "err", err)
		answer = refusal{http.StatusBadGateway, "Alertmanager did not take the call; the log of the status page says why"}
	default:
		h.Logger.Error("A call of the manager API failed", "err", err)
		answer = refusal{http.StatusInternalServerError, "the call failed; the log of the status page says why"}
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(answer.code)
	_, _ = io.WriteString(w, answer.text+"\n") // a client that is gone misses nothing
}

// answer sends v as JSON, and an empty body if it is nil.
func (h *handler) answer(w http.ResponseWriter, v any) {
	if v == nil {
		w.WriteHeader(http.StatusOK)
		return
	}
	body, err := json.Marshal(v)
	if err != nil {
		h.refuse(w, fmt.Errorf("write the answer: %w", err))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body) // a client that is gone misses nothing
}

// read stores the JSON body in v. Pages of other sites can make a browser that
// knows the token send requests, but not with this content type.
func read(w http.ResponseWriter, r *http.Request, v any, example string) error {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return refusal{http.StatusUnsupportedMediaType, "send JSON, and say so by Content-Type: application/json"}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		return refusal{http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is larger than %d KiB", maxBody>>10)}
	} else if err != nil {
		return refusal{http.StatusBadRequest, "the body broke off"}
	}
	if !utf8.Valid(body) {
		return refusal{http.StatusBadRequest, "the body is not valid UTF-8"}
	}
	if err := json.Unmarshal(body, v); err != nil {
		return refusal{http.StatusBadRequest, fmt.Sprintf("the body does not fit (%v); send JSON such as %s", err, example)}
	}
	return nil
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
