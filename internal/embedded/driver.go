// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"context"
	"log/slog"
	"slices"
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
// each of its ticks and at each event. A group with a longer interval is
// evaluated at whole multiples of its interval since 1970 in UTC and by nothing
// else, because an event in between would count twice in what it sums.
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

// An entry is a group and when it is due.
type entry struct {
	group   *rules.Group
	next    time.Time
	settled bool // its alerts are as before the restart
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
	for {
		timer := time.NewTimer(time.Until(d.due()))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
			d.iterate(work, tick)
		case <-d.poke:
			d.iterate(work, reload)
		case <-pause:
			wake, pause = d.feed.wake(), nil
		case <-wake:
			if took := d.iterate(work, event); took > 0 {
				wake, pause = nil, time.After(min(pauseFactor*took, maxPause))
			}
		}
		timer.Stop()
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

// due returns when the next group is to be evaluated.
func (d *driver) due() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	next := time.Now().Add(d.tick)
	for _, e := range d.entries {
		if e.next.Before(next) {
			next = e.next
		}
	}
	return next
}

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
	at := d.stamp(began, why == tick && len(points) == 0)
	if err := write(ctx, d.p.db, at, points); err != nil {
		d.log.Error("Changes not written; the next scrape brings them", "err", err)
	}
	if r := d.recover; r != nil && r.began == 0 {
		d.report(r.prepare(ctx, at, d.feed))
	}
	due := d.choose(began, why)
	d.await(ctx, at)
	d.evaluate(ctx, due, at, why == event)
	d.settle(ctx, due, at)
	d.mu.Unlock()

	took := time.Since(began)
	d.metrics.evaluation(why, took, len(points))
	d.ready.Store(true)
	d.evaluated()
	return took
}

// stamp returns the time of the samples that are written now: always later than
// the last, because one of the same time could not replace it. What follows an
// event is stamped with the next millisecond, so that it wins over a scrape that
// began in this one with the old state.
func (d *driver) stamp(now time.Time, even bool) time.Time {
	at := now.Truncate(time.Millisecond).Add(time.Millisecond)
	if slot := now.Truncate(d.tick); even && now.Sub(slot) <= d.tick/50 {
		at = slot // even intervals compress best
	}
	if !at.After(d.last) {
		at = d.last.Add(time.Millisecond)
	}
	d.last = at
	return at
}

// choose returns the entries that the trigger concerns, and plans their next
// time.
func (d *driver) choose(now time.Time, why trigger) []*entry {
	var chosen []*entry
	for _, e := range d.entries {
		interval := e.group.Interval()
		onTime := !now.Before(e.next)
		if onTime {
			e.next = now.Truncate(interval).Add(interval)
		}
		if onTime || (why != tick && interval <= d.tick) {
			chosen = append(chosen, e)
		}
	}
	return chosen
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

func (d *driver) evaluate(ctx context.Context, entries []*entry, at time.Time, sparsely bool) {
	d.p.results.on = sparsely
	for _, e := range entries {
		rules.DefaultEvalIterationFunc(ctx, e.group, at)
	}
}

// replace puts new groups in place of the old ones. Groups that are the same go
// on, changed ones inherit alerts and series, and the series of removed ones end.
func (d *driver) replace(ctx context.Context, groups map[string]*rules.Group) {
	d.mu.Lock()
	defer d.mu.Unlock()
	old := map[string]*entry{}
	for _, e := range d.entries {
		old[rules.GroupKey(e.group.File(), e.group.Name())] = e
	}
	var entries []*entry
	for key, g := range groups {
		before := old[key]
		delete(old, key)
		entries = append(entries, d.succeed(before, g))
	}
	slices.SortFunc(entries, func(a, b *entry) int { return inOrder(a.group, b.group) })
	for _, e := range old {
		d.end(ctx, e.group)
	}
	d.entries = entries
	list := make([]*rules.Group, len(entries))
	for i, e := range entries {
		list[i] = e.group
	}
	d.groups.Store(&list)
	select {
	case d.poke <- struct{}{}:
	default:
	}
}

// succeed returns the entry of g, which was before until now; nil if g is new.
func (d *driver) succeed(before *entry, g *rules.Group) *entry {
	if before != nil && before.group.Equals(g) {
		return before
	}
	e := &entry{group: g, next: time.Now().Truncate(g.Interval()).Add(g.Interval()), settled: d.recover == nil}
	if before != nil {
		g.CopyState(before.group)
		e.settled = before.settled
	}
	if e.settled {
		restored(g)
	}
	return e
}

// restored lets the group's alerts be written; a new one waits for its past.
func restored(g *rules.Group) {
	for _, r := range g.AlertingRules() {
		r.SetRestored(true)
	}
}

// end resolves the alerts and ends the series of a group that is no more: an
// empty one that inherits them is evaluated once.
func (d *driver) end(ctx context.Context, g *rules.Group) {
	for _, r := range g.AlertingRules() {
		for _, a := range r.ActiveAlerts() {
			if a.State == rules.StateFiring {
				d.p.resolve(a.Labels, a.Annotations, a.FiredAt)
			}
		}
	}
	empty := rules.NewGroup(rules.GroupOptions{Name: g.Name(), File: g.File(), Interval: g.Interval(), Opts: d.p.ruleOpts})
	empty.CopyState(g)
	d.p.results.on = false
	at := d.stamp(time.Now(), false)
	empty.Eval(ctx, at)
	d.await(ctx, at)
	forget(d.p.ruleOpts.Metrics, rules.GroupKey(g.File(), g.Name()))
}

// forget removes the metrics of a group.
func forget(m *rules.Metrics, group string) {
	for _, vec := range []interface{ DeleteLabelValues(...string) bool }{
		m.IterationsMissed, m.IterationsScheduled, m.EvalTotal, m.EvalFailures, m.GroupInterval, m.GroupLastEvalTime,
		m.GroupLastDuration, m.GroupRules, m.GroupSamples, m.GroupLastRuleDurationSum, m.GroupLastRestoreDuration,
	} {
		vec.DeleteLabelValues(group)
	}
}
