// SPDX-License-Identifier: Apache-2.0

// Package api serves the manager API, as Vigil's clients know it: announcements,
// the alerts that are on, and holding back reminders. It checks and answers;
// keeping announcements is left to package store, silences to package alerts.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/pharos-status/pharos/internal/configfile"
	"github.com/pharos-status/pharos/statuspage"
)

// Announcements keeps the announcements; [store.Store] does. Its methods are
// safe for concurrent use, and durable before they return.
type Announcements interface {
	Announcements() ([]statuspage.Announcement, error)
	Announce(title, text string) (statuspage.Announcement, error)
	Retract(id string) error
}

// Reminders holds back reminders; [alerts.Client] does.
type Reminders interface {
	Ignored(ctx context.Context) (time.Duration, error)
	Ignore(ctx context.Context, d time.Duration) error
	Unignore(ctx context.Context) error
}

// Options are what the API works on; all fields are required. The functions are
// called at each request, since a reload may change what they return.
type Options struct {
	Token     func() configfile.Secret  // the manager token; empty: every call is refused
	Store     Announcements             //
	Reminders func() Reminders          //
	Reading   func() statuspage.Reading // the last good reading
	Changed   func()                    // called after an announcement came or went; must not block
	Logger    *slog.Logger
}

// Handler serves /manager/…, every path with and without a slash at its end.
// Wrap the listener that it is served on in app.CollapseSlashes.
func Handler(Options) http.Handler { return http.NotFoundHandler() }
