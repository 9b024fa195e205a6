// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"sync"
	"time"
)

// How many attempts to log in may go wrong before one has to wait, and for how long
// at most. Who knows a user's name can make that user wait, so that one is short.
const (
	userFree, userLongest       = 10, time.Minute
	addressFree, addressLongest = 5, 15 * time.Minute
	firstDelay                  = time.Second
	forgetAfter                 = time.Hour
	maxCounted                  = 5_000 // of a generation; see [limiter]
)

// A limiter makes attempts wait, the longer the more have failed. It is safe for
// concurrent use. Its memory is bounded: once as many as maxCounted have been counted,
// a generation ends, and what was counted neither in it nor in the next is forgotten.
type limiter struct {
	free    int
	longest time.Duration

	mu          sync.Mutex // protects all following fields
	counts, old map[any]count
}

type count struct {
	failed int
	last   time.Time
}

func newLimiter(free int, longest time.Duration) *limiter {
	return &limiter{free: free, longest: longest, counts: map[any]count{}}
}

// take returns for how long an attempt has to wait. If that is 0 the attempt is
// counted as failed until [limiter.forget] is called, so that many at the same time
// are no way around.
func (l *limiter) take(key any, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	c, counted := l.counts[key]
	if !counted {
		c = l.old[key]
	}
	if now.Sub(c.last) >= forgetAfter {
		c.failed = 0
	}
	if c.failed >= l.free {
		if wait := c.last.Add(l.delay(c.failed)).Sub(now); wait > 0 {
			return wait
		}
	}
	if !counted && len(l.counts) >= maxCounted {
		l.counts, l.old = map[any]count{}, l.counts
	}
	l.counts[key] = count{c.failed + 1, now}
	return 0
}

// delay returns the time that has to pass after so many failures: it doubles each time.
func (l *limiter) delay(failed int) time.Duration {
	delay := firstDelay
	for range failed - l.free {
		if delay *= 2; delay >= l.longest {
			return l.longest
		}
	}
	return delay
}

func (l *limiter) forget(key any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.counts, key)
	delete(l.old, key)
}
