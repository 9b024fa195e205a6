// SPDX-License-Identifier: Apache-2.0

package state

import (
	"context"
	"time"
)

// awaitLocked sees to it that what changes by time at a time is noticed then;
// zero is never.
func (s *Store) awaitLocked(at time.Time) {
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
	s.dropUnclaimedLocked(now)
	for _, n := range s.nodes {
		if q := &n.queue; n.Queue != nil && !q.expired && q.overdue(now) {
			q.expired = true
			for _, e := range n.members {
				s.noteLocked(e, now)
			}
		}
		for _, e := range n.members {
			s.expireEntryLocked(e, now)
		}
	}
	s.awaitAllLocked()
}

func (s *Store) expireEntryLocked(e *entry, now time.Time) {
	if e.forgotten(now) {
		s.removeLocked(e, now)
		return
	}
	if e.expired || !e.overdue(now) {
		return
	}
	e.expired, e.waiting = true, false
	if e.probed == nil {
		s.dirtyLocked(e, now, writeNow)
	}
	s.noteLocked(e, now)
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
