// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

const (
	connections    = 8               // of one process at most
	connectionLife = time.Hour       // so that they move after a change of servers
	connectWithin  = 3 * time.Second // to one server
	migrateWithin  = 60              // seconds to wait while another process migrates
)

// openPostgreSQL prepares connections to the database of a URL; it makes none.
func openPostgreSQL(o Options) (database, error) {
	config, err := pgx.ParseConfig(o.URL)
	if err != nil {
		// Its error may show part of the URL, which has a password.
		return database{}, errors.New("store.url is no URL of a PostgreSQL database: want postgres://user:password@host:5432/database")
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectWithin
	}
	// A process that stalls, or is cut off, shall not keep the others waiting.
	for name, value := range map[string]string{
		"application_name":                    "pharos_statuspage",
		"statement_timeout":                   milliseconds(patience),
		"idle_in_transaction_session_timeout": milliseconds(patience),
	} {
		if config.RuntimeParams[name] == "" {
			config.RuntimeParams[name] = value
		}
	}
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections / 2)
	db.SetConnMaxLifetime(connectionLife)
	return database{
		name:   fmt.Sprintf("%s/%s %s", net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port))), config.Database, config.RuntimeParams["search_path"]),
		shared: true, read: db, write: db,
		snapshot:  &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead},
		serialise: "SELECT number FROM revision FOR UPDATE",
		dialect:   goose.DialectPostgres, migrations: "migrations/postgres",
		locker: func() (lock.SessionLocker, error) {
			return lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, migrateWithin))
		},
		check:    func(context.Context) error { return nil },
		isAway:   postgresAway,
		again:    postgresAgain,
		isTaken:  func(err error) bool { return postgresCode(err) == "23505" },
		isOrphan: func(err error) bool { return postgresCode(err) == "23503" },
		describe: func(err error) error { return err },
		elect:    func(ctx context.Context) (*leadership, error) { return lockPostgreSQL(ctx, config) },
	}, nil
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// postgresCode returns the SQLSTATE, empty if err is none of the server's.
func postgresCode(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

// postgresAgain tells whether a transaction lost against another one.
func postgresAgain(err error) bool {
	code := postgresCode(err)
	return code == "40001" || code == "40P01"
}

// postgresAway tells whether err may pass: no connection, or a server that can't
// serve for now (it starts, stops, is full, may only be read, refuses who we are).
func postgresAway(err error) bool {
	code := postgresCode(err)
	for _, class := range []string{"08", "25006", "28", "3D", "40", "53", "55P03", "57", "58", "XX"} {
		if strings.HasPrefix(code, class) {
			return true
		}
	}
	return code == "" && isNetwork(err)
}

// isNetwork tells whether err says that there was no answer.
func isNetwork(err error) bool {
	for _, known := range []error{io.EOF, io.ErrUnexpectedEOF, driver.ErrBadConn, sql.ErrConnDone, sql.ErrTxDone, context.DeadlineExceeded} {
		if errors.Is(err, known) {
			return true
		}
	}
	_, connecting := errors.AsType[*pgconn.ConnectError](err)
	var network net.Error
	return connecting || errors.As(err, &network) || pgconn.SafeToRetry(err)
}

// lockKey is the first half of the key of the lock of who leads; the other half is
// the schema, so that pages that share a database have a leader each.
const lockKey = 0x50686172

// letGo makes the server end the session of a process that stalls or is cut off,
// which lets the lock go: not before that process knows, by electSure. Servers that
// lack a setting do without.
const letGo = `SELECT set_config(name, wanted.value, false) FROM pg_settings JOIN (VALUES
	('idle_session_timeout', '8000'), ('tcp_user_timeout', '8000'),
	('tcp_keepalives_idle', '4'), ('tcp_keepalives_interval', '2'), ('tcp_keepalives_count', '2')) AS wanted (name, value) USING (name)`

// lockPostgreSQL waits until a connection of its own has the lock. It asks again and
// again: a statement that waits would hold back the server's vacuum.
func lockPostgreSQL(ctx context.Context, config *pgx.ConnConfig) (_ *leadership, err error) {
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	resign := func() {
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), electSure)
		defer cancel()
		_ = conn.Close(bounded) // the lock goes with the connection, however that ends
	}
	ask := func(ctx context.Context, query string, args ...any) (yes bool, err error) {
		bounded, cancel := context.WithTimeout(ctx, electSure)
		defer cancel()
		return yes, conn.QueryRow(bounded, query, args...).Scan(&yes)
	}
	if _, err := conn.Exec(ctx, letGo); err != nil {
		resign()
		return nil, err
	}
	err = untilWon(ctx, func() (bool, error) {
		return ask(ctx, "SELECT pg_try_advisory_lock($1, hashtext(coalesce(current_schema(), '')))", int32(lockKey))
	})
	if err != nil {
		resign()
		return nil, err
	}
	return &leadership{resign: resign, sure: func(ctx context.Context) error {
		_, err := ask(ctx, "SELECT true")
		return err
	}}, nil
}
