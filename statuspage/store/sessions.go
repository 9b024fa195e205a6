// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// A Session is that of an operator who has logged in; Hash is SHA-256 of the cookie.
type Session struct {
	Hash    [32]byte
	User    string
	Created time.Time
	Expires time.Time // whether that has come is for the caller to see
}

// PutSession inserts a session, or replaces the one of that hash.
func (s *Store) PutSession(ctx context.Context, x Session) error {
	return s.do(ctx, "keep a session", func(ctx context.Context) error {
		_, err := s.db.write.ExecContext(ctx, `INSERT INTO session (hash, operator, created, expires) VALUES ($1, $2, $3, $4)
			ON CONFLICT (hash) DO UPDATE SET operator = excluded.operator, created = excluded.created, expires = excluded.expires`,
			x.Hash[:], x.User, millis(x.Created), millis(x.Expires))
		return err
	})
}

// Session returns a session, ErrNotFound if there is none.
func (s *Store) Session(ctx context.Context, hash [32]byte) (x Session, err error) {
	err = s.do(ctx, "read a session", func(ctx context.Context) error {
		var created, expires int64
		err := s.db.read.QueryRowContext(ctx, "SELECT operator, created, expires FROM session WHERE hash = $1", hash[:]).Scan(&x.User, &created, &expires)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNotFound
		}
		x.Hash, x.Created, x.Expires = hash, moment(created), moment(expires)
		return err
	})
	if err != nil {
		return Session{}, err
	}
	return x, nil
}

// DeleteSession ends a session, if there is one.
func (s *Store) DeleteSession(ctx context.Context, hash [32]byte) error {
	return s.do(ctx, "end a session", func(ctx context.Context) error {
		_, err := s.db.write.ExecContext(ctx, "DELETE FROM session WHERE hash = $1", hash[:])
		return err
	})
}

// DeleteSessions ends all sessions of a user; of an empty one, all that have expired.
func (s *Store) DeleteSessions(ctx context.Context, user string) error {
	query, arg := "DELETE FROM session WHERE operator = $1", any(user)
	if user == "" {
		query, arg = "DELETE FROM session WHERE expires <= $1", millis(time.Now())
	}
	return s.do(ctx, "end sessions", func(ctx context.Context) error {
		_, err := s.db.write.ExecContext(ctx, query, arg)
		return err
	})
}
