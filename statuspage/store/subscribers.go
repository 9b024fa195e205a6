// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/pharos-status/pharos/statuspage"
)

// A Subscriber is told news. What identifies people is in Address alone, which the
// journal never has.
type Subscriber struct {
	ID         string
	Page       string // ID of the page
	Kind       SubscriberKind
	Address    string           // e-mail address, or URL of the webhook
	Secret     string           // of a webhook, to sign with; a secret
	Language   string           // of the messages
	Components []statuspage.Ref // empty: everything
	MajorOnly  bool
	Confirmed  time.Time // zero: not yet
	Created    time.Time
	Failures   int // deliveries in a row that were refused for good
}

// A SubscriberKind is the way in which a subscriber is told.
type SubscriberKind string

// The kinds of subscribers.
const (
	ByEmail   SubscriberKind = "email"
	ByWebhook SubscriberKind = "webhook"
)

// journalled returns what the journal has of a subscriber. Before it has confirmed that
// is nothing: anybody may ask for anybody to be told, and so could fill the journal.
func (x *Subscriber) journalled() ([]byte, error) {
	if x.Confirmed.IsZero() {
		return nil, nil
	}
	return json.Marshal(struct {
		Page       string           `json:"page"`
		Kind       SubscriberKind   `json:"kind"`
		Language   string           `json:"language,omitempty"`
		Components []statuspage.Ref `json:"components,omitempty"`
		MajorOnly  bool             `json:"major_only,omitempty"`
		Confirmed  bool             `json:"confirmed"`
	}{x.Page, x.Kind, x.Language, x.Components, x.MajorOnly, !x.Confirmed.IsZero()})
}

const subscriberColumns = "id, page, kind, address, secret, language, components, major_only, confirmed, created, failures"

func scanSubscriber(rows *sql.Rows) (x Subscriber, err error) {
	var components sql.RawBytes
	var confirmed sql.NullInt64
	var created int64
	err = rows.Scan(&x.ID, &x.Page, &x.Kind, &x.Address, &x.Secret, &x.Language, &components, &x.MajorOnly, &confirmed, &created, &x.Failures)
	if err != nil {
		return x, err
	}
	x.Created = moment(created)
	if confirmed.Valid {
		x.Confirmed = moment(confirmed.Int64)
	}
	return x, json.Unmarshal(components, &x.Components)
}

// PutSubscriber keeps a new subscriber. It returns ErrTaken if another one of the
// page and kind has the address.
func (s *Store) PutSubscriber(ctx context.Context, author string, x Subscriber) error {
	return s.do(ctx, "keep a subscriber", func(ctx context.Context) error {
		err := s.transact(ctx, author, func(tx *Tx) error { return tx.putSubscriber(x) })
		if s.db.isTaken(err) {
			return ErrTaken
		}
		return err
	})
}

func (tx *Tx) putSubscriber(x Subscriber) error {
	if x.ID == "" {
		return errors.New("it has no ID")
	}
	components, err := json.Marshal(x.Components)
	if err != nil {
		return err
	}
	_, err = tx.sql.ExecContext(tx.ctx, `INSERT INTO subscriber (`+subscriberColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		x.ID, x.Page, string(x.Kind), x.Address, x.Secret, x.Language, string(components), x.MajorOnly, optionalTime(x.Confirmed), millis(x.Created), x.Failures)
	if err != nil {
		return err
	}
	return tx.enterSubscriber(Subscriber{}, x)
}

// ChangeSubscriber lets f change what a subscriber is told: Language, Components and
// MajorOnly, and whether it has Confirmed; all else stays as it is. It returns what is
// kept then, ErrNotFound if there is no such subscriber (any more). f may run more
// than once.
func (s *Store) ChangeSubscriber(ctx context.Context, author, id string, f func(x *Subscriber)) (x Subscriber, err error) {
	err = s.do(ctx, "change a subscriber", func(ctx context.Context) error {
		return s.transact(ctx, author, func(tx *Tx) error {
			x, err = tx.changeSubscriber(id, f)
			return err
		})
	})
	return x, err
}

