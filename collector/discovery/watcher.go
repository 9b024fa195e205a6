// SPDX-License-Identifier: Apache-2.0

package discovery

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

const (
	settleTime    = 200 * time.Millisecond // without an event, until a change is over
	settleMost    = 10                     // times as long, however many events there are
	watchInterval = time.Minute
)

// WatcherOptions are what a [Watcher] works with.
type WatcherOptions struct {
	Changed  func()        // called from Run; required
	Interval time.Duration // between two looks without an event; 0: a minute
	Logger   *slog.Logger
}

// A Watcher sees when files that match patterns appear, vanish, or have another
// content. The system tells it of most changes at once; a look from time to time
// finds the others, such as those on a network file system. Its methods may be
// called at any time.
type Watcher struct {
	o       WatcherOptions
	updated chan struct{} // capacity 1

	mu    sync.Mutex
	globs []string
	fresh bool // the globs have changed since the last look
}

// NewWatcher returns a Watcher that sees nothing until [Watcher.Update] says
// what to see.
func NewWatcher(o WatcherOptions) *Watcher {
	if o.Interval <= 0 {
		o.Interval = watchInterval
	}
	return &Watcher{o: o, updated: make(chan struct{}, 1)}
}

// Update replaces the patterns, which [path/filepath.Glob] takes; they are
// absolute. If they change, Changed is called once soon, since files may have
// changed after they were read and before they were watched.
func (w *Watcher) Update(globs []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if slices.Equal(w.globs, globs) {
		return
	}
	w.globs, w.fresh = slices.Clone(globs), true
	signal(w.updated)
}

// Run watches until ctx is done. It is called once. Where the system can't tell
// of changes, the looks from time to time go on, and the log says so.
func (w *Watcher) Run(ctx context.Context) error {
	n := newNotifier(w.o.Logger)
	defer n.close()
	var known map[string]string // what there was at the last look
	for {
		globs, fresh := w.take()
		n.follow(globs)
		now := contents(globs) // after n follows, so that no change is between
		if fresh && len(globs) > 0 || !fresh && !maps.Equal(known, now) {
			w.o.Changed()
		}
		known = now
		if !w.wait(ctx, n) {
			return nil
		}
	}
}

func (w *Watcher) take() (globs []string, fresh bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-w.updated: // by what is taken now
	default:
	}
	fresh, w.fresh = w.fresh, false
	return w.globs, fresh
}

// wait returns when it is time to look, false if ctx is done.
func (w *Watcher) wait(ctx context.Context, n *notifier) bool {
	timer := time.NewTimer(w.o.Interval)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-w.updated:
			return true
		case <-timer.C:
			return true
		case err := <-n.errors:
			w.o.Logger.Warn("Changes of service files may be seen late", "err", err)
			return true
		case e := <-n.events:
			if e.Op != fsnotify.Chmod { // those who index files cause many
				return settle(ctx, n.events)
			}
		}
	}
}

// settle waits until there are no more events, or too many: who saves a file
// causes several. It returns false if ctx is done.
func settle(ctx context.Context, events <-chan fsnotify.Event) bool {
	most := time.NewTimer(settleMost * settleTime)
	defer most.Stop()
	quiet := time.NewTimer(settleTime)
	defer quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-most.C:
			return true
		case <-quiet.C:
			return true
		case <-events:
			quiet.Reset(settleTime)
		}
	}
}
