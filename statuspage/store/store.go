// SPDX-License-Identifier: Apache-2.0

// Package store keeps what people tell the page, and what the page must remember:
// incidents, maintenance, announcements, corrections, templates, subscribers, who
// changed what, and the days that are over. One instance keeps it in a SQLite file;
// several share PostgreSQL. What may be told is checked by package desk.
package store

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

// Errors that callers tell apart.
var (
	ErrNotFound = errors.New("not found")
	ErrAway     = errors.New("the store is away") // for now: it can be read and written later
)

// Options are the settings of a [Store].
type Options struct {
	Path   string       // the data folder, made if it is not there; holds statuspage.sqlite, and the copy of the last contents
	URL    string       // postgres://…; empty: SQLite in Path. A secret: never logged
	Logger *slog.Logger // required
}

// A Store is safe for concurrent use, and by several processes if it is PostgreSQL.
// What it returns belongs to the caller. A change is on disk before the call returns.
type Store struct{}

// Open opens the store. A SQLite file must open; a PostgreSQL that is away is no
// error: the store is away until it comes.
func Open(ctx context.Context, o Options) (*Store, error) { return nil, errors.ErrUnsupported }

// Close closes it. No call may follow.
func (s *Store) Close() error { return errors.ErrUnsupported }

// Contents is what a page shows of the store.
type Contents struct {
	Revision      int64
	Incidents     []statuspage.Incident // drafts too
	Maintenances  []statuspage.Maintenance
	Announcements []statuspage.Announcement
	Corrections   []statuspage.Correction
}

// Contents reads all of it at one moment. While the store is away it returns what
// was read last, by this process or by the one before it in the same folder, with ErrAway.
func (s *Store) Contents(ctx context.Context) (Contents, error) {
	return Contents{}, errors.ErrUnsupported
}

// Revision returns a number that grows with every change of the contents, made by
// whichever instance. It is cheap.
func (s *Store) Revision(ctx context.Context) (int64, error) { return 0, errors.ErrUnsupported }

// Change runs f in a transaction that is serialised with all others. If f returns an
// error nothing is changed. f may run more than once. Everything in it is entered in
// the journal under the author's name.
func (s *Store) Change(ctx context.Context, author string, f func(tx *Tx) error) error {
	return errors.ErrUnsupported
}

// A Tx is a change under way.
type Tx struct{}

// Each Put inserts or replaces by ID; each Delete and each getter returns ErrNotFound if there is none.

func (tx *Tx) Incident(id string) (statuspage.Incident, error) { return statuspage.Incident{}, nil }
func (tx *Tx) Incidents() ([]statuspage.Incident, error)       { return nil, nil } // newest first
func (tx *Tx) PutIncident(i statuspage.Incident) error         { return nil }
func (tx *Tx) DeleteIncident(id string) error                  { return nil }
func (tx *Tx) Maintenance(id string) (statuspage.Maintenance, error) {
	return statuspage.Maintenance{}, nil
}
func (tx *Tx) Maintenances() ([]statuspage.Maintenance, error)   { return nil, nil }
func (tx *Tx) PutMaintenance(m statuspage.Maintenance) error     { return nil }
func (tx *Tx) DeleteMaintenance(id string) error                 { return nil }
func (tx *Tx) Announcements() ([]statuspage.Announcement, error) { return nil, nil } // newest first
func (tx *Tx) PutAnnouncement(a statuspage.Announcement) error   { return nil }
func (tx *Tx) DeleteAnnouncement(id string) error                { return nil }
func (tx *Tx) Corrections() ([]statuspage.Correction, error)     { return nil, nil } // newest first
func (tx *Tx) PutCorrection(c statuspage.Correction) error       { return nil }
func (tx *Tx) DeleteCorrection(id string) error                  { return nil }
func (tx *Tx) Templates() ([]statuspage.Template, error)         { return nil, nil } // by name
func (tx *Tx) PutTemplate(t statuspage.Template) error           { return nil }
func (tx *Tx) DeleteTemplate(id string) error                    { return nil }

// Tell enters news for the subscribers; see [News]. It is told once the change is made.
func (tx *Tx) Tell(n News) error { return nil }

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
// those before the entry with the ID before, if that is not 0.
func (s *Store) Journal(ctx context.Context, subject string, before int64, limit int) ([]Entry, error) {
	return nil, errors.ErrUnsupported
}

