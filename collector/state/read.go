// SPDX-License-Identifier: Apache-2.0

package state

import (
	"slices"
	"time"

	"github.com/pharos-status/pharos/internal/status"
)

// Snapshot returns what is known of every replica at now, sorted by ID. Whether
// a report or a restored verdict is too old is decided here.
func (s *Store) Snapshot(now time.Time) []Replica {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sorted == nil {
		s.sorted = make([]*entry, 0, len(s.replicas))
		for _, e := range s.replicas {
			s.sorted = append(s.sorted, e)
		}
		slices.SortFunc(s.sorted, func(a, b *entry) int { return a.id.Compare(b.id) })
	}
	all := make([]Replica, 0, len(s.sorted))
	for _, e := range s.sorted {
		if !e.forgotten(now) {
			all = append(all, e.at(now))
		}
	}
	return all
}

// Changed returns a channel of capacity 1 that holds a value once a status or a
// reason has changed, or a replica has come or gone, since the last Drain.
// Deadlines that pass are noticed while the store runs.
func (s *Store) Changed() <-chan struct{} { return s.changed }

// Drain returns the changes since the last call, sorted by ID; the first call
// after Open or Configure returns every replica, and those that are gone. A
// probe or report that renews nothing but times and loads is no change.
func (s *Store) Drain(now time.Time) []Change {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expireLocked(now)
	candidates := s.touched
	if s.all {
		for id := range s.shown {
			candidates[id] = true
		}
		for id := range s.replicas {
			candidates[id] = true
		}
	}
	changes := make([]Change, 0, len(candidates))
	for id := range candidates {
		if c, ok := s.changeLocked(id, now); ok {
			changes = append(changes, c)
		}
	}
	s.all = false
	s.touched = map[status.ID]bool{}
	slices.SortFunc(changes, func(a, b Change) int { return a.ID.Compare(b.ID) })
	return changes
}

// changeLocked compares a replica with what was told of it, and remembers what
// is told now.
func (s *Store) changeLocked(id status.ID, now time.Time) (Change, bool) {
	c := Change{ID: id}
	if before, ok := s.shown[id]; ok {
		c.Before = &before
	}
	e := s.replicas[id]
	if e == nil {
		delete(s.shown, id)
		return c, c.Before != nil
	}
	after := e.at(now)
	if !s.all && c.Before != nil && same(*c.Before, after) {
		return c, false
	}
	c.After = &after
	s.shown[id] = after
	return c, true
}

func same(a, b Replica) bool { return a.Status == b.Status && a.Reason == b.Reason }

// noteLocked makes the next Drain look at e if it differs from what was told.
func (s *Store) noteLocked(e *entry, now time.Time) {
	if before, ok := s.shown[e.id]; !ok || !same(before, e.at(now)) {
		s.touchLocked(e.id)
	}
}

func (s *Store) touchLocked(id status.ID) {
	s.touched[id] = true
	signal(s.changed)
}

// StatusChanged returns a channel of capacity 1, for one more reader than that
// of Changed. It holds a value once a status has changed, or a replica has come or
// gone, whoever has been told of it by Drain.
func (s *Store) StatusChanged() <-chan struct{} { return s.turned }
