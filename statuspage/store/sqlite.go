// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// readers is how many calls read a SQLite file at the same time.
const readers = 4

// openSQLite opens the file of the folder. Each change is synced to disk. What is
// deleted is overwritten, since it may be personal.
func openSQLite(o Options) (database, error) {
	path, err := filepath.Abs(filepath.Join(o.Path, "statuspage.sqlite"))
	if err != nil {
		return database{}, fmt.Errorf("find the data folder: %w", err)
	}
	open := func(maximum int, options url.Values) (*sql.DB, error) {
		options["_pragma"] = append(options["_pragma"], "busy_timeout(5000)", "foreign_keys(1)", "secure_delete(1)")
		db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path, RawQuery: options.Encode()}).String())
		if err != nil {
			return nil, fmt.Errorf("open %s: %w", path, err)
		}
		db.SetMaxOpenConns(maximum)
		db.SetMaxIdleConns(maximum)
		return db, nil
	}
	write, err := open(1, url.Values{"_txlock": {"immediate"}, "_pragma": {"journal_mode(WAL)", "synchronous(FULL)"}})
	if err != nil {
		return database{}, err
	}
	read, err := open(readers, url.Values{"_pragma": {"query_only(1)"}})
	if err != nil {
		return database{}, errors.Join(err, write.Close())
	}
	return database{
		name: path, read: read, write: write,
		snapshot: &sql.TxOptions{ReadOnly: true},
		dialect:  goose.DialectSQLite3, migrations: "migrations/sqlite",
		check:    func(ctx context.Context) error { return checkSQLite(ctx, read) },
		isAway:   sqliteAway,
		again:    func(error) bool { return false },
		isTaken:  func(err error) bool { return sqliteCode(err) == sqlite3.SQLITE_CONSTRAINT_UNIQUE },
		isOrphan: func(err error) bool { return sqliteCode(err) == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY },
		purge:    func(ctx context.Context) error { return purgeSQLite(ctx, write) },
		describe: func(err error) error { return describeSQLite(path, err) },
		elect:    func(ctx context.Context) (*leadership, error) { return lockFolder(ctx, o.Path) },
	}, nil
}

// errDamaged is what checkSQLite finds.
var errDamaged = errors.New("its pages contradict each other")

// checkSQLite reads the whole file, so that damage is found before it spreads.
func checkSQLite(ctx context.Context, db *sql.DB) error {
	var verdict string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return fmt.Errorf("%w: %s", errDamaged, verdict)
	}
	return nil
}

// sqliteCode returns the extended result code, 0 if err is none of SQLite.
func sqliteCode(err error) int {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code()
	}
	return 0
}

// sqliteAway tells whether err may pass: another process writes for long, the disk
// is full or can't be written.
func sqliteAway(err error) bool {
	switch sqliteCode(err) & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY,
		sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_NOMEM:
		return true
	}
	return errors.Is(err, context.DeadlineExceeded)
}

// describeSQLite says what to do about a file that is damaged or is none.
func describeSQLite(path string, err error) error {
	code := sqliteCode(err) & 0xff
	if code == sqlite3.SQLITE_CORRUPT || code == sqlite3.SQLITE_NOTADB || errors.Is(err, errDamaged) {
		return fmt.Errorf("%s is damaged; restore it from a backup, or move it away to begin with an empty one: %w", path, err)
	}
	return err
}
