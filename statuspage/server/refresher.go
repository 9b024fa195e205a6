// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"log/slog"
	"reflect"
	"sync/atomic"
	"time"

	"github.com/pharos-status/pharos/statuspage"
)

// askTimeout bounds one question to the Source, so that one that hangs does not
// keep the next from being asked.
const askTimeout = 10 * time.Second

// A keeper is what the refresher needs of the store.
type keeper interface {
	Announcements() ([]statuspage.Announcement, error)
	Layout() (statuspage.Layout, error)
	SaveLayout(l statuspage.Layout) error
}

// A refresher keeps the site up to date. One goroutine owns the page; the Source
// is asked in another, so that a page goes stale on time even if nothing answers.
type refresher struct {
	settings func() *settings
	keeper   keeper
	metrics  *metrics
	log      *slog.Logger

	site    atomic.Pointer[site] // what visitors get; never nil once begun
	reading atomic.Pointer[statuspage.Reading]
	tried   atomic.Bool // the first question has been answered, or has failed

	ask, redraw chan struct{} // capacity 1: a request that waits stands for all

	// Owned by the goroutine of run.
	layout        statuspage.Layout // the last one known
	announcements []statuspage.Announcement
	failing       bool // the last question failed
}

func newRefresher(s func() *settings, k keeper, m *metrics, log *slog.Logger) *refresher {
	r := &refresher{settings: s, keeper: k, metrics: m, log: log, ask: make(chan struct{}, 1), redraw: make(chan struct{}, 1)}
	r.reading.Store(&statuspage.Reading{})
	return r
}

func (r *refresher) refreshSoon() { request(r.ask) }

func (r *refresher) redrawSoon() { request(r.redraw) }

func request(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// lastReading returns the last good reading, or the zero Reading. It is shared
// and must not be changed.
func (r *refresher) lastReading() statuspage.Reading { return *r.reading.Load() }

// begin draws the first site, from what the store remembers.
func (r *refresher) begin() error {
	layout, err := r.keeper.Layout()
	if err != nil {
		return err
	}
	r.layout = layout
	r.draw()
	return nil
}

// An answer is what came of a question to a Source.
type answer struct {
	from    *settings
	reading statuspage.Reading
	err     error
	took    time.Duration
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
			go r.question(ctx, now, answers)
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

// question asks the Source once.
func (r *refresher) question(ctx context.Context, from *settings, answers chan<- answer) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	begin := time.Now()
	reading, err := from.source.Current(ctx)
	answers <- answer{from: from, reading: reading, err: err, took: time.Since(begin)}
}

// take makes a good answer the reading that the page is built from. An answer of
// a source that a reload has replaced meanwhile counts for nothing; the reload
// has asked for another.
func (r *refresher) take(a answer) {
	if a.from != r.settings() {
		return
	}
	r.metrics.refreshed(a)
	r.tried.Store(true)
	if a.err != nil {
		if !r.failing {
			r.log.Warn("could not read the data of the page from Prometheus", "err", a.err)
		}
		r.failing = true
		return
	}
	if r.failing {
		r.log.Info("Prometheus answers again")
	}
	r.failing = false
	r.reading.Store(&a.reading)
	r.keep(a.reading.Layout)
}

// keep remembers the layout for the time when Prometheus has none.
func (r *refresher) keep(l statuspage.Layout) {
	if len(l.Services) == 0 || reflect.DeepEqual(l, r.layout) {
		return
	}
	r.layout = l
	if err := r.keeper.SaveLayout(l); err != nil {
		r.log.Error("could not save the layout of the page", "err", err)
	}
}

// draw builds the page, renders it and swaps it in. It returns the time until
// the page goes stale unless something happens before.
func (r *refresher) draw() time.Duration {
	if all, err := r.keeper.Announcements(); err != nil {
		r.log.Error("could not read the announcements; the page shows the last known ones", "err", err)
	} else {
		r.announcements = all
	}
	c, reading, now := r.settings().config, r.lastReading(), time.Now()
	stale := time.Duration(c.StaleAfter)
	page := statuspage.Build(statuspage.Input{
		Brand: c.Brand(), Reading: reading, Layout: r.layout, Announcements: r.announcements, Now: now, StaleAfter: stale,
	})
	next, err := render(page, r.site.Load())
	if err != nil {
		r.log.Error("could not render the page", "err", err)
		next = brokenSite()
	}
	r.site.Store(next)
	if page.Stale {
		return stale // only a refresh can mend it
	}
	oldest := reading.At
	if reading.Newest.Before(oldest) {
		oldest = reading.Newest
	}
	return oldest.Add(stale).Sub(now) + time.Millisecond // older than stale, not as old
}
