// SPDX-License-Identifier: Apache-2.0

// Package api serves the manager API, as Vigil's clients know it: announcements,
// the alerts that are on, and holding back reminders. It checks and answers;
// keeping announcements is left to package store, silences to package alerts.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/pharos-status/pharos/internal/configfile"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/alerts"
	"github.com/pharos-status/pharos/statuspage/store"
)

// Announcements keeps the announcements; [store.Store] does. Its methods are
// safe for concurrent use, and durable before they return. They return the errors
// of package store.
type Announcements interface {
	Announcements() ([]statuspage.Announcement, error)
	Announce(title, text string) (statuspage.Announcement, error)
	Retract(id string) error
}

// Reminders holds back reminders; [alerts.Client] does. Its methods are safe for
// concurrent use.
type Reminders interface {
	Ignored(ctx context.Context) (time.Duration, error)
	Ignore(ctx context.Context, d time.Duration) error
	Unignore(ctx context.Context) error
}

var (
	_ Announcements = (*store.Store)(nil)
	_ Reminders     = (*alerts.Client)(nil)
)

// Options are what the API works on; all fields are required. The functions are
// called at each request, since a reload may change what they return.
type Options struct {
	Token      func() configfile.Secret // the manager token; empty: every call is refused
	Store      Announcements
	Reminders  func() Reminders
	Reading    func() statuspage.Reading // the last good reading; the zero Reading if there was none
	StaleAfter func() time.Duration      // see [statuspage.Input]
	Changed    func()                    // called after an announcement came or went; must not block
	Logger     *slog.Logger
}

// Handler serves /manager/…, every path with and without a slash at its end and
// never by a redirect. Whoever mounts it collapses double slashes before.
func Handler(o Options) http.Handler {
	h := &handler{Options: o}
	mux := http.NewServeMux()
	mux.Handle("/", h.methods(nil))
	for path, m := range map[string]methods{
		"/manager/announcements":         {http.MethodGet: h.announcements},
		"/manager/announcement":          {http.MethodPost: h.announce},
		"/manager/announcement/{id}":     {http.MethodDelete: h.retract},
		"/manager/prober/alerts":         {http.MethodGet: h.alerts},
		"/manager/prober/alerts/ignored": {http.MethodGet: h.ignored, http.MethodPut: h.ignore},
	} {
		mux.Handle(path, h.methods(m))
		mux.Handle(path+"/{$}", h.methods(m))
	}
	return h.authorized(mux)
}

type handler struct{ Options }

// methods are the calls at a path. A call returns what to answer as JSON, or nil
// for an empty answer.
type methods map[string]func(http.ResponseWriter, *http.Request) (any, error)

func (h *handler) methods(m methods) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		call, known := m[r.Method]
		if !known {
			h.refuse(w, noCall(w, m))
			return
		}
		answer, err := call(w, r)
		if err != nil {
			h.refuse(w, err)
			return
		}
		h.answer(w, answer)
	}
}

func noCall(w http.ResponseWriter, m methods) error {
	if len(m) == 0 {
		return refusal{http.StatusNotFound, "no such path below /manager/; there are announcements, announcement, " +
			"announcement/ID, prober/alerts and prober/alerts/ignored"}
	}
	allowed := strings.Join(sortedKeys(m), ", ")
	w.Header().Set("Allow", allowed)
	return refusal{http.StatusMethodNotAllowed, "this path takes " + allowed}
}

// authorized lets requests through whose password is the manager token. The name
// of the user does not matter.
func (h *handler) authorized(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		_, password, _ := r.BasicAuth()
		switch token := h.Token(); {
		case token == "":
			h.refuse(w, refusal{http.StatusForbidden, "the manager API is off, since no token is configured; set manager.token_file in statuspage.yml"})
		case !token.Equal(password):
			w.Header().Set("WWW-Authenticate", `Basic realm="Pharos manager", charset="UTF-8"`)
			h.refuse(w, refusal{http.StatusUnauthorized, "wrong or missing token; send it as the password of Basic authentication"})
		default:
			next.ServeHTTP(w, r)
		}
	})
}
