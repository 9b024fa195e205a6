// SPDX-License-Identifier: Apache-2.0

package history

import (
	"context"
	"maps"
	"reflect"
	"time"

	"github.com/pharos-status/pharos/statuspage"
)

// storedState is how far the exchange with the store is.
type storedState struct {
	loaded  bool
	older   time.Time       // the last of the days before those that were loaded; zero if nothing is left
	next    time.Time       // when to try again
	trouble map[string]bool // what does not work, and has been logged
}

// load takes over what the store has kept: the last days first, which is what most of
// the page is about.
func (k *Keeper) load(ctx context.Context, now time.Time) (changed bool) {
	k.mu.Lock()
	due, today := !k.stored.loaded && !now.Before(k.stored.next), k.history.Today
	if due {
		k.stored.next = now.Add(again)
	}
	k.mu.Unlock()
	if !due {
		return false
	}
	first := today.AddDate(0, 0, 1-firstDays)
	days, err := k.o.Store.Days(ctx, first, today)
	spent := map[string]statuspage.Intervals{}
	if err == nil {
		spent, err = k.o.Store.Spent(ctx)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if err != nil {
		k.failed("the store", err)
		return false
	}
	k.worked("the store")
	k.stored.loaded, k.stored.older = true, first.AddDate(0, 0, -1)
	k.takeStoredLocked(days, now)
	k.setSpentLocked(spent)
	return true
}

// loadOlder takes over what the store has kept of older days, some at a time: all of
// them are more than can be held twice.
func (k *Keeper) loadOlder(ctx context.Context, now time.Time) (changed bool) {
	for {
		k.mu.Lock()
		last, today := k.stored.older, k.history.Today
		k.mu.Unlock()
		if last.IsZero() {
			return changed
		}
		first := last.AddDate(0, 0, 1-firstDays)
		days, err := k.o.Store.Days(ctx, first, last)
		k.mu.Lock()
		if err != nil {
			k.failed("older days in the store", err)
			k.mu.Unlock()
			return changed
		}
		k.worked("older days in the store")
		if len(days.Nodes)+len(days.Services) > 0 {
			k.takeStoredLocked(days, now)
			changed = true
		}
		if k.stored.older = first.AddDate(0, 0, -1); today.Sub(k.stored.older) > maxDays*dayLength {
			k.stored.older = time.Time{}
		}
		k.mu.Unlock()
	}
}

func (k *Keeper) takeStoredLocked(days statuspage.Intervals, now time.Time) {
	at := moment{today: k.history.Today, now: now}
	k.history.Nodes, _ = merged(k.history.Nodes, days.Nodes, at)
	k.history.Services, _ = merged(k.history.Services, days.Services, at)
}

// save writes to the store what it does not have.
func (k *Keeper) save(ctx context.Context) {
	k.mu.Lock()
	days, spent := k.days.unsaved, k.spent.unsaved
	k.days.unsaved, k.spent.unsaved = statuspage.Intervals{}, nil
	k.mu.Unlock()
	var err error
	if len(days.Nodes)+len(days.Services) > 0 {
		err = k.o.Store.KeepDays(ctx, days)
	}
	if err == nil {
		days = statuspage.Intervals{}
	}
	for id, intervals := range spent {
		if err == nil {
			if err = k.o.Store.KeepSpent(ctx, id, intervals); err == nil {
				delete(spent, id)
			}
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if err == nil {
		k.worked("keeping days")
		return
	}
	k.failed("keeping days", err)
	k.days.unsaved.Nodes = joined(days.Nodes, k.days.unsaved.Nodes)
	k.days.unsaved.Services = joined(days.Services, k.days.unsaved.Services)
	if k.spent.unsaved == nil {
		k.spent.unsaved = spent
	} else {
		maps.Copy(k.spent.unsaved, spent)
	}
}

// failed logs what does not work any more; k.mu is held.
func (k *Keeper) failed(what string, err error) {
	if k.stored.trouble[what] {
		return
	}
	if k.stored.trouble == nil {
		k.stored.trouble = map[string]bool{}
	}
	k.stored.trouble[what] = true
	k.o.Logger.Warn("a part of the history can't be read or kept; it is tried again", "part", what, "err", err)
}

// worked logs what works again; k.mu is held.
func (k *Keeper) worked(what string) {
	if k.stored.trouble[what] {
		delete(k.stored.trouble, what)
		k.o.Logger.Info("a part of the history works again", "part", what)
	}
}

// same tells whether two sources are one. Those that can't be compared are.
func same(a, b statuspage.Source) bool {
	if a == nil || b == nil || reflect.TypeOf(a) != reflect.TypeOf(b) {
		return a == nil && b == nil
	}
	return !reflect.TypeOf(a).Comparable() || a == b
}
