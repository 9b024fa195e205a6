// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"context"
	"sync"
	"time"
)

// A limit is the context of one try. It becomes a real one, with a timer and a place
// among the children of its parent, when somebody asks for more than its deadline:
// a probe that is over at once never does.
type limit struct {
	parent context.Context //nolint:containedctx // a context is made of its parent
	at     time.Time

	mu     sync.Mutex // guards all that follows
	ended  bool
	real   context.Context //nolint:containedctx // what it becomes
	cancel context.CancelFunc
}

var _ context.Context = (*limit)(nil)

func newLimit(parent context.Context, within time.Duration) *limit {
	return &limit{parent: parent, at: time.Now().Add(within)}
}

// end ends the context.
func (l *limit) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	if l.cancel != nil {
		l.cancel()
	}
}

// become returns the real context.
func (l *limit) become() context.Context {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.real == nil {
		l.real, l.cancel = context.WithDeadline(l.parent, l.at)
		if l.ended {
			l.cancel()
		}
	}
	return l.real
}

// Deadline implements [context.Context].
func (l *limit) Deadline() (deadline time.Time, ok bool) { return l.at, true }

// Done implements [context.Context].
func (l *limit) Done() <-chan struct{} { return l.become().Done() }

// Err implements [context.Context].
func (l *limit) Err() error {
	l.mu.Lock()
	became, ended := l.real, l.ended
	l.mu.Unlock()
	switch {
	case became != nil:
		return became.Err()
	case ended:
		return context.Canceled
	case l.parent.Err() != nil || !time.Now().Before(l.at):
		return l.become().Err() // from now on it is done for all
	}
	return nil
}

// Value implements [context.Context]. It finds the real context, so that those that
// are made of this one become its children and need no goroutine.
func (l *limit) Value(key any) any { return l.become().Value(key) }
