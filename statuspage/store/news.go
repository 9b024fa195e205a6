// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"github.com/pharos-status/pharos/statuspage"
)

// News is something that subscribers are told.
type News struct {
	ID         int64 // given by the store
	Kind       NewsKind
	Subject    string           // ID of the incident, maintenance or announcement
	Update     string           // ID of its update; empty if the news is no update
	Components []statuspage.Ref // whom it concerns; empty: everyone
	Major      bool             // impact major or critical
	Time       time.Time
}

// A NewsKind is a kind of [News].
type NewsKind string

// The kinds of news.
const (
	NewsIncident     NewsKind = "incident"
	NewsMaintenance  NewsKind = "maintenance"
	NewsAnnouncement NewsKind = "announcement"
)

// Tell enters news for the subscribers; see [News]. It is told once the change is made.
func (tx *Tx) Tell(n News) error {
	components, err := json.Marshal(n.Components)
	if err == nil {
		_, err = tx.sql.ExecContext(tx.ctx, `INSERT INTO news (kind, subject, subject_update, components, major, time, fanned, reached)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, string(n.Kind), n.Subject, n.Update, string(components), n.Major, millis(n.Time), false, "")
	}
	return tx.fail("tell subscribers", err)
}

// newsColumns are those that newsRow takes.
const newsColumns = "n.id, n.kind, n.subject, n.subject_update, n.components, n.major, n.time"

// A newsRow takes news out of the database, which may be missing.
type newsRow struct {
	id, time                          sql.NullInt64
	kind, subject, update, components sql.NullString
	major                             sql.NullBool
}

func (r *newsRow) into() []any {
	return []any{&r.id, &r.kind, &r.subject, &r.update, &r.components, &r.major, &r.time}
}

func (r *newsRow) news() (n News, err error) {
	if !r.id.Valid {
		return n, nil
	}
	n = News{
		ID: r.id.Int64, Kind: NewsKind(r.kind.String), Subject: r.subject.String, Update: r.update.String,
		Major: r.major.Bool, Time: moment(r.time.Int64),
	}
	return n, json.Unmarshal([]byte(r.components.String), &n.Components)
}

const (
	fanBatch = 100  // deliveries that one statement makes
	fanPiece = 2000 // subscribers that are looked at in one change, so that others have their turn
)

// Fan makes the deliveries of all news not yet fanned out, for the confirmed
// subscribers for whom pick says so, and returns how many: also those that were made
// before an error, which are not made again. News of which all deliveries are over is
// forgotten. The call may run pick more than once.
func (s *Store) Fan(ctx context.Context, pick func(News, Subscriber) bool) (made int, err error) {
	for more := true; more && err == nil; {
		var some int
		err = s.do(ctx, "make deliveries of news", func(ctx context.Context) error {
			return s.transact(ctx, "", func(tx *Tx) (err error) {
				some, more, err = tx.fan(pick)
				return err
			})
		})
		if err == nil {
			made += some
		}
	}
	return made, err
}

// fan goes on with the oldest news, where it was left off.
func (tx *Tx) fan(pick func(News, Subscriber) bool) (made int, more bool, err error) {
	var reached string
	fresh, err := collect(tx.ctx, tx.sql, func(rows *sql.Rows) (News, error) {
		var r newsRow
		if err := rows.Scan(append(r.into(), &reached)...); err != nil {
			return News{}, err
		}
		return r.news()
	}, "SELECT "+newsColumns+", n.reached FROM news n WHERE NOT fanned ORDER BY id LIMIT 1")
	if err != nil {
		return 0, false, err
	}
	if len(fresh) == 0 {
		_, err := tx.sql.ExecContext(tx.ctx, "DELETE FROM news WHERE fanned AND NOT EXISTS (SELECT 1 FROM delivery WHERE delivery.news = news.id)")
		return 0, false, err
	}
	n := fresh[0]
	some, err := collect(tx.ctx, tx.sql, scanSubscriber,
		"SELECT "+subscriberColumns+" FROM subscriber WHERE confirmed IS NOT NULL AND id > $1 ORDER BY id LIMIT $2", reached, fanPiece)
	if err != nil {
		return 0, false, err
	}
	var picked []string
	for _, x := range some {
		reached = x.ID
		if pick(n, x) {
			picked = append(picked, x.ID)
		}
	}
	if err := tx.deliver(n.ID, picked); err != nil {
		return 0, false, err
	}
	_, err = tx.sql.ExecContext(tx.ctx, "UPDATE news SET fanned = $2, reached = $3 WHERE id = $1", n.ID, len(some) < fanPiece, reached)
	return len(picked), true, err
}
