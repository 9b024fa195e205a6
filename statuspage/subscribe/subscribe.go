// SPDX-License-Identifier: Apache-2.0

// Package subscribe tells people and programs the news of a page, by e-mail and by
// webhook, and lets them come and go by themselves. Nobody is told anything but a
// request to confirm before having confirmed. What is news is left to package desk,
// the forms to package server; feeds need no subscription.
package subscribe

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/config"
	"github.com/pharos-status/pharos/statuspage/store"
)

// Errors of the calls of visitors.
var (
	ErrOff       = errors.New("subscriptions of this kind are off")
	ErrAddress   = errors.New("not an address that can be subscribed")
	ErrComponent = errors.New("no such component on this page")
	ErrFull      = errors.New("too many subscribers")
	ErrToken     = errors.New("the link is not valid, or no longer")
)

const (
	confirmWithin = 48 * time.Hour // after it a subscriber who has not confirmed is forgotten
	askAgain      = time.Hour      // between two requests to confirm the same address
	maxComponents = 100
)

// Store is what the package needs of the store; [store.Store] has it.
type Store interface {
	PutSubscriber(ctx context.Context, author string, x store.Subscriber) error
	Subscriber(ctx context.Context, id string) (store.Subscriber, error)
	SubscriberByAddress(ctx context.Context, page string, k store.SubscriberKind, address string) (store.Subscriber, error)
	Subscribers(ctx context.Context, after string, limit int) ([]store.Subscriber, error)
	CountSubscribers(ctx context.Context) (map[store.SubscriberKind]int, error)
	CountWaiting(ctx context.Context) (int, error)
	ChangeSubscriber(ctx context.Context, author, id string, f func(x *store.Subscriber)) (store.Subscriber, error)
	SetFailures(ctx context.Context, id string, failures int) error
	EraseSubscriber(ctx context.Context, author, id string) error

	Fan(ctx context.Context, pick func(store.News, store.Subscriber) bool) (int, error)
	Enqueue(ctx context.Context, subscriber string, payload []byte) error
	DueDeliveries(ctx context.Context, k store.SubscriberKind, now time.Time, limit int) ([]store.Delivery, error)
	ClaimDelivery(ctx context.Context, d store.Delivery, next time.Time) error
	EndDelivery(ctx context.Context, id int64) error
	Contents(ctx context.Context) (store.Contents, error)
}

var _ Store = (*store.Store)(nil)

// A Page is what messages need to know of a page.
type Page struct {
	Title    string
	URL      string // absolute, without a slash at its end; empty: it can have no subscribers, for want of links
	Language string // of messages to those who have chosen none
	Shows    func(statuspage.Ref) bool
	Label    func(statuspage.Ref) string // for people
}

// Options are what a [Service] works on. All functions are called at each use, since
// a reload may change what they return, and must be safe for concurrent use.
type Options struct {
	Store      Store
	Config     func() config.Subscribers
	Page       func(id string) (Page, bool)
	Logger     *slog.Logger
	Registerer prometheus.Registerer
}

// A Service is safe for concurrent use.
type Service struct {
	o       Options
	metrics *metrics
	asked   *recently     // to confirm, by subscriber
	wake    chan struct{} // capacity 1
}

// New returns a Service. It tells nobody anything before [Service.Run].
func New(o Options) (*Service, error) {
	if o.Store == nil || o.Config == nil || o.Page == nil || o.Logger == nil || o.Registerer == nil {
		return nil, errors.New("subscribe: every field of Options is required")
	}
	s := &Service{o: o, metrics: newMetrics(), asked: &recently{at: map[string]time.Time{}}, wake: make(chan struct{}, 1)}
	return s, s.metrics.register(o.Registerer)
}

// Close gives back what New took.
func (s *Service) Close() { s.metrics.unregister(s.o.Registerer) }

// Offers tells by which ways a page can be subscribed.
func (s *Service) Offers(page string) (email, webhook bool) {
	p, known := s.o.Page(page)
	c := s.o.Config()
	return known && p.URL != "" && c.Email.Smarthost != "", known && p.URL != "" && c.Webhooks.Enabled
}

// A Signup is what somebody who wants to be told has said.
type Signup struct {
	Page       string
	Kind       store.SubscriberKind
	Address    string
	Language   string
	Components []statuspage.Ref // empty: everything
	MajorOnly  bool
}

// Subscribe remembers the wish, and asks the address to confirm it. It does not tell
// whether the address is subscribed already, since anybody may ask.
func (s *Service) Subscribe(ctx context.Context, in Signup) error {
	if err := s.check(&in); err != nil {
		return err
	}
	old, err := s.o.Store.SubscriberByAddress(ctx, in.Page, in.Kind, in.Address)
	switch {
	case err == nil:
		return s.again(ctx, old, in)
	case !errors.Is(err, store.ErrNotFound):
		return err
	}
	if err := s.room(ctx); err != nil {
		return err
	}
	x := store.Subscriber{
		ID: newID(), Page: in.Page, Kind: in.Kind, Address: in.Address, Secret: newSecret(), Language: in.Language,
		Components: in.Components, MajorOnly: in.MajorOnly, Created: time.Now().UTC().Truncate(time.Millisecond),
	}
	if err := s.o.Store.PutSubscriber(ctx, author, x); err != nil {
		return err
	}
	return s.ask(ctx, x)
}

