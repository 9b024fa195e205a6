// SPDX-License-Identifier: Apache-2.0

package subscribe

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/wneessen/go-mail"
	"golang.org/x/sync/errgroup"

	"github.com/pharos-status/pharos/statuspage/store"
)

const (
	lookEvery   = 5 * time.Second // for what is due
	batch       = 100             // deliveries at a time
	parallel    = 8               // webhooks at a time
	firstRetry  = time.Minute
	longest     = 6 * time.Hour // between two tries
	giveUpAfter = 72 * time.Hour
	maxFailures = 3 // messages in a row that were given up or refused, after which a subscriber is forgotten
	purgeEvery  = time.Hour
)

// errRefused is wrapped by errors after which a try again is of no use.
var errRefused = errors.New("refused")

// Wake makes Run look for news at once. It never blocks.
func (s *Service) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Run tells subscribers what there is to tell until ctx is done. Of the processes that
// share a store one may run it at a time. A message that was handed over when the
// process ends, but not yet taken off the store, is handed over again.
func (s *Service) Run(ctx context.Context) {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	purge := time.NewTicker(purgeEvery)
	defer purge.Stop()
	for {
		s.round(ctx)
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		case <-s.wake:
		case <-purge.C:
			s.purge(ctx)
		}
	}
}

// round hands over everything that is due.
func (s *Service) round(ctx context.Context) {
	if counts, err := s.o.Store.CountSubscribers(ctx); err == nil {
		s.metrics.counted(counts)
	}
	_, err := s.o.Store.Fan(ctx, func(n store.News, x store.Subscriber) bool {
		p, known := s.o.Page(x.Page)
		return known && wants(n, x, p)
	})
	if err != nil {
		s.complain(ctx, "spread the news to subscribers", err)
		return
	}
	for ctx.Err() == nil {
		due, err := s.o.Store.DueDeliveries(ctx, time.Now(), batch)
		if err != nil {
			s.complain(ctx, "read what subscribers are to be told", err)
			return
		}
		if len(due) == 0 {
			return
		}
		s.deliver(ctx, due)
		if len(due) < batch {
			return
		}
	}
}

func (s *Service) complain(ctx context.Context, act string, err error) {
	if ctx.Err() == nil && !errors.Is(err, store.ErrAway) { // the store says itself that it is away
		s.o.Logger.Error("Could not serve the subscribers", "act", act, "err", err)
	}
}

// A parcel is a delivery with everything that it needs.
type parcel struct {
	store.Delivery
	to      store.Subscriber
	page    Page
	message message
}

// deliver tries each delivery once.
func (s *Service) deliver(ctx context.Context, due []store.Delivery) {
	contents := s.o.Contents()
	var mails, hooks []parcel
	for _, d := range due {
		p, err := s.parcel(ctx, d, contents)
		switch {
		case errors.Is(err, store.ErrNotFound), errors.Is(err, errGone):
			s.settle(ctx, s.o.Store.DropDelivery(ctx, d.ID))
		case err != nil:
			s.complain(ctx, "read a subscriber", err)
		case p.to.Kind == store.ByEmail:
			mails = append(mails, p)
		default:
			hooks = append(hooks, p)
		}
	}
	var group errgroup.Group
	if len(mails) > 0 {
		group.Go(func() error { s.mail(ctx, mails); return nil })
	}
	if len(hooks) > 0 {
		group.Go(func() error { s.call(ctx, hooks); return nil })
	}
	_ = group.Wait() // they return no errors
}

func (s *Service) parcel(ctx context.Context, d store.Delivery, c store.Contents) (parcel, error) {
	x, err := s.o.Store.Subscriber(ctx, d.Subscriber)
	if err != nil {
		return parcel{}, err
	}
	page, known := s.o.Page(x.Page)
	if !known || page.URL == "" {
		return parcel{}, errGone
	}
	if x.Language == "" {
		x.Language = page.Language
	}
	m, err := compose(d, x, c)
	return parcel{d, x, page, m}, err
}

// mail sends mails one after the other, over one connection.
func (s *Service) mail(ctx context.Context, all []parcel) {
	c := s.o.Config().Email
	if c.Smarthost == "" {
		s.all(ctx, all, errors.New("subscribers.email.smarthost is not set any more"))
		return
	}
	err := connected(ctx, &c, func(client *mail.Client) {
		for _, p := range all {
			m, err := letter(&c, &p.message, p.Delivery, p.to, p.page)
			if err == nil {
				err = sendMail(client, m)
			}
			s.done(ctx, p, err)
		}
	})
	if err != nil {
		s.all(ctx, all, err)
	}
}