// Elect runs work while this process is the only one that does, and again when it
// has become that again, until ctx is done. The context of work ends when the
// process can no longer be sure. With SQLite it always is the one.
func (s *Store) Elect(ctx context.Context, work func(ctx context.Context)) error {
	return errors.ErrUnsupported
}

// Leads tells whether work is running in this process.
func (s *Store) Leads() bool { return false }

// Days returns the finished days that were kept from first on, by node and by service.
func (s *Store) Days(ctx context.Context, first time.Time) (statuspage.Intervals, error) {
	return statuspage.Intervals{}, errors.ErrUnsupported
}

// KeepDays keeps finished days, replacing those that are there.
func (s *Store) KeepDays(ctx context.Context, d statuspage.Intervals) error {
	return errors.ErrUnsupported
}

// Spent and KeepSpent do so for what was measured within a correction's interval.
func (s *Store) Spent(ctx context.Context) (map[string]statuspage.Intervals, error) {
	return nil, errors.ErrUnsupported
}

func (s *Store) KeepSpent(ctx context.Context, correction string, i statuspage.Intervals) error {
	return errors.ErrUnsupported
}

// Layout returns the layout saved last, an empty one if there is none; it is kept in
// the folder too, for the time when the store is away.
func (s *Store) Layout(ctx context.Context) (statuspage.Layout, error) {
	return statuspage.Layout{}, errors.ErrUnsupported
}

// SaveLayout keeps the layout. It writes only if it differs from the one saved last.
func (s *Store) SaveLayout(ctx context.Context, l statuspage.Layout) error {
	return errors.ErrUnsupported
}

// A Session is that of an operator who has logged in; Hash is SHA-256 of the cookie.
type Session struct {
	Hash    [32]byte
	User    string
	Created time.Time
	Expires time.Time
}

func (s *Store) PutSession(ctx context.Context, x Session) error { return errors.ErrUnsupported }
func (s *Store) Session(ctx context.Context, hash [32]byte) (Session, error) {
	return Session{}, errors.ErrUnsupported
}
func (s *Store) DeleteSession(ctx context.Context, hash [32]byte) error { return errors.ErrUnsupported }
func (s *Store) DeleteSessions(ctx context.Context, user string) error  { return errors.ErrUnsupported } // empty: all that have expired

// A Subscriber is told news. What identifies people is in Address alone.
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

func (s *Store) PutSubscriber(ctx context.Context, author string, x Subscriber) error {
	return errors.ErrUnsupported
}
func (s *Store) Subscriber(ctx context.Context, id string) (Subscriber, error) {
	return Subscriber{}, errors.ErrUnsupported
}
func (s *Store) SubscriberByAddress(ctx context.Context, page string, k SubscriberKind, address string) (Subscriber, error) {
	return Subscriber{}, errors.ErrUnsupported
}
func (s *Store) Subscribers(ctx context.Context, after string, limit int) ([]Subscriber, error) {
	return nil, errors.ErrUnsupported
} // by ID
func (s *Store) CountSubscribers(ctx context.Context) (map[SubscriberKind]int, error) {
	return nil, errors.ErrUnsupported
} // confirmed ones
// EraseSubscriber removes a subscriber, its deliveries, and its address from the journal.
func (s *Store) EraseSubscriber(ctx context.Context, author, id string) error {
	return errors.ErrUnsupported
}

// A Delivery is a piece of news on its way to a subscriber, or a message of its own
// (a confirmation: News is 0, Payload says what).
type Delivery struct {
	ID         int64
	Subscriber string
	News       News
	Payload    []byte
	Attempts   int
	Due        time.Time // not to be tried before
	Created    time.Time
}

// Fan makes the deliveries of all news not yet fanned out, for the subscribers for
// whom pick says so, and returns how many.
func (s *Store) Fan(ctx context.Context, pick func(News, Subscriber) bool) (int, error) {
	return 0, errors.ErrUnsupported
}

func (s *Store) Enqueue(ctx context.Context, subscriber string, payload []byte) error {
	return errors.ErrUnsupported
}
func (s *Store) DueDeliveries(ctx context.Context, now time.Time, limit int) ([]Delivery, error) {
	return nil, errors.ErrUnsupported
}
func (s *Store) Delivered(ctx context.Context, id int64) error { return errors.ErrUnsupported }
func (s *Store) RetryDelivery(ctx context.Context, id int64, due time.Time) error {
	return errors.ErrUnsupported
}                                                                 // counts an attempt
func (s *Store) DropDelivery(ctx context.Context, id int64) error { return errors.ErrUnsupported }

// unused keeps the imports of the types above.
var _ = status.NodeID{}
