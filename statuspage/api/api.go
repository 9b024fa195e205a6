// SPDX-License-Identifier: Apache-2.0

// Package api serves the manager API: as Vigil's clients know it, and below
// /manager/v1/ all that operators do, as openapi.json describes it. It reads requests
// and writes answers; what operators may say is left to package desk, silences to
// package alerts.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/pharos-status/pharos/internal/configfile"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/alerts"
	"github.com/pharos-status/pharos/statuspage/desk"
	"github.com/pharos-status/pharos/statuspage/store"
)

// Reminders holds back reminders; [alerts.Client] does. Its methods are safe for
// concurrent use.
type Reminders interface {
	Ignored(ctx context.Context) (time.Duration, error)
	Ignore(ctx context.Context, d time.Duration) error
	Unignore(ctx context.Context) error
}

var _ Reminders = (*alerts.Client)(nil)

// Options are what the API works on; all fields but Try are required. The functions
// are called at each request, since a reload may change what they return.
type Options struct {
	Token      func() configfile.Secret // the manager token; empty: every call is refused
	Try        Try                      // nil: tokens may be tried without limit
	Desk       *desk.Desk
	Store      *store.Store // for the journal and the subscribers
	Reminders  func() Reminders
	Reading    func() statuspage.Reading // the last good reading; the zero Reading if there was none
	StaleAfter func() time.Duration      // see [statuspage.Input]
	Logger     *slog.Logger
}

// A Try calls right, which tells whether the token of a request is the right one, and
// returns its answer; or, where too many were not, how long to wait. It is safe for
// concurrent use.
type Try func(r *http.Request, right func() bool) (ok bool, wait time.Duration)

type handler struct{ Options }

// Handler serves /manager/…, every path with and without a slash at its end and
// never by a redirect. Whoever mounts it collapses double slashes before. Only the
// description of the API is served without the token.
func Handler(o Options) http.Handler {
	h := &handler{o}
	paths := map[string]methods{}
	for _, r := range h.routes() {
		if paths[r.path] == nil {
			paths[r.path] = methods{}
		}
		paths[r.path][r.method] = r.call
	}
	authorized := http.NewServeMux()
	authorized.Handle("/", h.methods(nil))
	for path, m := range paths {
		authorized.Handle(path, h.methods(m))
		authorized.Handle(path+"/{$}", h.methods(m))
	}
	all := http.NewServeMux()
	all.Handle("/", h.authorized(authorized))
	all.HandleFunc("GET "+openAPIPath, serveOpenAPI)
	return all
}

// openAPIPath is the one path that needs no token.
const openAPIPath = "/manager/openapi.json"

// A call answers a request.
type call func(http.ResponseWriter, *http.Request) (reply, error)

// A route is a call at a path.
type route struct {
	method, path string
	call         call
}

// methods are the calls at a path.
type methods map[string]call

func (h *handler) methods(m methods) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		call, known := m[r.Method]
		if !printable(r.URL.Path) { // no ID is so, and databases differ in what they make of it
			call, known = nothing, true
		}
		if !known {
			h.refuse(w, r, noCall(w, r, m))
			return
		}
		answer, err := call(w, r)
		if err != nil {
			h.refuse(w, r, err)
			return
		}
		h.answer(w, r, answer)
	}
}

func noCall(w http.ResponseWriter, r *http.Request, m methods) error {
	switch {
	case len(m) > 0:
		allowed := strings.Join(sortedKeys(m), ", ")
		w.Header().Set("Allow", allowed)
		return refusal{http.StatusMethodNotAllowed, "this path takes " + allowed}
	case isV1(r):
		return refusal{http.StatusNotFound, "no such path below /manager/v1/; " + openAPIPath + " has all"}
	default:
		return refusal{http.StatusNotFound, "no such path below /manager/; there are announcements, announcement, " +
			"announcement/ID, prober/alerts and prober/alerts/ignored"}
	}
}

// authorized lets requests through that bring the manager token: as the password of
// Basic authentication, whoever the user is, or as Bearer. Pages of other sites may
// not use what a browser remembers of it.
func (h *handler) authorized(next http.Handler) http.Handler {
	foreign := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		_, presented, basic := r.BasicAuth()
		if !basic {
			presented = bearer(r)
		}
		token := h.Token()
		right, wait := h.try(r, token, presented)
		switch {
		case token == "":
			h.refuse(w, r, refusal{http.StatusForbidden, "the manager API is off, since no token is configured; set manager.token_file in statuspage.yml"})
		case wait > 0:
			w.Header().Set("Retry-After", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
			h.refuse(w, r, refusal{http.StatusTooManyRequests, "too many wrong tokens came from this address; try again later"})
		case !right:
			w.Header().Set("WWW-Authenticate", `Basic realm="Pharos manager", charset="UTF-8"`)
			h.refuse(w, r, refusal{http.StatusUnauthorized, "wrong or missing token; send it as the password of Basic authentication"})
		case foreign.Check(r) != nil:
			h.refuse(w, r, refusal{http.StatusForbidden, "a page of another site sent this request; it is refused"})
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// try tells whether the token is the right one. None at all is no attempt.
func (h *handler) try(r *http.Request, token configfile.Secret, presented string) (right bool, wait time.Duration) {
	if presented == "" || token == "" {
		return false, 0
	}
	compare := func() bool { return token.Equal(presented) }
	if h.Try == nil {
		return compare(), 0
	}
	return h.Try(r, compare)
}

func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// isV1 tells whether errors are answered as JSON. Vigil's clients get plain text.
func isV1(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/manager/v1/") }
