// SPDX-License-Identifier: Apache-2.0

// Package state holds the last word on every replica: the verdicts of probes and
// what replicas report of themselves, kept across restarts.
//
// It judges reports and their age, whenever it is read. Running probes, judging
// them, and showing what is known are left to schedule, probe and collector.
package state

import (
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/pharos-status/pharos/internal/status"
)

// Options are the settings of a [Store].
type Options struct {
	Path   string       // the data folder; made if there is none
	Limits Limits       // until SetLimits replaces them
	Logger *slog.Logger // required
}

// A Store holds the state of the replicas of one exporter. It is safe for
// concurrent use.
type Store struct {
	logger *slog.Logger
	file   string
	db     *bolt.DB
	start  time.Time // since when reports can be heard

	// disk is held by the one who writes, and never while waiting for mu's owner
	// to finish anything slow: mu is held for moments only.
	disk sync.Mutex

	changed chan struct{} // capacity 1: Drain has something to tell
	turned  chan struct{} // capacity 1: a status has changed
	due     chan struct{} // capacity 1: nextDue became earlier
	dirtied chan struct{} // capacity 1: writeAt became earlier

	mu       sync.Mutex
	closed   bool
	restored map[status.ID]record // from the file, until Configure takes it
	nodes    map[status.NodeID]*Node
	members  map[status.NodeID]int // replicas of the nodes that take reports
	reported int                   // the sum of members
	limits   Limits
	queues   map[status.NodeID]Queue
	replicas map[status.ID]*entry
	sorted   []*entry // the replicas in order; nil if it must be made again

	nextDue time.Time // not later than the first change that comes by time alone; zero if none does

	all     bool                  // the next Drain tells everything
	touched map[status.ID]bool    // what may differ from shown
	shown   map[status.ID]Replica // as told by Drain

	dirty      map[status.ID]bool // what differs from the file
	writeAt    time.Time          // when dirty is to be written at the latest; zero if nothing is
	generation uint64             // counts what became dirty
	written    uint64             // the generation that is on disk
	failing    bool               // the last write failed
}

// Open opens the data folder, and reads what an earlier run left there. The
// store is empty until [Store.Configure] has told it what there is. It must be
// closed, or run until its context is done.
func Open(o Options) (*Store, error) {
	db, file, err := openFile(o.Path)
	if err != nil {
		return nil, err
	}
	restored, err := readFile(db, file)
	if err != nil {
		return nil, err
	}
	return &Store{
		logger:   o.Logger,
		file:     file,
		db:       db,
		start:    time.Now(),
		changed:  make(chan struct{}, 1),
		turned:   make(chan struct{}, 1),
		due:      make(chan struct{}, 1),
		dirtied:  make(chan struct{}, 1),
		restored: restored,
		nodes:    map[status.NodeID]*Node{},
		members:  map[status.NodeID]int{},
		limits:   o.Limits,
		queues:   map[status.NodeID]Queue{},
		replicas: map[status.ID]*entry{},
		all:      true,
		touched:  map[status.ID]bool{},
		shown:    map[status.ID]Replica{},
		dirty:    map[status.ID]bool{},
	}, nil
}

// Close writes what is not yet written and closes the file. Later reports are
// refused; reading goes on. Closing twice does nothing.
func (s *Store) Close() error {
	s.mu.Lock()
	generation, closed := s.generation, s.closed
	s.closed = true
	s.mu.Unlock()
	if closed {
		return nil
	}
	err := s.write(generation)
	s.disk.Lock()
	defer s.disk.Unlock()
	if closeErr := s.db.Close(); err == nil && closeErr != nil {
		err = fmt.Errorf("close %s: %w", s.file, closeErr)
	}
	return err
}

// Configure tells the store which nodes there are now. The first call restores
// what an earlier run left of them; each call drops what is no longer there, for
// good, and judges the rest by the new limits. The next Drain tells everything.
func (s *Store) Configure(nodes []Node) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nodes = make(map[status.NodeID]*Node, len(nodes))
	for _, n := range nodes {
		n.Replicas = slices.Clone(n.Replicas)
		s.nodes[n.ID] = &n
	}
	s.keepLocked(now)
	s.restoreLocked(now)
	s.addProbedLocked()
	s.all = true
	s.nextDue = time.Time{}
	for _, e := range s.replicas {
		s.awaitLocked(e)
	}
	signal(s.changed)
}

// keepLocked drops the replicas that are no longer configured.
func (s *Store) keepLocked(now time.Time) {
	named := s.probedLocked()
	for id, e := range s.replicas {
		n := s.nodes[id.NodeID()]
		probed, isNamed := named[id]
		if n == nil || n.Mode != e.node.Mode || (!n.Mode.reports() && !isNamed) {
			s.removeLocked(e, now)
			continue
		}
		if e.probed != probed && !e.since.IsZero() {
			e.since = now // the next probe is due by the new times, from now on
		}
		e.node, e.probed = n, probed
		e.judge()
		e.settle(s.start, now)
	}
}

// restoreLocked takes over what an earlier run left, as far as it is configured.
func (s *Store) restoreLocked(now time.Time) {
	named := s.probedLocked()
	for id, rec := range s.restored {
		n := s.nodes[id.NodeID()]
		probed, isNamed := named[id]
		if n == nil || n.Mode != rec.Mode || (!n.Mode.reports() && !isNamed) {
			s.dirtyLocked(id, now, writeLazily)
			continue
		}
		e := &entry{id: id, node: n, probed: probed, rec: rec, restored: true, saved: true}
		e.rec.At = s.sinceStart(rec.At)
		e.judge()
		e.settle(s.start, now)
		e.savedStatus = e.at(now).Status
		s.addLocked(e)
	}
	s.restored = nil
}

// sinceStart gives a time of an earlier run the monotonic clock of this one, so
// that a clock that is set has no say any more. No report is from the future.
func (s *Store) sinceStart(at time.Time) time.Time {
	return s.start.Add(min(at.Sub(s.start), 0))
}

// addProbedLocked makes the probed replicas that are new. They are unknown until
// their first probe.
func (s *Store) addProbedLocked() {
	for id, probed := range s.probedLocked() {
		if s.replicas[id] == nil {
			s.addLocked(&entry{id: id, node: s.nodes[id.NodeID()], probed: probed})
		}
	}
}

// probedLocked returns the replicas that the configuration names.
func (s *Store) probedLocked() map[status.ID]Probed {
	named := map[status.ID]Probed{}
	for _, n := range s.nodes {
		if n.Mode.reports() {
			continue
		}
		for _, r := range n.Replicas {
			named[n.ID.Replica(r.Name)] = r
		}
	}
	return named
}

func (s *Store) addLocked(e *entry) {
	s.replicas[e.id] = e
	s.sorted = nil
	if e.node.Mode.reports() {
		s.members[e.id.NodeID()]++
		s.reported++
	}
}

func (s *Store) removeLocked(e *entry, now time.Time) {
	delete(s.replicas, e.id)
	s.sorted = nil
	if e.node.Mode.reports() {
		s.reported--
		if s.members[e.id.NodeID()]--; s.members[e.id.NodeID()] == 0 {
			delete(s.members, e.id.NodeID())
		}
	}
	s.dirtyLocked(e.id, now, writeSoon)
	s.touchLocked(e.id)
}

// signal wakes the reader of a channel of capacity 1, unless it is awake.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
