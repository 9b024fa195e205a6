// SPDX-License-Identifier: Apache-2.0

package history

import (
	"context"
	"time"

	"github.com/pharos-status/pharos/statuspage"
)

// A flight is a reading of the past. There is one at a time, and it may take longer
// than Refresh waits: what was begun is not begun anew each time.
type flight struct {
	began  time.Time
	landed chan struct{} // closed at its end
	cancel func()        // what it would say is of no use any more
}

// A job is a flight that Run is to do.
type job struct {
	flight *flight
	source statuspage.Source
	now    time.Time
}

// takeOff returns the flight under way. If there was none, it is the caller's, who
// must call fly.
func (k *Keeper) takeOff(now time.Time) (f *flight, mine bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.flight != nil {
		return k.flight, false
	}
	k.flight = &flight{began: now, landed: make(chan struct{}), cancel: func() {}}
	return k.flight, true
}

// fly reads of the past what is due.
func (k *Keeper) fly(ctx context.Context, f *flight, source statuspage.Source, now time.Time) (changed bool) {
	ctx, cancel := context.WithTimeout(ctx, roundTime)
	defer cancel()
	k.mu.Lock()
	f.cancel = cancel
	k.mu.Unlock()
	defer func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.flight = nil
		close(f.landed)
	}()
	loaded := k.load(ctx, now)
	days := k.readDays(ctx, source, now)
	spent := k.readSpent(ctx, source, now)
	return loaded || days || spent
}

// awaitPast waits until the past has been read, but not for one whose reading began
// longer ago than Refresh waits.
func (k *Keeper) awaitPast(ctx context.Context, source statuspage.Source, now time.Time) {
	f, mine := k.takeOff(now)
	ctx, cancel := context.WithTimeout(ctx, patience-max(0, now.Sub(f.began)))
	defer cancel()
	if mine {
		select {
		case k.jobs <- job{f, source, now}:
		default: // there is no Run, or it is just about to begin
			k.fly(ctx, f, source, now)
			return
		}
	}
	select {
	case <-f.landed:
	case <-ctx.Done():
	}
}

// work does the readings that Refresh begins, until ctx is done.
func (k *Keeper) work(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case j := <-k.jobs:
			if changed := k.fly(ctx, j.flight, j.source, j.now); changed && time.Since(j.now) > patience {
				k.o.Changed() // Refresh has not waited for it
			}
		}
	}
}
