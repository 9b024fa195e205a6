// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"math"
	"time"
)

// journalLimit bounds one reading of the journal.
const journalLimit = 1000

// An Entry is a line of the journal: who changed what, and when.
type Entry struct {
	ID      int64
	Time    time.Time
	Author  string
	Action  string // created, changed, deleted
	Kind    string // incident, maintenance, announcement, correction, template, subscriber
	Subject string // its ID
	Title   string // of the subject, for people
	Before  []byte // JSON; nil if it was created
	After   []byte // JSON; nil if it was deleted
}

// Journal returns the newest entries, newest first, of a subject if it is not empty:
// those before the entry with the ID before, if that is not 0. It returns at most
// limit of them, and at most 1,000.
func (s *Store) Journal(ctx context.Context, subject string, before int64, limit int) (entries []Entry, err error) {
	if before == 0 {
		before = math.MaxInt64
	}
	query := "SELECT id, time, author, action, kind, subject, title, before_change, after_change FROM journal WHERE id < $1"
	args := []any{before, max(0, min(limit, journalLimit))}
	if subject != "" {
		query, args = query+" AND subject = $3", append(args, subject)
	}
	err = s.do(ctx, "read the journal", func(ctx context.Context) error {
		entries, err = collect(ctx, s.db.read, scanEntry, query+" ORDER BY id DESC LIMIT $2", args...)
		return err
	})
	return entries, err
}

func scanEntry(rows *sql.Rows) (e Entry, err error) {
	var at int64
	err = rows.Scan(&e.ID, &at, &e.Author, &e.Action, &e.Kind, &e.Subject, &e.Title, &e.Before, &e.After)
	e.Time = moment(at)
	return e, err
}

// enter enters a change in the journal.
func (tx *Tx) enter(k kind, id, title string, before, after []byte) error {
	action := "changed"
	switch {
	case before == nil:
		action = "created"
	case after == nil:
		action = "deleted"
	}
	_, err := tx.sql.ExecContext(tx.ctx, `INSERT INTO journal (time, author, action, kind, subject, title, before_change, after_change)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		millis(tx.now), tx.author, action, string(k), id, clean(title), optional(before), optional(after))
	return err
}

// optional returns NULL for what is nil.
func optional(document []byte) sql.NullString {
	return sql.NullString{String: string(document), Valid: document != nil}
}