func (tx *Tx) changeSubscriber(id string, f func(x *Subscriber)) (Subscriber, error) {
	old, err := oneSubscriber(tx.ctx, tx.sql, "id = $1", id)
	if err != nil {
		return old, err
	}
	wanted := old
	wanted.Components = slices.Clone(old.Components)
	f(&wanted)
	x := old
	x.Language, x.Components, x.MajorOnly, x.Confirmed = wanted.Language, wanted.Components, wanted.MajorOnly, wanted.Confirmed
	components, err := json.Marshal(x.Components)
	if err != nil {
		return old, err
	}
	_, err = tx.sql.ExecContext(tx.ctx, "UPDATE subscriber SET language = $2, components = $3, major_only = $4, confirmed = $5 WHERE id = $1",
		id, x.Language, string(components), x.MajorOnly, optionalTime(x.Confirmed))
	if err != nil {
		return old, err
	}
	return x, tx.enterSubscriber(old, x)
}

// enterSubscriber enters in the journal what differs; of who is not there the zero
// Subscriber is given.
func (tx *Tx) enterSubscriber(old, x Subscriber) error {
	before, err := old.journalled()
	if err != nil {
		return err
	}
	after, err := x.journalled()
	if err != nil || bytes.Equal(before, after) {
		return err
	}
	return tx.enter(subscribers, cmp.Or(x.ID, old.ID), string(cmp.Or(x.Kind, old.Kind)), before, after)
}

// optionalTime returns NULL for the zero time.
func optionalTime(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: millis(t), Valid: !t.IsZero()}
}

// SetFailures keeps how many deliveries in a row were refused for good, and nothing
// else. It is not entered in the journal. Of who is not there nothing is kept.
func (s *Store) SetFailures(ctx context.Context, id string, failures int) error {
	return s.do(ctx, "count failures of a subscriber", func(ctx context.Context) error {
		_, err := s.db.write.ExecContext(ctx, "UPDATE subscriber SET failures = $2 WHERE id = $1", id, failures)
		return err
	})
}

// Subscriber returns a subscriber, ErrNotFound if there is none.
func (s *Store) Subscriber(ctx context.Context, id string) (Subscriber, error) {
	return s.subscriber(ctx, "id = $1", id)
}

// SubscriberByAddress returns a subscriber, ErrNotFound if there is none. The
// address is compared as it is.
func (s *Store) SubscriberByAddress(ctx context.Context, page string, k SubscriberKind, address string) (Subscriber, error) {
	return s.subscriber(ctx, "page = $1 AND kind = $2 AND address = $3", page, string(k), address)
}

func (s *Store) subscriber(ctx context.Context, where string, args ...any) (x Subscriber, err error) {
	err = s.do(ctx, "read a subscriber", func(ctx context.Context) error {
		x, err = oneSubscriber(ctx, s.db.read, where, args...)
		return err
	})
	return x, err
}

func oneSubscriber(ctx context.Context, q querier, where string, args ...any) (Subscriber, error) {
	found, err := collect(ctx, q, scanSubscriber, "SELECT "+subscriberColumns+" FROM subscriber WHERE "+where, args...)
	if err != nil {
		return Subscriber{}, err
	}
	if len(found) == 0 {
		return Subscriber{}, ErrNotFound
	}
	return found[0], nil
}

// Subscribers returns at most limit subscribers, by ID: those after one, if after is
// not empty. Those who have not confirmed are among them.
func (s *Store) Subscribers(ctx context.Context, after string, limit int) (page []Subscriber, err error) {
	err = s.do(ctx, "read the subscribers", func(ctx context.Context) error {
		page, err = collect(ctx, s.db.read, scanSubscriber,
			"SELECT "+subscriberColumns+" FROM subscriber WHERE id > $1 ORDER BY id LIMIT $2", after, max(0, limit))
		return err
	})
	return page, err
}

// CountSubscribers returns how many have confirmed, by kind.
func (s *Store) CountSubscribers(ctx context.Context) (map[SubscriberKind]int, error) {
	count := map[SubscriberKind]int{}
	err := s.do(ctx, "count the subscribers", func(ctx context.Context) error {
		_, err := collect(ctx, s.db.read, func(rows *sql.Rows) (none struct{}, err error) {
			var k SubscriberKind
			var n int
			err = rows.Scan(&k, &n)
			count[k] = n
			return none, err
		}, "SELECT kind, count(*) FROM subscriber WHERE confirmed IS NOT NULL GROUP BY kind")
		return err
	})
	return count, err
}

// CountWaiting returns how many have not confirmed.
func (s *Store) CountWaiting(ctx context.Context) (n int, err error) {
	err = s.do(ctx, "count the subscribers", func(ctx context.Context) error {
		return s.db.read.QueryRowContext(ctx, "SELECT count(*) FROM subscriber WHERE confirmed IS NULL").Scan(&n)
	})
	return n, err
}