// author is who is named in the journal: subscribers do what they do by themselves.
const author = "subscriber"

// room returns ErrFull if there are as many as there may be. Who has not confirmed
// counts too: else anybody could fill the store.
func (s *Service) room(ctx context.Context) error {
	total, err := s.o.Store.CountWaiting(ctx)
	if err != nil {
		return err
	}
	counts, err := s.o.Store.CountSubscribers(ctx)
	for _, n := range counts {
		total += n
	}
	if err == nil && total >= s.o.Config().Max {
		err = ErrFull
	}
	return err
}

// again takes over what was chosen now, if that is not confirmed yet. It asks once more
// to confirm, or tells a subscriber of being one, but not often: else anybody could
// fill the mailbox of another.
func (s *Service) again(ctx context.Context, x store.Subscriber, in Signup) error {
	_, err := s.o.Store.ChangeSubscriber(ctx, author, x.ID, func(x *store.Subscriber) {
		if x.Confirmed.IsZero() {
			x.Language, x.Components, x.MajorOnly = in.Language, in.Components, in.MajorOnly
		}
	})
	if err != nil {
		return err
	}
	if !s.asked.allow(x.ID, time.Now(), askAgain) {
		return nil
	}
	return s.ask(ctx, x)
}

func (s *Service) ask(ctx context.Context, x store.Subscriber) error {
	s.asked.allow(x.ID, time.Now(), askAgain)
	if err := s.o.Store.Enqueue(ctx, x.ID, []byte(confirmation)); err != nil {
		return err
	}
	s.Wake()
	return nil
}

func (s *Service) check(in *Signup) error {
	email, webhook := s.Offers(in.Page)
	var err error
	switch {
	case in.Kind == store.ByEmail && email:
		in.Address, err = cleanEmail(in.Address)
	case in.Kind == store.ByWebhook && webhook:
		in.Address, err = cleanURL(in.Address)
	default:
		return ErrOff
	}
	if err != nil {
		return err
	}
	in.Components, err = s.components(in.Page, in.Components)
	return err
}

// components returns the refs sorted and each once; the page must show them.
func (s *Service) components(page string, refs []statuspage.Ref) ([]statuspage.Ref, error) {
	p, known := s.o.Page(page)
	if !known || len(refs) > maxComponents {
		return nil, ErrComponent
	}
	for _, ref := range refs {
		if !p.Shows(ref) {
			return nil, ErrComponent
		}
	}
	refs = slices.SortedFunc(slices.Values(refs), statuspage.Ref.Compare)
	return slices.Compact(refs), nil
}

// Find returns the subscriber whose link holds the token, or ErrToken.
func (s *Service) Find(ctx context.Context, token string) (store.Subscriber, error) {
	id, proof, ok := splitToken(token)
	if !ok {
		return store.Subscriber{}, ErrToken
	}
	x, err := s.o.Store.Subscriber(ctx, id)
	switch {
	case errors.Is(err, store.ErrNotFound) || err == nil && !proves(x, proof):
		return store.Subscriber{}, ErrToken
	case err != nil:
		return store.Subscriber{}, err
	}
	return x, nil
}

// Confirm makes somebody a subscriber.
func (s *Service) Confirm(ctx context.Context, token string) (store.Subscriber, error) {
	x, err := s.Find(ctx, token)
	if err != nil || !x.Confirmed.IsZero() {
		return x, err
	}
	x, err = s.confirm(ctx, x.ID)
	return x, orToken(err)
}

func (s *Service) confirm(ctx context.Context, id string) (store.Subscriber, error) {
	now := time.Now().UTC().Truncate(time.Millisecond)
	return s.o.Store.ChangeSubscriber(ctx, author, id, func(x *store.Subscriber) {
		if x.Confirmed.IsZero() {
			x.Confirmed = now
		}
	})
}

// orToken makes ErrToken of the error of who was forgotten meanwhile.
func orToken(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return ErrToken
	}
	return err
}

// Change changes what a subscriber is told of.
func (s *Service) Change(ctx context.Context, token string, components []statuspage.Ref, majorOnly bool) (store.Subscriber, error) {
	x, err := s.Find(ctx, token)
	if err != nil {
		return x, err
	}
	if components, err = s.components(x.Page, components); err != nil {
		return x, err
	}
	x, err = s.o.Store.ChangeSubscriber(ctx, author, x.ID, func(x *store.Subscriber) {
		x.Components, x.MajorOnly = components, majorOnly
	})
	return x, orToken(err)
}

// Unsubscribe forgets a subscriber, and everything that was still to be told. Nobody
// is unsubscribed twice: for that ErrToken is returned.
func (s *Service) Unsubscribe(ctx context.Context, token string) error {
	x, err := s.Find(ctx, token)
	if err != nil {
		return err
	}
	return orToken(s.o.Store.EraseSubscriber(ctx, author, x.ID))
}
