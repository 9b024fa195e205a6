// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"time"
)

const (
	journalLimit = 1000 // of one reading
	journalFor   = 400 * 24 * time.Hour
	journalKind  = 10_000 // entries that are kept of each kind, so that none crowds out another
	tidyEvery    = 100    // entries
)

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
	After   []byte // JSON; nil if it was deleted. Of a change neither has the updates and cuts that it left as they were
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

// Authors returns the names of all who have changed a subject and are still in the
// journal, each once, in order. It is cheap beside [Store.Journal].
func (s *Store) Authors(ctx context.Context, subject string) (names []string, err error) {
	err = s.do(ctx, "read the journal", func(ctx context.Context) error {
		names, err = collect(ctx, s.db.read, func(rows *sql.Rows) (name string, err error) {
			return name, rows.Scan(&name)
		}, "SELECT DISTINCT author FROM journal WHERE subject = $1 ORDER BY author", subject)
		return err
	})
	return names, err
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
	before, after, err := differing(before, after)
	if err != nil {
		return err
	}
	var entry int64
	err = tx.sql.QueryRowContext(tx.ctx, `INSERT INTO journal (time, author, action, kind, subject, title, before_change, after_change)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id`,
		millis(tx.now), tx.author, action, string(k), id, clean(title), optional(before), optional(after)).Scan(&entry)
	if err != nil || entry%tidyEvery != 0 {
		return err
	}
	return tx.tidyJournal()
}

// tidyJournal forgets what is too old, and what is too much.
func (tx *Tx) tidyJournal() error {
	_, err := tx.sql.ExecContext(tx.ctx, "DELETE FROM journal WHERE time < $1", millis(tx.now.Add(-journalFor)))
	if err != nil {
		return err
	}
	_, err = tx.sql.ExecContext(tx.ctx, `DELETE FROM journal WHERE id IN (SELECT id FROM
		(SELECT id, row_number() OVER (PARTITION BY kind ORDER BY id DESC) AS place FROM journal) AS placed WHERE place > $1)`, journalKind)
	return err
}

// differing takes out of two documents the elements of their long lists that are in
// both: an incident may have updates for years, and each change would keep them all twice.
func differing(before, after []byte) (was, is []byte, err error) {
	if before == nil || after == nil {
		return before, after, nil
	}
	var old, now map[string]json.RawMessage
	if err := errors.Join(json.Unmarshal(before, &old), json.Unmarshal(after, &now)); err != nil {
		return nil, nil, err
	}
	for _, list := range []string{"updates", "cuts"} {
		if old[list] == nil || now[list] == nil {
			continue
		}
		var a, b []json.RawMessage
		if err := errors.Join(json.Unmarshal(old[list], &a), json.Unmarshal(now[list], &b)); err != nil {
			return nil, nil, err
		}
		if old[list], err = json.Marshal(without(a, b)); err != nil {
			return nil, nil, err
		}
		if now[list], err = json.Marshal(without(b, a)); err != nil {
			return nil, nil, err
		}
	}
	if was, err = json.Marshal(old); err != nil {
		return nil, nil, err
	}
	is, err = json.Marshal(now)
	return was, is, err
}

// without returns those of all that are not among the others.
func without(all, others []json.RawMessage) []json.RawMessage {
	known := map[string]bool{}
	for _, x := range others {
		known[string(x)] = true
	}
	return slices.DeleteFunc(slices.Clone(all), func(x json.RawMessage) bool { return known[string(x)] })
}

// optional returns NULL for what is nil.
func optional(document []byte) sql.NullString {
	return sql.NullString{String: string(document), Valid: document != nil}
}
