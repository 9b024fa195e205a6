// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations
var migrations embed.FS

// A database is what SQLite and PostgreSQL differ in. All other SQL is the same.
type database struct {
	name        string  // tells it from others; no secret
	shared      bool    // with other machines, so it can be away
	read, write *sql.DB // the same one if it is shared
	snapshot    *sql.TxOptions
	serialise   string // a statement that waits for all other changes; empty: beginning one does so
	dialect     goose.Dialect
	migrations  string                             // their folder
	locker      func() (lock.SessionLocker, error) // keeps others from migrating; nil: none is needed
	check       func(ctx context.Context) error    // whether it is sound
	isAway      func(err error) bool               // whether it may go well later
	again       func(err error) bool               // whether the change lost against another one
	isTaken     func(err error) bool               // whether a value that must be unique is there already
	isOrphan    func(err error) bool               // whether what it belongs to is not there
	purge       func(ctx context.Context) error    // leaves nothing on disk of what was deleted; nil: that is up to the server
	describe    func(err error) error              // adds what to do about it
	elect       func(ctx context.Context) (*leadership, error)
}

func (d *database) close() error {
	err := d.read.Close()
	if d.write != d.read {
		err = errors.Join(d.write.Close(), err)
	}
	return err
}

// migrate brings the tables to the form that this program knows, once.
func (s *Store) migrate(ctx context.Context) error {
	if s.migrated.Load() {
		return nil
	}
	s.migrating.Lock()
	defer s.migrating.Unlock()
	if s.migrated.Load() {
		return nil
	}
	folder, err := fs.Sub(migrations, s.db.migrations)
	if err != nil {
		return err
	}
	options := []goose.ProviderOption{goose.WithSlog(slog.New(slog.DiscardHandler)), goose.WithDisableGlobalRegistry(true), goose.WithTableName("statuspage_schema")}
	if s.db.locker != nil {
		l, err := s.db.locker()
		if err != nil {
			return err
		}
		options = append(options, goose.WithSessionLocker(l))
	}
	p, err := goose.NewProvider(s.db.dialect, s.db.write, folder, options...)
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	done, upErr := p.Up(ctx)
	version, target, err := p.GetVersions(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("migrate: %w", errors.Join(upErr, err))
	case version > target:
		return fmt.Errorf("the store was written by a newer version of this program (schema %d, this one knows %d): use that one", version, target)
	case version < target: // otherwise another process has done it meanwhile
		return fmt.Errorf("migrate: %w", upErr)
	}
	if len(done) > 0 {
		s.log.Info("The store has a new schema", "version", version)
	}
	s.migrated.Store(true)
	return nil
}
