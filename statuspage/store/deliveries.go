// SPDX-License-Identifier: Apache-2.0

package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Delivery is a piece of news on its way to a subscriber, or a message of its own
// (a confirmation: the ID of News is 0, Payload says what).
type Delivery struct {
	ID         int64
	Subscriber string
	News       News
	Payload    []byte
	Attempts   int
	Due        time.Time // not to be tried before
	Created    time.Time
}

// deliver makes deliveries of news, which are due at once.
func (tx *Tx) deliver(news int64, to []string) error {
	for batch := range slices.Chunk(to, fanBatch) {
		var values strings.Builder
		args := []any{news, millis(tx.now)}
		for _, subscriber := range batch {
			fmt.Fprintf(&values, ", ($%d, $1, 0, $2, $2)", len(args)+1)
			args = append(args, subscriber)
		}
		query := "INSERT INTO delivery (subscriber, news, attempts, due, created) VALUES " + strings.TrimPrefix(values.String(), ", ")
		if _, err := tx.sql.ExecContext(tx.ctx, query, args...); err != nil {
			return err
		}
	}
	return nil
}

// Enqueue makes a delivery that is no news. It returns ErrNotFound if there is no
// such subscriber.
func (s *Store) Enqueue(ctx context.Context, subscriber string, payload []byte) error {
	return s.do(ctx, "make a delivery", func(ctx context.Context) error {
		now := millis(time.Now())
		_, err := s.db.write.ExecContext(ctx, "INSERT INTO delivery (subscriber, payload, attempts, due, created) VALUES ($1, $2, 0, $3, $3)",
			subscriber, payload, now)
		if s.db.isOrphan(err) {
			return ErrNotFound
		}
		return err
	})
}

// DueDeliveries returns those to subscribers of a kind that are to be tried by now:
// those that were tried least come first, and then those due first.
func (s *Store) DueDeliveries(ctx context.Context, k SubscriberKind, now time.Time, limit int) (due []Delivery, err error) {
	err = s.do(ctx, "read the deliveries", func(ctx context.Context) error {
		due, err = collect(ctx, s.db.read, scanDelivery, `SELECT d.id, d.subscriber, d.payload, d.attempts, d.due, d.created, `+newsColumns+`
			FROM delivery d JOIN subscriber s ON s.id = d.subscriber LEFT JOIN news n ON n.id = d.news
			WHERE s.kind = $1 AND d.due <= $2 ORDER BY d.attempts, d.due, d.id LIMIT $3`, string(k), millis(now), max(0, limit))
		return err
	})
	return due, err
}

func scanDelivery(rows *sql.Rows) (d Delivery, err error) {
	var due, created int64
	var news newsRow
	if err := rows.Scan(append([]any{&d.ID, &d.Subscriber, &d.Payload, &d.Attempts, &due, &created}, news.into()...)...); err != nil {
		return d, err
	}
	d.Due, d.Created = moment(due), moment(created)
	d.News, err = news.news()
	return d, err
}

// ClaimDelivery counts an attempt before it is made, so that none is made that can't
// be counted. The next one is due at that time, unless the delivery ends before. It
// returns ErrNotFound if the delivery is over, or if somebody else has claimed it
// since d was read.
func (s *Store) ClaimDelivery(ctx context.Context, d Delivery, next time.Time) error {
	return s.do(ctx, "claim a delivery", func(ctx context.Context) error {
		result, err := s.db.write.ExecContext(ctx, "UPDATE delivery SET attempts = attempts + 1, due = $3 WHERE id = $1 AND attempts = $2",
			d.ID, d.Attempts, millis(next))
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return cmp.Or(err, ErrNotFound)
		}
		return nil
	})
}

// EndDelivery ends a delivery that has arrived, or is given up.
func (s *Store) EndDelivery(ctx context.Context, id int64) error {
	return s.do(ctx, "end a delivery", func(ctx context.Context) error {
		_, err := s.db.write.ExecContext(ctx, "DELETE FROM delivery WHERE id = $1", id)
		return err
	})
}
