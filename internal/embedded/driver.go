// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/prometheus/rules"
)

// After an event the next one waits for a multiple of the time that the
// evaluation took, so that a storm of them cannot take more than a share of a
// processor, but never for longer than maxPause.
const (
	pauseFactor = 4
	maxPause    = 200 * time.Millisecond
)

// stopGrace is how long an evaluation may go on once the engine is to stop.
const stopGrace = 2 * time.Second

// A driver is the only one that evaluates rules, and the only one but for the
// scrapes that writes: one goroutine, ticks and events.
//
// A group without an interval, or with one of up to the tick, is evaluated at
// each of its ticks and at each event. A group with a longer interval has slots,
// the whole multiples of its interval in UTC: it is evaluated as of each of them,
// once, and by nothing else, because an event in between would count twice in
// what it sums. Slots can wait for events: what is as of a slot is the same later.
type driver struct {
	p         *prom
	tick      time.Duration
	evaluated func()
	metrics   *metrics
	log       *slog.Logger
	poke      chan struct{} // the groups are new: evaluate them
	ready     atomic.Bool   // evaluated on all there is

	groups atomic.Pointer[[]*rules.Group] // as entries, for readers

	mu      sync.Mutex // one evaluation or reload at a time; guards all below
	feed    *feed
	entries []*entry
	last    time.Time // of the samples written
	recover *recovery // nil once everything is as before the restart
}

func newDriver(p *prom, m *metrics) *driver {
	return &driver{
		p: p, tick: p.o.ScrapeInterval, evaluated: p.o.Evaluated, metrics: m, log: p.log("rules"),
		poke: make(chan struct{}, 1), feed: newFeed(p.o.Changes, p.o.ListenAddress),
		recover: newRecovery(p),
	}
}

// RuleGroups returns the groups; the API of Prometheus shows them.
func (d *driver) RuleGroups() []*rules.Group {
	if groups := d.groups.Load(); groups != nil {
		return *groups
	}
	return nil
}

// AlertingRules returns the alerting rules of all groups.
func (d *driver) AlertingRules() []*rules.AlertingRule {
	var all []*rules.AlertingRule
	for _, g := range d.RuleGroups() {
		all = append(all, g.AlertingRules()...)
	}
	return all
}

// run evaluates until ctx is done. It begins at once: the first changes are all
// there is, so nothing has to wait for a scrape.
func (d *driver) run(ctx context.Context) {
	work, cancel := lingering(ctx, stopGrace)
	defer cancel()
	wake := d.feed.wake()
	var pause <-chan time.Time
	select {
	case <-d.poke: // the first groups; the start evaluates them
	default:
	}
	d.iterate(work, start)
	changed := func() {
		if took := d.iterate(work, event); took > 0 {
			wake, pause = nil, time.After(min(pauseFactor*took, maxPause))
		}
	}
	for {
		timer := time.NewTimer(time.Until(d.due()))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
			select {
			case <-wake: // slots can wait, people can't
				changed()
			default:
				d.onTime(work)
			}
		case <-d.poke:
			d.iterate(work, reload)
		case <-pause:
			wake, pause = d.feed.wake(), nil
		case <-wake:
			changed()
		}
		timer.Stop()
	}
}

// onTime evaluates the groups of the tick if they are due, or else one of those
// with slots: an event does not wait for all of them.
func (d *driver) onTime(ctx context.Context) {
	if d.ticks(time.Now()) {
		d.iterate(ctx, tick)
		return
	}
	d.mu.Lock()
	began := time.Now()
	t, more := d.longestWaiting(began)
	if t == nil {
		d.mu.Unlock()
		return
	}
	turns := []turn{*t}
	d.evaluate(ctx, turns)
	at := d.stamp(time.Now(), false)
	d.await(ctx, at)
	d.settle(ctx, turns, at)
	d.mu.Unlock()

	d.metrics.seconds.Add(time.Since(began).Seconds())
	if !more {
		d.evaluated()
	}
}

// lingering returns a context that is done some time after ctx: what is under
// way when the program stops may come to its end.
func lingering(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, func() {
		late := time.NewTimer(grace)
		defer late.Stop()
		select {
		case <-late.C:
			cancel()
		case <-work.Done():
		}
	})
	return work, cancel
}

// A trigger is why the rules are evaluated.
type trigger string

const (
	start  trigger = "start"
	tick   trigger = "tick"
	event  trigger = "event"
	reload trigger = "reload"
)

// iterate writes what changed, evaluates the groups that the trigger concerns,
// and returns how long that took: 0 if nothing was to be done.
func (d *driver) iterate(ctx context.Context, why trigger) time.Duration {
	d.mu.Lock()
	began := time.Now()
	points := d.feed.next()
	if why == event && len(points) == 0 {
		d.mu.Unlock()
		return 0
	}
	d.catchUp(ctx, began)
	at := d.stamp(began, why == tick && len(points) == 0)
	if err := write(ctx, d.p.db, at, points); err != nil {
		d.log.Error("Changes not written; the next scrape brings them", "err", err)
	}
	if r := d.recover; r != nil && !r.prepared {
		d.report(r.prepare(ctx, at, d.feed))
	}
	turns := d.choose(began, at, why)
	d.await(ctx, at)
	d.evaluate(ctx, turns)
	d.settle(ctx, turns, at)
	d.mu.Unlock()

	took := time.Since(began)
	d.metrics.evaluation(why, took, len(points))
	d.ready.Store(true)
	d.evaluated()
	return took
}

// await waits until at is past, which takes a millisecond at most: Alertmanager
// takes an alert whose end is still to come for one that fires on. It does not
// wait for a clock that was set back.
func (d *driver) await(ctx context.Context, at time.Time) {
	wait := min(time.Until(at), 2*time.Millisecond)
	if wait <= 0 {
		return
	}
	select {
	case <-ctx.Done():
	case <-time.After(wait):
	}
}

func (d *driver) evaluate(ctx context.Context, turns []turn) {
	for _, t := range turns {
		d.p.results.on = t.sparsely
		rules.DefaultEvalIterationFunc(ctx, t.group, t.at)
	}
}
