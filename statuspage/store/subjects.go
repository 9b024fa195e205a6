// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pharos-status/pharos/statuspage"
)

// A kind is a kind of subject, in the words of the journal.
type kind string

const (
	incidents     kind = "incident"
	maintenances  kind = "maintenance"
	announcements kind = "announcement"
	corrections   kind = "correction"
	templates     kind = "template"
	subscribers   kind = "subscriber"
)

// A querier is a database, or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// get reads a subject.
func get[T any](tx *Tx, k kind, id string) (v T, err error) {
	var document []byte
	err = tx.sql.QueryRowContext(tx.ctx, "SELECT document FROM subject WHERE kind = $1 AND id = $2", string(k), id).Scan(&document)
	if err == nil {
		err = json.Unmarshal(document, &v)
	}
	return v, tx.fail(fmt.Sprintf("read the %s %q", k, id), err)
}

// list reads all subjects of a kind, in order.
func list[T any](tx *Tx, k kind, order func(a, b T) int) ([]T, error) {
	all, err := documents(tx.ctx, tx.sql, k, order)
	return all, tx.fail(fmt.Sprintf("read every %s", k), err)
}

func documents[T any](ctx context.Context, q querier, k kind, order func(a, b T) int) ([]T, error) {
	all, err := collect(ctx, q, func(rows *sql.Rows) (v T, err error) {
		var document sql.RawBytes
		if err := rows.Scan(&document); err != nil {
			return v, err
		}
		return v, json.Unmarshal(document, &v)
	}, "SELECT document FROM subject WHERE kind = $1 ORDER BY id", string(k))
	slices.SortStableFunc(all, order)
	return all, err
}

// collect returns what scan makes of each row.
func collect[T any](ctx context.Context, q querier, scan func(*sql.Rows) (T, error), query string, args ...any) ([]T, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err returns it
	var all []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, rows.Err()
}

// put inserts or replaces a subject. Where nothing differs nothing happens.
func (tx *Tx) put(k kind, id, title string, v any) error {
	err := tx.write(k, id, title, v)
	return tx.fail(fmt.Sprintf("write the %s %q", k, id), err)
}

func (tx *Tx) write(k kind, id, title string, v any) error {
	if id == "" {
		return errors.New("it has no ID")
	}
	after, err := json.Marshal(v)
	if err != nil {
		return err
	}
	var before []byte
	err = tx.sql.QueryRowContext(tx.ctx, "SELECT document FROM subject WHERE kind = $1 AND id = $2", string(k), id).Scan(&before)
	if err != nil && !errors.Is(err, sql.ErrNoRows) || bytes.Equal(before, after) {
		return err
	}
	_, err = tx.sql.ExecContext(tx.ctx, `INSERT INTO subject (kind, id, title, document) VALUES ($1, $2, $3, $4)
		ON CONFLICT (kind, id) DO UPDATE SET title = excluded.title, document = excluded.document`, string(k), id, clean(title), string(after))
	if err != nil {
		return err
	}
	tx.changed = tx.changed || k != templates
	return tx.enter(k, id, title, before, after)
}

// remove deletes a subject.
func (tx *Tx) remove(k kind, id string) error {
	var title string
	var before []byte
	err := tx.sql.QueryRowContext(tx.ctx, "DELETE FROM subject WHERE kind = $1 AND id = $2 RETURNING title, document", string(k), id).Scan(&title, &before)
	if err == nil {
		tx.changed = tx.changed || k != templates
		err = tx.enter(k, id, title, before, nil)
	}
	return tx.fail(fmt.Sprintf("delete the %s %q", k, id), err)
}

// newest orders by time, the newest first, and then by ID.
func newest[T any](at func(T) time.Time, id func(T) string) func(a, b T) int {
	return func(a, b T) int { return cmp.Or(at(b).Compare(at(a)), cmp.Compare(id(a), id(b))) }
}

func byStarted() func(a, b statuspage.Incident) int {
	return newest(func(i statuspage.Incident) time.Time { return i.Started }, func(i statuspage.Incident) string { return i.ID })
}

func byStart() func(a, b statuspage.Maintenance) int {
	return newest(func(m statuspage.Maintenance) time.Time { return m.Start }, func(m statuspage.Maintenance) string { return m.ID })
}

func byTime() func(a, b statuspage.Announcement) int {
	return newest(func(a statuspage.Announcement) time.Time { return a.Time }, func(a statuspage.Announcement) string { return a.ID })
}

func byCreated() func(a, b statuspage.Correction) int {
	return newest(func(c statuspage.Correction) time.Time { return c.Created }, func(c statuspage.Correction) string { return c.ID })
}
