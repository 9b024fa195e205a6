// SPDX-License-Identifier: Apache-2.0

package server

import (
	"net/http"
	"net/netip"
	"sync"

	"github.com/pharos-status/pharos/statuspage/visitor"
)

// Limits of the event streams.
const (
	maxStreams      = 20_000
	maxStreamsOfOne = 100 // of one address
)

// streams counts who listens to the events of all pages.
type streams struct {
	max, maxOfOne int

	mu    sync.Mutex
	ended bool
	total int
	of    map[netip.Prefix]int
	alive sync.WaitGroup // of those that were let in
}

func newStreams() *streams {
	return &streams{max: maxStreams, maxOfOne: maxStreamsOfOne, of: map[netip.Prefix]int{}}
}

// enter lets a listener in, or returns the HTTP code with which it is turned away.
// Who was let in leaves by calling leave.
func (s *streams) enter(from netip.Addr) (leave func(), code int) {
	who := visitor.Network(from)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.ended, s.total >= s.max:
		return nil, http.StatusServiceUnavailable
	case s.of[who] >= s.maxOfOne:
		return nil, http.StatusTooManyRequests
	}
	s.total++
	s.of[who]++
	s.alive.Add(1)
	return func() { s.leave(who) }, 0
}

func (s *streams) leave(who netip.Prefix) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total--
	if s.of[who]--; s.of[who] == 0 {
		delete(s.of, who)
	}
	s.alive.Done()
}

// end lets nobody in any more.
func (s *streams) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
}

func (s *streams) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.total
}