func (s *Service) all(ctx context.Context, all []parcel, err error) {
	s.o.Logger.Warn("could not send mail to subscribers; trying again later", "messages", len(all), "err", err)
	for _, p := range all {
		s.done(ctx, p, err)
	}
}

// call sends messages to webhooks, some at a time.
func (s *Service) call(ctx context.Context, all []parcel) {
	client := hookClient(s.o.Config().Webhooks.AllowPrivate)
	defer client.CloseIdleConnections()
	var group errgroup.Group
	group.SetLimit(parallel)
	for _, p := range all {
		group.Go(func() error { s.callOne(ctx, client, p); return nil })
	}
	_ = group.Wait() // they return no errors
}

func (s *Service) callOne(ctx context.Context, client *http.Client, p parcel) {
	confirmed, err := call(ctx, client, &p.message, p.Delivery, p.to, p.page)
	if err == nil && confirmed && p.to.Confirmed.IsZero() {
		err = s.confirm(ctx, &p.to)
	}
	s.done(ctx, p, err)
}

// done takes a delivery off the store, or puts it off.
func (s *Service) done(ctx context.Context, p parcel, err error) {
	if ctx.Err() != nil {
		return // whoever works next tries again
	}
	outcome := outcomeDelivered
	switch age := time.Since(p.Created); {
	case err == nil:
		s.settle(ctx, s.o.Store.Delivered(ctx, p.ID))
		s.forgive(ctx, p.to)
	case errors.Is(err, errRefused):
		outcome = outcomeRefused
		s.giveUp(ctx, p, err)
	case age > giveUpAfter:
		outcome = outcomeExpired
		s.giveUp(ctx, p, err)
	default:
		outcome = outcomeRetried
		s.o.Logger.Debug("A subscriber could not be told; trying again later", "subscriber", p.to.ID, "attempts", p.Attempts+1, "err", err)
		s.settle(ctx, s.o.Store.RetryDelivery(ctx, p.ID, time.Now().Add(pause(p.Attempts))))
	}
	s.metrics.messages.WithLabelValues(string(p.to.Kind), outcome).Inc()
}

// pause returns how long to wait after so many tries that have failed before.
func pause(attempts int) time.Duration {
	return min(firstRetry<<min(attempts, 10), longest)
}

// giveUp drops a message. A subscriber who can't be told again and again is forgotten,
// and one who has never confirmed at once.
func (s *Service) giveUp(ctx context.Context, p parcel, err error) {
	p.to.Failures++
	s.o.Logger.Warn("A subscriber could not be told, and the message is dropped", "subscriber", p.to.ID, "kind", p.to.Kind, "err", err)
	if p.to.Failures >= maxFailures || p.to.Confirmed.IsZero() {
		s.settle(ctx, s.o.Store.EraseSubscriber(ctx, author, p.to.ID))
		return
	}
	s.settle(ctx, errors.Join(s.o.Store.PutSubscriber(ctx, author, p.to), s.o.Store.DropDelivery(ctx, p.ID)))
}

// forgive forgets the failures of a subscriber who was told something.
func (s *Service) forgive(ctx context.Context, x store.Subscriber) {
	if x.Failures > 0 {
		x.Failures = 0
		s.settle(ctx, s.o.Store.PutSubscriber(ctx, author, x))
	}
}

func (s *Service) settle(ctx context.Context, err error) {
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		s.complain(ctx, "note what became of a message; it may be sent again", err)
	}
}

// purge forgets who has not confirmed in time.
func (s *Service) purge(ctx context.Context) {
	after := ""
	for ctx.Err() == nil {
		some, err := s.o.Store.Subscribers(ctx, after, batch)
		if err != nil {
			s.complain(ctx, "look for subscribers who have not confirmed", err)
			return
		}
		for _, x := range some {
			after = x.ID
			if x.Confirmed.IsZero() && time.Since(x.Created) > confirmWithin {
				s.settle(ctx, s.o.Store.EraseSubscriber(ctx, author, x.ID))
			}
		}
		if len(some) < batch {
			return
		}
	}
}
