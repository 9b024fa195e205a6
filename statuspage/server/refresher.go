// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/store"
)

// askTimeout bounds one question to the Source, so that one that hangs does not
// keep the next from being asked.
const askTimeout = 30 * time.Second

// A keeper reads the present, and what it needs of the past; [history.Keeper] is one.
type keeper interface {
	Refresh(ctx context.Context, now time.Time) (statuspage.Reading, statuspage.Since, statuspage.History, error)
	History() statuspage.History // all that is known of the past
}

// A layoutStore keeps the layout for the time when Prometheus has none; [store.Store]
// is one.
type layoutStore interface {
	Layout(ctx context.Context) (statuspage.Layout, error)
	SaveLayout(ctx context.Context, l statuspage.Layout) error
}

// A refresher asks the Source in time, and has the pages drawn when there is
// something new, or when they have become old. The Source is asked in a goroutine of
// its own, so that a page goes stale on time even if nothing answers.
type refresher struct {
	settings func() *settings
	keeper   keeper
	layouts  layoutStore
	contents func() *contents
	gallery  *gallery
	metrics  *metrics
	log      *slog.Logger

	known  atomic.Pointer[knowledge] // never nil
	tried  atomic.Bool               // the first question has been answered, or has failed
	failed atomic.Bool               // the last question failed

	ask, redraw chan struct{} // capacity 1: a request that waits stands for all
}

// knowledge is what Prometheus said last. It is shared and never changed.
type knowledge struct {
	reading statuspage.Reading
	since   statuspage.Since
	history statuspage.History // filled in when the pages are drawn
	layout  statuspage.Layout  // the last one known
}

func (r *refresher) refreshSoon() { request(r.ask) }

func (r *refresher) redrawSoon() { request(r.redraw) }

func request(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// begin draws the first pages, from what the store remembers.
func (r *refresher) begin(ctx context.Context) {
	layout, err := r.layouts.Layout(ctx)
	if err != nil {
		r.log.Warn("The last layout of the page can't be read", "err", err)
	}
	r.known.Store(&knowledge{layout: layout})
	r.draw()
}

// An answer is what came of a question.
type answer struct {
	from *settings
	knowledge
	err  error
	took time.Duration
}

// run works until ctx is done and the question under way has ended.
func (r *refresher) run(ctx context.Context) {
	answers := make(chan answer, 1)
	tick := time.NewTimer(0)
	defer tick.Stop()
	aging := time.NewTimer(0)
	defer aging.Stop()

	asking := false
	for {
		ask := r.ask
		if asking {
			ask = nil // what is asked for meanwhile waits
		}
		select {
		case <-ctx.Done():
			if asking {
				<-answers
			}
			return
		case <-tick.C:
			request(r.ask)
		case <-ask:
			asking = true
			now := r.settings()
			tick.Reset(time.Duration(now.config.RefreshInterval))
			go func() { answers <- r.question(ctx, now) }()
		case a := <-answers:
			asking = false
			r.take(a)
			aging.Reset(r.draw())
		case <-r.redraw:
			aging.Reset(r.draw())
		case <-aging.C:
			aging.Reset(r.draw())
		}
	}
}

// once asks, and draws the pages, for those who want them but once.
func (r *refresher) once(ctx context.Context) error {
	a := r.question(ctx, r.settings())
	r.take(a)
	r.draw()
	return a.err
}

// question asks the Source once.
func (r *refresher) question(ctx context.Context, from *settings) answer {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	begin := time.Now()
	a := answer{from: from}
	a.reading, a.since, _, a.err = r.keeper.Refresh(ctx, begin)
	a.took = time.Since(begin)
	if a.err == nil && len(a.reading.Layout.Services) > 0 {
		if err := r.layouts.SaveLayout(ctx, a.reading.Layout); err != nil && !errors.Is(err, store.ErrAway) {
			r.log.Error("The layout of the page can't be saved", "err", err)
		}
	}
	return a
}

// take makes a good answer what the pages are built from. An answer of a source that
// a reload has replaced meanwhile counts for nothing; the reload has asked for another.
func (r *refresher) take(a answer) {
	if a.from != r.settings() {
		return
	}
	r.metrics.refreshed(a)
	next := *r.known.Load()
	switch {
	case a.err != nil && !r.failed.Swap(true):
		r.log.Warn("The data of the page can't be read from Prometheus", "err", a.err)
	case a.err == nil && r.failed.Swap(false):
		r.log.Info("Prometheus answers again")
	}
	if a.err == nil {
		next.reading, next.since = a.reading, a.since
		if len(a.reading.Layout.Services) > 0 {
			next.layout = a.reading.Layout
		}
	}
	r.known.Store(&next)
	r.tried.Store(true)
}

// draw builds the pages and puts them up. It returns the time until they have to be
// built anew unless something happens before.
func (r *refresher) draw() time.Duration {
	begin := time.Now()
	k := *r.known.Load()
	k.history = r.keeper.History()
	wait := r.gallery.show(r.settings(), &k, r.contents())
	r.metrics.drawn(time.Since(begin))
	return wait
}
