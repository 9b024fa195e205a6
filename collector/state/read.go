// SPDX-License-Identifier: Apache-2.0

package state

import (
	"slices"
	"time"
)

// Snapshot returns what is known of every replica at now, sorted by ID. Whether
// a report or a restored verdict is too old is decided here.
func (s *Store) Snapshot(now time.Time) []Replica {
	var all []Replica
	s.Each(now, func(r *Replica) { all = append(all, *r) })
	return all
}

// Each calls f with each replica that Snapshot would return, in order, for those
// who keep little of it: what f is given is written over for the next one. The
// store is locked meanwhile, so f must be fast and must not call it.
func (s *Store) Each(now time.Time, f func(r *Replica)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sortLocked()
	var r Replica
	for _, e := range s.sorted {
		if !e.forgotten(now) {
			e.fill(&r, now)
			f(&r)
		}
	}
}

func (s *Store) sortLocked() {
	if s.sorted != nil {
		return
	}
	s.sorted = []*entry{}
	for _, n := range s.nodes {
		s.sorted = slices.Grow(s.sorted, len(n.members))
		for _, e := range n.members {
			s.sorted = append(s.sorted, e)
		}
	}
	slices.SortFunc(s.sorted, (*entry).compare)
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
		s.sortLocked()
		candidates = s.sorted
	}
	changes := make([]Change, 0, len(candidates)+len(s.gone))
	for _, e := range candidates {
		e.touched = false
		if c := (Change{e.id(), e.shown, nil}); !e.removed && s.changeLocked(&c, e, now) {
			changes = append(changes, c)
		}
	}
	for id, before := range s.gone {
		changes = append(changes, Change{id, before, nil})
	}
	s.all, s.touched = false, nil
	clear(s.gone)
	slices.SortFunc(changes, func(a, b Change) int { return a.ID.Compare(b.ID) })
	return changes
}

// changeLocked compares a replica with what was told of it, and remembers what
// is told now.
func (s *Store) changeLocked(c *Change, e *entry, now time.Time) bool {
	c.After = &Replica{}
	e.fill(c.After, now)
	if !s.all && c.Before != nil && c.Before.Status == c.After.Status && c.Before.Reason == c.After.Reason {
		return false
	}
	e.shown = c.After
	return true
}

// noteLocked makes the next Drain look at e if it differs from what was told, and
// wakes the reader of StatusChanged if its status does.
func (s *Store) noteLocked(e *entry, now time.Time) {
	v := e.verdictAt(now)
	if v.Status != e.noted {
		e.noted = v.Status
		signal(s.turned)
	}
	if e.shown != nil && e.shown.Status == v.Status && e.shown.Reason == v.Reason {
		return
	}
	if !s.all && !e.touched {
		e.touched = true
		s.touched = append(s.touched, e)
	}
	signal(s.changed)
}

// StatusChanged returns a channel of capacity 1, for one more reader than that
// of Changed. It holds a value once a status has changed, or a replica has come or
// gone, whoever has been told of it by Drain.
func (s *Store) StatusChanged() <-chan struct{} { return s.turned }
