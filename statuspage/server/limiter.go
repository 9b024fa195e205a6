// SPDX-License-Identifier: Apache-2.0

package server

import (
	"net/netip"
	"sync"
	"time"

	"github.com/pharos-status/pharos/statuspage/visitor"
)

// A limiter bounds how often each address may do something: burst times at once,
// and then once per interval. It is safe for concurrent use.
type limiter struct {
	every time.Duration
	burst float64
	max   int // addresses that are told apart

	mu      sync.Mutex
	buckets map[netip.Prefix]bucket
}

// A bucket is what an address has left.
type bucket struct {
	tokens float64
	at     time.Time
}

// maxAddresses bounds the addresses that a limiter tells apart; the rest are one.
const maxAddresses = 20_000

func newLimiter(every time.Duration, burst int) *limiter {
	return &limiter{every: every, burst: float64(burst), max: maxAddresses, buckets: map[netip.Prefix]bucket{}}
}

// allow takes one from what the address has left. If there is none it returns the
// time after which there is.
func (l *limiter) allow(from netip.Addr) (wait time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, who := time.Now(), visitor.Network(from)
	b, known := l.buckets[who]
	if !known {
		if len(l.buckets) >= l.max {
			l.forgetLocked(now)
		}
		if len(l.buckets) >= l.max {
			who = netip.Prefix{} // all of those that come now
			b, known = l.buckets[who]
		}
	}
	if known {
		b.tokens = min(l.burst, b.tokens+float64(now.Sub(b.at))/float64(l.every))
	} else {
		b.tokens = l.burst
	}
	b.at = now
	if ok = b.tokens >= 1; ok {
		b.tokens--
	} else {
		wait = time.Duration((1 - b.tokens) * float64(l.every))
	}
	l.buckets[who] = b
	return wait, ok
}

// giveBack undoes an allow that returned true.
func (l *limiter) giveBack(to netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if b, known := l.buckets[visitor.Network(to)]; known {
		b.tokens = min(l.burst, b.tokens+1)
		l.buckets[visitor.Network(to)] = b
	}
}

// forgetLocked forgets the addresses that have all of their burst again.
func (l *limiter) forgetLocked(now time.Time) {
	whole := time.Duration(l.burst * float64(l.every))
	for who, b := range l.buckets {
		if now.Sub(b.at) >= whole {
			delete(l.buckets, who)
		}
	}
}
