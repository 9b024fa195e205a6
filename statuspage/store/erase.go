// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// EraseSubscriber removes a subscriber and its deliveries. The journal keeps that
// there was one; its address was never in there.
func (s *Store) EraseSubscriber(ctx context.Context, author, id string) error {
	return s.do(ctx, "erase a subscriber", func(ctx context.Context) error {
		return s.transact(ctx, author, func(tx *Tx) error {
			old, err := oneSubscriber(tx.ctx, tx.sql, "id = $1", id)
			if err != nil {
				return err
			}
			if _, err := tx.sql.ExecContext(tx.ctx, "DELETE FROM subscriber WHERE id = $1", id); err != nil {
				return err
			}
			s.unpurged.Store(s.db.purge != nil) // here, where nobody else can purge before the change is made
			return tx.enterSubscriber(old, Subscriber{})
		})
	})
}

// purge leaves nothing on disk of what was erased. Where that can't be, it is tried
// again after the next change: what was erased is erased all the same.
func (s *Store) purge(ctx context.Context) {
	if !s.unpurged.CompareAndSwap(true, false) {
		return
	}
	if err := s.db.purge(ctx); err != nil {
		s.unpurged.Store(true)
		s.log.Warn("What was erased is not overwritten on disk yet; trying again after the next change", "err", err)
	}
}

// errRead says that the log of SQLite can't be emptied yet.
var errRead = errors.New("somebody still reads what was there before")

// purgeSQLite moves all changes from the log into the file, which overwrites what was
// deleted, and empties the log. It does not wait long for those who read, since nobody
// can change anything meanwhile.
func purgeSQLite(ctx context.Context, write *sql.DB) (err error) {
	conn, err := write.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // it goes back to the others
	if _, err := conn.ExecContext(ctx, "PRAGMA busy_timeout(200)"); err != nil {
		return err
	}
	defer func() {
		_, restored := conn.ExecContext(context.WithoutCancel(ctx), fmt.Sprintf("PRAGMA busy_timeout(%d)", patience.Milliseconds()))
		err = errors.Join(err, restored)
	}()
	var busy bool
	var pages, moved int
	err = conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &moved)
	if err == nil && busy {
		err = errRead
	}
	return err
}
