// SPDX-License-Identifier: Apache-2.0

package push

import (
	"net/netip"
	"sync"
	"time"
)

// Who guesses tokens gets no further than this.
const (
	maxFailures  = 20          // wrong tokens from an address
	failuresOver = time.Minute // in this time; for what is left of it, it is locked
	trustedFor   = time.Hour   // an address from which a right token came is not
	grace        = time.Minute // after the start none is: whom to trust is not known yet
	maxAddresses = 10_000      // that are remembered
)

// A guard bounds how many wrong tokens come from one address. Reporters that
// share their address with one that is set up wrongly (behind a proxy, or in one
// network) are not locked out with it: what comes from an address that has shown
// a right token before is taken as long as its own token is right.
type guard struct {
	begins  time.Time // when it begins to lock
	mu      sync.RWMutex
	sources map[netip.Addr]*source
}

func newGuard(now time.Time) guard {
	return guard{begins: now.Add(grace), sources: map[netip.Addr]*source{}}
}

// A source is what is known of an address.
type source struct {
	mu       sync.Mutex
	failures int       // since the time that follows
	since    time.Time // of the first of them
	trusted  time.Time // until then
}

// right is called with a right token. It returns how long the address is locked
// still; 0 if it is not.
func (g *guard) right(address netip.Addr, now time.Time) time.Duration {
	s := g.source(address, now)
	s.mu.Lock()
	defer s.mu.Unlock()
	locked := s.locked(now)
	if locked > 0 && !now.Before(s.trusted) && !now.Before(g.begins) {
		return locked
	}
	s.trusted = now.Add(trustedFor)
	return 0
}

// wrong is called with a wrong token, and returns the same as right.
func (g *guard) wrong(address netip.Addr, now time.Time) time.Duration {
	s := g.source(address, now)
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(s.since) >= failuresOver {
		s.failures, s.since = 0, now
	}
	locked := s.locked(now)
	s.failures++
	if now.Before(g.begins) {
		return 0
	}
	return locked
}

func (s *source) locked(now time.Time) time.Duration {
	if s.failures < maxFailures {
		return 0
	}
	return max(s.since.Add(failuresOver).Sub(now), 0)
}

// source returns what is known of an address.
func (g *guard) source(address netip.Addr, now time.Time) *source {
	g.mu.RLock()
	s := g.sources[address]
	g.mu.RUnlock()
	if s != nil {
		return s
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if s = g.sources[address]; s != nil {
		return s
	}
	if len(g.sources) >= maxAddresses {
		g.forget(now)
	}
	s = &source{}
	g.sources[address] = s
	return s
}

// forget drops the addresses of which nothing matters any more; if there are
// none, all: who has so many addresses to guess from is not stopped by this.
func (g *guard) forget(now time.Time) {
	for address, s := range g.sources {
		s.mu.Lock()
		if s.locked(now) == 0 && !now.Before(s.trusted) {
			delete(g.sources, address)
		}
		s.mu.Unlock()
	}
	if len(g.sources) >= maxAddresses {
		clear(g.sources)
	}
}

// addressOf returns the address of a client: for IPv6 its network, since a host
// may choose among all of its addresses. What is no address is one like any other.
func addressOf(remote string) netip.Addr {
	at, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Addr{}
	}
	address := at.Addr().Unmap()
	if address.Is6() {
		if network, err := address.Prefix(64); err == nil {
			return network.Addr()
		}
	}
	return address.WithZone("")
}
