// SPDX-License-Identifier: Apache-2.0

// Package history keeps what a page shows of the past: it asks the Source for what is
// new, keeps finished days in the store, and goes on with those while Prometheus is
// away. What the days mean, and how a page shows them, is left to package statuspage.
package history

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/store"
)

// A Store keeps finished days and what was measured within corrections. A
// [store.Store] does.
type Store interface {
	Days(ctx context.Context, first, last time.Time) (statuspage.Intervals, error)
	KeepDays(ctx context.Context, d statuspage.Intervals) error
	Spent(ctx context.Context) (map[string]statuspage.Intervals, error)
	KeepSpent(ctx context.Context, correction string, i statuspage.Intervals) error
	Contents(ctx context.Context) (store.Contents, error)
	Revision(ctx context.Context) (int64, error)
}

var _ Store = (*store.Store)(nil)

// Options are the settings of a [Keeper].
type Options struct {
	Source  func() statuspage.Source // the present one, which a reload may replace; required
	Store   Store                    // required
	Changed func()                   // called when Run has read something new; must not block; nil: nobody is told
	Logger  *slog.Logger             // required
}

const (
	pace      = 5 * time.Minute // between two readings of what changes
	again     = time.Minute     // after one that failed, and between two rounds of Run
	patience  = 3 * time.Second // of Refresh, with what it can do without
	roundTime = 5 * time.Minute // of one round of Run, and of a reading of the past
)

// A Keeper is safe for concurrent use.
type Keeper struct {
	o    Options
	jobs chan job // readings of the past that Run does for Refresh

	mu      sync.Mutex         // guards all below; no question is asked while it is held
	flight  *flight            // the reading of the past under way; nil: there is none
	source  statuspage.Source  // whom all below was asked
	history statuspage.History // shared with readers: its maps and slices are replaced and never changed
	since   tracker
	days    daysState
	spent   spentState
	charts  chartsState
	stored  storedState
}

// New returns a Keeper. It asks nothing yet.
func New(o Options) (*Keeper, error) {
	if o.Source == nil || o.Store == nil || o.Logger == nil {
		return nil, errors.New("history: Options.Source, Store and Logger are required")
	}
	if o.Changed == nil {
		o.Changed = func() {}
	}
	return &Keeper{o: o, jobs: make(chan job), history: statuspage.History{Weights: statuspage.DefaultWeights()}}, nil
}

// Refresh reads the present, and what is due of the days: those of the last 90 days
// that are not known yet, today every 5 minutes, and what was measured within new
// corrections. The error is that of the present. What can't be read of the past is
// logged, and the history is the one known, from the store if from nowhere else. For
// the past it waits 3 s: while Run is under way the reading goes on after that, else
// it ends.
func (k *Keeper) Refresh(ctx context.Context, now time.Time) (statuspage.Reading, statuspage.Since, statuspage.History, error) {
	source := k.present(now)
	var reading statuspage.Reading
	var group errgroup.Group
	group.Go(func() (err error) {
		reading, err = source.Current(ctx)
		return err
	})
	group.Go(func() error {
		k.awaitPast(ctx, source, now)
		return nil
	})
	err := group.Wait()
	if err != nil {
		return statuspage.Reading{}, statuspage.Since{}, k.History(), err
	}
	return reading, k.sinceOf(ctx, source, reading), k.History(), nil
}

// History returns what is known. It is shared and must not be changed.
func (k *Keeper) History() statuspage.History {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.history
}

// Run reads what Refresh does not wait for, until ctx is done: charts, older days, and
// what Refresh had no time for; and it writes to the store.
func (k *Keeper) Run(ctx context.Context) error {
	var others sync.WaitGroup
	others.Go(func() { k.work(ctx) })
	defer others.Wait()
	for {
		if k.Round(ctx, time.Now()) {
			k.o.Changed()
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(again):
		}
	}
}

// Round does once what Run does again and again, as far as it is due, and tells
// whether the history has changed.
func (k *Keeper) Round(ctx context.Context, now time.Time) (changed bool) {
	ctx, cancel := context.WithTimeout(ctx, roundTime)
	defer cancel()
	source := k.present(now)
	past := false
	if f, mine := k.takeOff(now); mine {
		past = k.fly(ctx, f, source, now)
	}
	stored := k.loadOlder(ctx, now)
	older := k.readOlder(ctx, source, now)
	charts := k.readCharts(ctx, source, now)
	k.save(ctx)
	return past || stored || older || charts
}

// present returns the source, and forgets what was asked another one. It begins a new
// day at midnight.
func (k *Keeper) present(now time.Time) statuspage.Source {
	source := k.o.Source()
	k.mu.Lock()
	defer k.mu.Unlock()
	if !same(source, k.source) {
		k.source = source
		if k.flight != nil {
			k.flight.cancel()
		}
		k.days.forget()
		k.charts.forget()
		k.since = tracker{}
	}
	k.history = begun(k.history, now.UTC().Truncate(dayLength))
	return source
}
