// SPDX-License-Identifier: Apache-2.0

package subscribe

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/pharos-status/pharos/statuspage/store"
)

const (
	lookEvery   = 5 * time.Second // for news
	batch       = 100             // deliveries that are read at a time
	firstRetry  = time.Minute     // longer than any try takes
	longest     = 6 * time.Hour   // between two tries
	giveUpAfter = 72 * time.Hour
	maxFailures = 3           // messages in a row that were given up or refused, after which a subscriber is forgotten
	rest        = time.Minute // after the mail server could not be reached
)

var (
	// errRefused is wrapped by errors after which a try again is of no use.
	errRefused = errors.New("refused")
	// errUnreachable is wrapped by errors that all other messages of the kind would have too.
	errUnreachable = errors.New("the mail server can't be reached")
)

// Wake makes Run look for news at once. It never blocks.
func (s *Service) Wake() { poke(s.wake) }

func poke(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Run tells subscribers what there is to tell until ctx is done. Of the processes that
// share a store one may run it at a time. Where the process ends between a message and
// the note that it was sent, that one message of a kind, or of webhooks a few, is sent
// again.
func (s *Service) Run(ctx context.Context) {
	lanes := []*lane{
		{kind: store.ByEmail, deliver: s.mail, wake: make(chan struct{}, 1)},
		{kind: store.ByWebhook, deliver: s.call, wake: make(chan struct{}, 1)},
	}
	var all sync.WaitGroup
	defer all.Wait()
	for _, l := range lanes {
		all.Go(func() { s.work(ctx, l) })
	}
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	purge := time.NewTicker(purgeEvery)
	defer purge.Stop()
	for {
		s.spread(ctx)
		for _, l := range lanes {
			poke(l.wake)
		}
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

// spread makes deliveries of the news.
func (s *Service) spread(ctx context.Context) {
	if counts, err := s.o.Store.CountSubscribers(ctx); err == nil {
		s.metrics.counted(counts)
	}
	_, err := s.o.Store.Fan(ctx, func(n store.News, x store.Subscriber) bool {
		p, known := s.o.Page(x.Page)
		return known && wants(n, x, p)
	})
	if err != nil {
		s.complain(ctx, "spread the news to subscribers", err)
	}
}

// A lane has the subscribers of one kind: what holds up one does not hold up the other.
type lane struct {
	kind    store.SubscriberKind
	deliver func(ctx context.Context, due []store.Delivery) error
	wake    chan struct{} // capacity 1
}

// work hands over what is due, each time that it is woken. After an error the rest has
// to wait: a store that can't note what was sent would have it sent again and again.
func (s *Service) work(ctx context.Context, l *lane) {
	var idle time.Time // until then
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.wake:
		}
		if time.Now().Before(idle) {
			continue
		}
		switch err := s.clear(ctx, l); {
		case ctx.Err() != nil:
		case errors.Is(err, errUnreachable):
			idle = time.Now().Add(rest)
			s.o.Logger.Warn("Could not send mail to subscribers; trying again soon", "err", err)
		case err != nil:
			s.complain(ctx, "tell them what there is to tell", err)
		}
	}
}

// clear hands over everything that is due.
func (s *Service) clear(ctx context.Context, l *lane) error {
	for {
		due, err := s.o.Store.DueDeliveries(ctx, l.kind, time.Now(), batch)
		if err != nil || len(due) == 0 {
			return err
		}
		if err := l.deliver(ctx, due); err != nil {
			return err
		}
	}
}

func (s *Service) complain(ctx context.Context, act string, err error) {
	if ctx.Err() == nil && !errors.Is(err, store.ErrAway) { // the store says itself that it is away
		s.o.Logger.Error("Could not serve the subscribers", "act", act, "err", err)
	}
}
