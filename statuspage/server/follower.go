// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/pharos-status/pharos/statuspage/store"
)

// How often the store is asked whether something changed, which another instance may
// have done, and how long it may take to answer.
const (
	lookEvery  = time.Second
	lookWithin = 5 * time.Second
)

// contents is what is known of the store.
type contents struct {
	store.Contents
	known bool // it has been read, now or by the process before this one
	away  bool // it can't be read now
}

// A contentStore is what the follower needs of the store; [store.Store] is one.
type contentStore interface {
	Contents(ctx context.Context) (store.Contents, error)
	Revision(ctx context.Context) (int64, error)
}

// A follower keeps the contents of the store at hand, so that neither a visitor nor
// the page ever waits for it.
type follower struct {
	store   contentStore
	changed func() // called after the contents changed; must not block
	log     *slog.Logger

	poked chan struct{}            // capacity 1
	now   atomic.Pointer[contents] // never nil
}

func newFollower(s contentStore, changed func(), log *slog.Logger) *follower {
	f := &follower{store: s, changed: changed, log: log, poked: make(chan struct{}, 1)}
	f.now.Store(&contents{})
	return f
}

// lookSoon has the follower look at once. It never blocks.
func (f *follower) lookSoon() { request(f.poked) }

// run looks again and again until ctx is done.
func (f *follower) run(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-f.poked:
		}
		f.look(ctx)
	}
}

// look reads the contents if they are not those that are known.
func (f *follower) look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	before := f.now.Load()
	if revision, err := f.store.Revision(ctx); err == nil && before.known && !before.away && revision == before.Revision {
		return
	}
	next, err := f.read(ctx, before)
	switch {
	case next.away && !before.away:
		f.log.Warn("The store is away; the page shows what was known and takes no changes", "err", err)
	case !next.away && before.away:
		f.log.Info("The store is back")
	}
	f.now.Store(next)
	if next.away != before.away || next.known != before.known || next.Revision != before.Revision {
		f.changed()
	}
}

// read returns what the store has, or while it is away what was known last: by the
// store itself, which keeps a copy, else by us.
func (f *follower) read(ctx context.Context, before *contents) (*contents, error) {
	read, err := f.store.Contents(ctx)
	switch {
	case err == nil:
		return &contents{Contents: read, known: true}, nil
	case errors.Is(err, store.ErrAway) && read.Revision > 0:
		return &contents{Contents: read, known: true, away: true}, err
	}
	return &contents{Contents: before.Contents, known: before.known, away: true}, err
}
