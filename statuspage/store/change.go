// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// attempts is how often a change is tried that loses against others.
const attempts = 5

// A Tx is a change under way. It is used by one goroutine, within the call of
// [Store.Change] that made it. What an error says may be shown to operators.
type Tx struct {
	ctx     context.Context //nolint:containedctx // a Tx lives within one call
	sql     *sql.Tx
	store   *Store
	author  string
	now     time.Time
	changed bool // something that Contents returns
}

// Change runs f in a transaction that is serialised with all others. If f returns an
// error nothing is changed, and the error is returned as it is. f may run more than
// once, and must not call the store but by its Tx. Everything in it is entered in the
// journal under the author's name.
func (s *Store) Change(ctx context.Context, author string, f func(tx *Tx) error) error {
	var refused error
	err := s.do(ctx, "change the store", func(ctx context.Context) error {
		refused = nil
		return s.transact(ctx, author, func(tx *Tx) error {
			refused = f(tx)
			return refused
		})
	})
	if refused != nil && err != nil && !s.db.again(refused) {
		return refused
	}
	return err
}

// transact runs f until it wins against the changes of others.
func (s *Store) transact(ctx context.Context, author string, f func(tx *Tx) error) error {
	var err error
	for range attempts {
		if err = s.once(ctx, author, f); err == nil {
			s.purge(ctx)
			return nil
		}
		if !s.db.again(err) {
			return err
		}
	}
	return err
}

func (s *Store) once(ctx context.Context, author string, f func(tx *Tx) error) error {
	t, err := s.db.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer t.Rollback() //nolint:errcheck // after Commit it does nothing; where it fails the connection is gone, and the change with it
	if s.db.serialise != "" {
		if _, err := t.ExecContext(ctx, s.db.serialise); err != nil {
			return err
		}
	}
	tx := &Tx{ctx: ctx, sql: t, store: s, author: clean(author), now: time.Now().UTC()}
	if err := f(tx); err != nil {
		return err
	}
	if tx.changed {
		if _, err := t.ExecContext(ctx, "UPDATE revision SET number = number + 1"); err != nil {
			return err
		}
	}
	return t.Commit()
}

// fail makes the error of a call of a Tx.
func (tx *Tx) fail(what string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		err = ErrNotFound
	}
	return fmt.Errorf("%s: %w", what, tx.store.explain(tx.ctx, err))
}

// textLimit bounds names and titles that are kept beside a document, in bytes.
const textLimit = 1000

// clean makes text that both databases take.
func clean(text string) string {
	text = strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "\uFFFD")
	if len(text) <= textLimit {
		return text
	}
	cut := textLimit
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut]
}

// millis and moment turn times into what is kept of them, and back.
func millis(t time.Time) int64 { return t.UnixMilli() }

func moment(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
