// SPDX-License-Identifier: Apache-2.0

// Package store keeps what people tell the page, and what the page must remember:
// incidents, maintenance, announcements, corrections, templates, subscribers, who
// changed what, and the days that are over. One instance keeps it in a SQLite file;
// several share PostgreSQL. What may be told is checked by package desk.
package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// Errors that callers tell apart.
var (
	ErrNotFound = errors.New("not found")
	ErrAway     = errors.New("the store is away") // for now: it can be read and written later
	ErrTaken    = errors.New("the address is subscribed already")
)

// patience bounds each call: a database that does not answer is away.
const patience = 5 * time.Second

// Options are the settings of a [Store].
type Options struct {
	Path   string       // the data folder, made if it is not there; holds statuspage.sqlite, and the copy of the last contents
	URL    string       // postgres://…; empty: SQLite in Path. A secret: never logged
	Logger *slog.Logger // required
}

// A Store is safe for concurrent use, and by several processes. What it returns
// belongs to the caller. A change is on disk before the call returns; where it
// returns [ErrAway] because the answer of the database was lost, it may have been
// made all the same.
type Store struct {
	log  *slog.Logger
	path string
	db   database

	migrating sync.Mutex
	migrated  atomic.Bool
	away      atomic.Bool  // as the log has it
	unpurged  atomic.Bool  // something was erased that is still on disk
	spared    atomic.Int64 // until then (Unix time in ns) the database is not asked

	known known
	leads atomic.Bool
}

// Open opens the store. A SQLite file must open, and is read as a whole, for which no
// deadline holds; a PostgreSQL that is away is no error: the store is away until it
// comes.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.Logger == nil {
		return nil, errors.New("store: Options.Logger is required")
	}
	if err := os.MkdirAll(o.Path, 0o750); err != nil {
		return nil, fmt.Errorf("make the data folder: %w; give it to the user that Pharos runs as, or choose another one with --storage.path", err)
	}
	open := openSQLite
	if o.URL != "" {
		open = openPostgreSQL
	}
	db, err := open(o)
	if err != nil {
		return nil, err
	}
	s := &Store{log: o.Logger, path: o.Path, db: db}
	if db.shared {
		s.known.load(o.Path, db.name, o.Logger)
	}
	err = s.do(ctx, "open the store", func(context.Context) error { return nil })
	if err == nil {
		err = s.explain(ctx, db.check(context.WithoutCancel(ctx))) // however long it takes
	}
	if err != nil && (!db.shared || !errors.Is(err, ErrAway)) {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Close closes it. No call may follow.
func (s *Store) Close() error {
	if err := s.db.close(); err != nil {
		return fmt.Errorf("close the store: %w", err)
	}
	return nil
}

// errSpared is why a call does not wait.
var errSpared = errors.New("it did not answer a moment ago")

// do runs f, which may use the database, within a bound of time. The error says
// what was tried, and is ErrAway where that may go well later.
func (s *Store) do(ctx context.Context, what string, f func(ctx context.Context) error) error {
	begun := time.Now()
	if begun.UnixNano() < s.spared.Load() {
		return fmt.Errorf("%s: %w: %w", what, ErrAway, errSpared)
	}
	bounded, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := s.migrate(bounded)
	if err == nil {
		err = f(bounded)
	}
	if err = s.explain(ctx, err); err == nil {
		return nil
	}
	if s.db.shared && errors.Is(err, ErrAway) && ctx.Err() == nil {
		// Where each call had to wait, a refresh of the page that makes several would take
		// too long. So for as long as this one took, the others fail at once.
		s.spared.Store(time.Now().Add(time.Since(begun)).UnixNano())
	}
	return fmt.Errorf("%s: %w", what, err)
}

// explain makes ErrAway of what may pass, and notes in the log when that begins
// and ends.
func (s *Store) explain(ctx context.Context, err error) error {
	switch {
	case err == nil || errors.Is(err, ErrNotFound):
		if s.away.CompareAndSwap(true, false) {
			s.log.Info("The store is back")
		}
		return err
	case errors.Is(ctx.Err(), context.Canceled):
		return err
	case errors.Is(err, ErrAway):
	case !s.db.isAway(err):
		return s.db.describe(err)
	default:
		err = fmt.Errorf("%w: %w", ErrAway, err)
	}
	// A caller that had no time to wait has found out nothing.
	if ctx.Err() == nil && s.away.CompareAndSwap(false, true) {
		s.log.Error("The store is away: the page shows what it knew, and nothing can be changed", "err", err)
	}
	return err
}
