// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

// daysExpected is for how many days room is made at first.
const daysExpected = 90

// Days returns the finished days that were kept, from first to last, by node and by
// service. They are large: a thousand nodes take 6 MB for 90 days.
func (s *Store) Days(ctx context.Context, first, last time.Time) (statuspage.Intervals, error) {
	into := newSink(int(max(0, min(dayOf(last)-dayOf(first)+1, daysExpected))))
	err := s.do(ctx, "read the days", func(ctx context.Context) error {
		_, err := collect(ctx, s.db.read, func(rows *sql.Rows) (none struct{}, err error) {
			var number int64
			var minutes sql.RawBytes
			if err := rows.Scan(&number, &minutes); err != nil {
				return none, err
			}
			return none, into.day(number, minutes)
		}, "SELECT day, minutes FROM day WHERE day BETWEEN $1 AND $2 ORDER BY day", dayOf(first), dayOf(last))
		return err
	})
	if err != nil {
		return statuspage.Intervals{}, err
	}
	return into.into, nil
}

// KeepDays keeps finished days, by day, and by node and service: of each what saw more
// of it, whoever of several instances that was.
func (s *Store) KeepDays(ctx context.Context, d statuspage.Intervals) error {
	days := spreadOf(d)
	return s.do(ctx, "keep days", func(ctx context.Context) error {
		return s.transact(ctx, "", func(tx *Tx) error {
			for _, number := range slices.Sorted(maps.Keys(days)) {
				if err := tx.keepDay(number, days[number]); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// keepDay adds what is new of a day to what there is of it.
func (tx *Tx) keepDay(number int64, minutes map[status.NodeID]statuspage.Minutes) error {
	var old []byte
	err := tx.sql.QueryRowContext(tx.ctx, "SELECT minutes FROM day WHERE day = $1", number).Scan(&old)
	switch {
	case errors.Is(err, sql.ErrNoRows):
	case err != nil:
		return err
	default:
		there := newSink(1)
		if err := there.day(number, old); err != nil {
			return err
		}
		all := spreadOf(there.into)[number]
		if all == nil {
			break
		}
		for id, m := range minutes {
			if m.Observed() >= all[id].Observed() {
				all[id] = m
			}
		}
		minutes = all
	}
	_, err = tx.sql.ExecContext(tx.ctx, `INSERT INTO day (day, minutes) VALUES ($1, $2)
		ON CONFLICT (day) DO UPDATE SET minutes = excluded.minutes`, number, appendDay(nil, minutes))
	return err
}

// Spent returns what was measured within the intervals of corrections, by their IDs.
func (s *Store) Spent(ctx context.Context) (map[string]statuspage.Intervals, error) {
	spent := map[string]statuspage.Intervals{}
	err := s.do(ctx, "read what corrections cover", func(ctx context.Context) error {
		_, err := collect(ctx, s.db.read, func(rows *sql.Rows) (none struct{}, err error) {
			var correction string
			var minutes sql.RawBytes
			if err := rows.Scan(&correction, &minutes); err != nil {
				return none, err
			}
			into := newSink(0)
			err = into.spread(minutes)
			spent[correction] = into.into
			return none, err
		}, "SELECT correction, minutes FROM spent")
		return err
	})
	return spent, err
}

// KeepSpent keeps what was measured within the interval of a correction, until that
// is changed or deleted. If there is no such correction it does nothing.
func (s *Store) KeepSpent(ctx context.Context, correction string, i statuspage.Intervals) error {
	return s.do(ctx, "keep what a correction covers", func(ctx context.Context) error {
		_, err := s.db.write.ExecContext(ctx, `INSERT INTO spent (correction, minutes)
			SELECT id, $2 FROM subject WHERE kind = $3 AND id = $1
			ON CONFLICT (correction) DO UPDATE SET minutes = excluded.minutes`, correction, appendSpread(nil, spreadOf(i)), string(corrections))
		return err
	})
}

// dayOf returns the number of a day since 1970.
func dayOf(t time.Time) int64 { return t.Unix() / secondsOfDay }
