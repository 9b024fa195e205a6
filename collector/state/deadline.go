// SPDX-License-Identifier: Apache-2.0

package state

import (
	"context"
	"time"
)

// awaitLocked sees to it that the next change of e that comes by time is noticed.
func (s *Store) awaitLocked(e *entry) {
	at := e.next()
	if at.IsZero() || (!s.nextDue.IsZero() && !at.Before(s.nextDue)) {
		return
	}
	s.nextDue = at
	signal(s.due)
}

// expireLocked notices the deadlines that have passed by now. It looks at every
// replica, but only once the first deadline that it knows of has come: reports
// move deadlines away from now, so that is seldom.
func (s *Store) expireLocked(now time.Time) {
	if s.nextDue.IsZero() || now.Before(s.nextDue) {
		return
	}
	s.nextDue = time.Time{}
	for _, e := range s.replicas {
		if e.forgotten(now) {
			s.removeLocked(e, now)
			continue
		}
		if !e.expired && !e.expires.IsZero() && !now.Before(e.expires) {
			e.expired, e.waiting = true, false
			if e.node.Mode.reports() {
				s.dirtyLocked(e.id, now, writeNow)
			}
			s.noteLocked(e, now)
		}
		s.awaitLocked(e)
	}
}

// watch notices deadlines as they pass, until ctx is done.
func (s *Store) watch(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.due:
		case <-timer.C:
		}
		s.mu.Lock()
		s.expireLocked(time.Now())
		next := s.nextDue
		s.mu.Unlock()
		timer.Stop()
		if !next.IsZero() {
			timer.Reset(time.Until(next))
		}
	}
}
