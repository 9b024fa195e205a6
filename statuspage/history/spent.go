// SPDX-License-Identifier: Apache-2.0

package history

import (
	"context"
	"maps"
	"time"

	"github.com/pharos-status/pharos/statuspage"
)

// spentState is what is known of corrections.
type spentState struct {
	next        time.Time // when to ask again for what could not be read
	revision    int64     // of the store's contents that the corrections are from
	read        bool      // they have been read
	corrections []statuspage.Correction
	unsaved     map[string]statuspage.Intervals
}

// readSpent asks what was measured within corrections of which that is not known.
func (k *Keeper) readSpent(ctx context.Context, source statuspage.Source, now time.Time) (changed bool) {
	k.readCorrections(ctx)
	for _, c := range k.spentDue(now) {
		spent, err := k.recall(ctx, source, c)
		k.mu.Lock()
		if !same(source, k.source) {
			k.mu.Unlock()
			return changed
		}
		if err != nil {
			k.spent.next = now.Add(again)
			k.failed("corrected intervals", err)
			k.mu.Unlock()
			break
		}
		k.worked("corrected intervals")
		k.setSpentLocked(map[string]statuspage.Intervals{c.ID: spent})
		if k.spent.unsaved == nil {
			k.spent.unsaved = map[string]statuspage.Intervals{}
		}
		k.spent.unsaved[c.ID] = spent
		k.mu.Unlock()
		changed = true
	}
	return changed
}

// readCorrections reads the corrections again if something was changed in the store.
// While that is away, those that it knows from before count.
func (k *Keeper) readCorrections(ctx context.Context) {
	revision, err := k.o.Store.Revision(ctx)
	k.mu.Lock()
	known := k.spent.read && (err != nil || revision == k.spent.revision)
	k.mu.Unlock()
	if known {
		return
	}
	contents, err := k.o.Store.Contents(ctx)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.spent.corrections = contents.Corrections
	if err != nil {
		k.failed("corrections in the store", err)
		return
	}
	k.worked("corrections in the store")
	k.spent.revision, k.spent.read = contents.Revision, true
}

// spentDue returns the corrections to ask for.
func (k *Keeper) spentDue(now time.Time) []statuspage.Correction {
	k.mu.Lock()
	defer k.mu.Unlock()
	if now.Before(k.spent.next) || !k.stored.loaded {
		return nil
	}
	var due []statuspage.Correction
	for _, c := range k.spent.corrections {
		if _, known := k.history.Spent[c.ID]; !known {
			due = append(due, c)
		}
	}
	return due
}

// setSpentLocked adds to what is known.
func (k *Keeper) setSpentLocked(more map[string]statuspage.Intervals) {
	all := maps.Clone(k.history.Spent)
	if all == nil {
		all = map[string]statuspage.Intervals{}
	}
	maps.Copy(all, more)
	k.history.Spent = all
}
