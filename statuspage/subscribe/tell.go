// SPDX-License-Identifier: Apache-2.0

package subscribe

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/pharos-status/pharos/statuspage/store"
)

const parallel = 8 // webhooks at a time

// A parcel is a delivery with everything that it needs.
type parcel struct {
	store.Delivery
	to      store.Subscriber
	page    Page
	message message
}

// mail sends mails one after the other, over one connection.
func (s *Service) mail(ctx context.Context, due []store.Delivery) error {
	c := s.o.Config().Email
	client, err := connect(ctx, &c)
	if err != nil {
		return errors.Join(err, s.unsent(ctx, due))
	}
	defer client.Close() //nolint:errcheck // what was sent was acknowledged before
	for _, d := range due {
		err := s.tell(ctx, d, func(p *parcel) error {
			m, err := letter(&c, &p.message, p.Delivery, p.to, p.page)
			if err != nil {
				return err
			}
			return sendMail(client, m)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// unsent notes that mails could not be tried. Those that have waited for too long are
// dropped, for which nobody is blamed.
func (s *Service) unsent(ctx context.Context, due []store.Delivery) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var errs []error
	for _, d := range due {
		outcome := outcomeRetried
		if time.Since(d.Created) > giveUpAfter {
			outcome = outcomeExpired
			errs = append(errs, s.o.Store.EndDelivery(ctx, d.ID))
		}
		s.metrics.messages.WithLabelValues(string(store.ByEmail), outcome).Inc()
	}
	return errors.Join(errs...)
}

// call sends messages to webhooks, some at a time.
func (s *Service) call(ctx context.Context, due []store.Delivery) error {
	client := hookClient(s.o.Config().Webhooks.AllowPrivate)
	defer client.CloseIdleConnections()
	var group errgroup.Group
	group.SetLimit(parallel)
	for _, d := range due {
		group.Go(func() error {
			return s.tell(ctx, d, func(p *parcel) error {
				confirmed, err := call(ctx, client, &p.message, p.Delivery, p.to, p.page)
				if err == nil && confirmed && p.to.Confirmed.IsZero() {
					_, err = s.confirm(ctx, p.to.ID)
				}
				return err
			})
		})
	}
	return group.Wait()
}

// tell tries a delivery, if nobody else does, and notes what became of it. Its error is
// one after which it is of no use to try others.
func (s *Service) tell(ctx context.Context, d store.Delivery, send func(p *parcel) error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	err := s.o.Store.ClaimDelivery(ctx, d, time.Now().Add(pause(d.Attempts)))
	if err != nil {
		return unlessGone(err)
	}
	p, err := s.parcel(ctx, d)
	switch {
	case errors.Is(err, store.ErrNotFound), errors.Is(err, errGone):
		return s.o.Store.EndDelivery(ctx, d.ID)
	case err != nil:
		return err
	}
	err = send(&p)
	// What was sent is noted also where this instance has to stop; the store takes a few seconds at most.
	return s.note(context.WithoutCancel(ctx), &p, err, ctx.Err() != nil)
}

// pause returns how long to wait after a try, of which there were so many before.
func pause(attempts int) time.Duration {
	return min(firstRetry<<min(attempts, 10), longest)
}

func unlessGone(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// parcel reads what a delivery needs, from the store as it is now: what other instances
// have entered is there too.
func (s *Service) parcel(ctx context.Context, d store.Delivery) (parcel, error) {
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
	c, err := s.o.Store.Contents(ctx)
	if err != nil {
		return parcel{}, err
	}
	m, err := compose(d, x, c)
	return parcel{d, x, page, m}, err
}

// note ends a delivery that was made, or is given up. All others are due again by
// their claim.
func (s *Service) note(ctx context.Context, p *parcel, err error, stopped bool) error {
	outcome := outcomeDelivered
	var result error
	switch {
	case err == nil:
		result = s.o.Store.EndDelivery(ctx, p.ID)
		if p.to.Failures > 0 {
			result = errors.Join(result, s.o.Store.SetFailures(ctx, p.to.ID, 0))
		}
	case errors.Is(err, errRefused):
		outcome = outcomeRefused
		result = s.giveUp(ctx, p, err)
	case stopped:
		return nil // whoever works next tries again
	case errors.Is(err, errUnreachable):
		outcome, result = outcomeRetried, err
	case time.Since(p.Created) > giveUpAfter:
		outcome = outcomeExpired
		result = s.giveUp(ctx, p, err)
	default:
		outcome = outcomeRetried
		s.o.Logger.Debug("A subscriber could not be told; trying again later", "subscriber", p.to.ID, "attempts", p.Attempts+1, "err", err)
	}
	s.metrics.messages.WithLabelValues(string(p.to.Kind), outcome).Inc()
	return result
}

// giveUp drops a message. A subscriber who can't be told again and again is forgotten,
// and one who has never confirmed at once.
func (s *Service) giveUp(ctx context.Context, p *parcel, err error) error {
	s.o.Logger.Warn("A subscriber could not be told, and the message is dropped", "subscriber", p.to.ID, "kind", p.to.Kind, "err", err)
	failures := p.to.Failures + 1
	if failures >= maxFailures || p.to.Confirmed.IsZero() {
		return unlessGone(s.o.Store.EraseSubscriber(ctx, author, p.to.ID))
	}
	return errors.Join(s.o.Store.SetFailures(ctx, p.to.ID, failures), s.o.Store.EndDelivery(ctx, p.ID))
}
