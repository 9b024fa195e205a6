// SPDX-License-Identifier: Apache-2.0

// Package state holds the last word on every replica: the verdicts of probes and
// what replicas report of themselves, kept across restarts.
//
// It judges reports, queues and their age, whenever it is read. Running probes,
// judging them, reading queues, and showing what is known are left to schedule,
// probe, queue and collector.
package state

import (
	"fmt"
	"log/slog"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/pharos-status/pharos/internal/boltfile"
	"github.com/pharos-status/pharos/internal/status"
)

// Options are the settings of a [Store].
type Options struct {
	Path   string       // the data folder; made if there is none
	Limits Limits       // until SetLimits replaces them
	Logger *slog.Logger // required

	// Patience is how long after Open what an earlier run left waits for its node
	// to be configured, as where nodes are discovered only after the start. 0: no
	// longer than until the first Configure.
	Patience time.Duration
}

// A Store holds the state of the replicas of one exporter. It is safe for
// concurrent use.
type Store struct {
	logger   *slog.Logger
	file     boltfile.File
	db       *bolt.DB
	start    time.Time // since when reports can be heard
	patience time.Duration

	// disk is held by the one who writes, and never while waiting for mu's owner
	// to finish anything slow: mu is held for moments only.
	disk sync.Mutex

	changed chan struct{} // capacity 1: Drain has something to tell
	turned  chan struct{} // capacity 1: a status has changed
	due     chan struct{} // capacity 1: nextDue became earlier
	dirtied chan struct{} // capacity 1: writeAt became earlier

	mu       sync.Mutex
	closed   bool
	limits   Limits
	restored restored // from the file, until a node claims it
	nodes    map[status.NodeID]*node
	reported int      // how many replicas report
	sorted   []*entry // the replicas in order; nil if it must be made again
	version  uint64   // the last that was given to a replica or a queue

	nextDue time.Time // not later than the first change that comes by time alone; zero if none does

	all     bool                   // the next Drain tells everything
	touched []*entry               // what may differ from what was told, unless all is
	gone    map[status.ID]*Replica // what was told, and has been removed since

	dirty       []*entry               // what differs from the file
	dropped     map[status.ID]bool     // what must be deleted from the file
	dirtyQueues map[status.NodeID]bool // the queues that differ from the file
	writeAt     time.Time              // when that is to be written at the latest; zero if nothing is
	generation  uint64                 // counts what became dirty
	written     uint64                 // the generation that is on disk
	failing     bool                   // the last write failed
}

// Open opens the data folder, and reads what an earlier run left there. The
// store is empty until [Store.Configure] has told it what there is. It must be
// closed, or run until its context is done.
func Open(o Options) (*Store, error) {
	file := fileIn(o.Path)
	db, err := file.Open()
	if err != nil {
		return nil, err
	}
	left, err := readFile(db, file)
	if err != nil {
		return nil, err
	}
	return &Store{
		logger:      o.Logger,
		file:        file,
		db:          db,
		start:       time.Now(),
		patience:    o.Patience,
		changed:     make(chan struct{}, 1),
		turned:      make(chan struct{}, 1),
		due:         make(chan struct{}, 1),
		dirtied:     make(chan struct{}, 1),
		limits:      o.Limits.orDefaults(),
		restored:    left,
		nodes:       map[status.NodeID]*node{},
		all:         true,
		gone:        map[status.ID]*Replica{},
		dropped:     map[status.ID]bool{},
		dirtyQueues: map[status.NodeID]bool{},
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
		err = fmt.Errorf("close %s: %w", s.file.Path(), closeErr)
	}
	return err
}

// findLocked returns a replica, or nil if there is none.
func (s *Store) findLocked(id status.ID) *entry {
	if n := s.nodes[id.NodeID()]; n != nil {
		return n.members[id.Replica]
	}
	return nil
}

func (s *Store) addLocked(e *entry) {
	e.node.members[e.name] = e
	e.removed = false
	s.sorted = nil
	if e.node.Mode.reports() {
		s.reported++
	}
	if id := e.id(); s.gone[id] != nil {
		e.shown = s.gone[id]
		delete(s.gone, id)
	}
	s.changedLocked(e)
}

func (s *Store) removeLocked(e *entry, now time.Time) {
	delete(e.node.members, e.name)
	e.removed = true
	s.sorted = nil
	if e.node.Mode.reports() {
		s.reported--
	}
	if e.shown != nil {
		s.gone[e.id()] = e.shown
	}
	if e.saved || e.saving {
		s.dropLocked(e.id(), now, writeSoon)
	}
	signal(s.changed)
	signal(s.turned)
}

// changedLocked gives e a new version.
func (s *Store) changedLocked(e *entry) {
	s.version++
	e.version = s.version
}

// signal wakes the reader of a channel of capacity 1, unless it is awake.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
