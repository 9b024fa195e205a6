// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/pharos-status/pharos/bridge/webhook"
	"github.com/pharos-status/pharos/internal/boltfile"
)

// Options say where a spool is, and how much it holds. What is 0 is the default.
type Options struct {
	Path   string       // the data folder; required, and made if it is missing
	Logger *slog.Logger // required

	DuplicateWithin time.Duration // how long the same is a duplicate; 25 seconds
	MaxWaiting      int           // entries that may wait in a channel; 10,000
	MaxBytes        int64         // of all payloads; dead letters may take half of it; 512 MiB
	MaxDeadLetters  int           // of a channel; 1,000
	KeepDeadLetters time.Duration // 30 days
}

func (o Options) orDefaults() (Options, error) {
	switch {
	case o.Path == "":
		return o, errors.New("open the spool: Options.Path is empty")
	case o.Logger == nil:
		return o, errors.New("open the spool: Options.Logger is nil")
	case o.DuplicateWithin < 0 || o.MaxWaiting < 0 || o.MaxBytes < 0 || o.MaxDeadLetters < 0 || o.KeepDeadLetters < 0:
		return o, errors.New("open the spool: a limit in its Options is negative")
	}
	o.DuplicateWithin = cmp.Or(o.DuplicateWithin, 25*time.Second)
	o.MaxWaiting = cmp.Or(o.MaxWaiting, 10_000)
	o.MaxBytes = cmp.Or(o.MaxBytes, 512<<20)
	o.MaxDeadLetters = cmp.Or(o.MaxDeadLetters, 1_000)
	o.KeepDeadLetters = cmp.Or(o.KeepDeadLetters, 30*24*time.Hour)
	return o, nil
}

// A Spool keeps what waits. Its methods are safe for concurrent use; each lane is
// to be emptied by one goroutine at a time.
type Spool struct {
	options Options
	file    boltfile.File
	db      *bolt.DB
	salt    []byte // makes keys differ from those of any other spool
	update  func(func(*bolt.Tx) error) error

	changed chan struct{} // capacity 1: see Changed
	dirtied chan struct{} // capacity 1: Run has something to write
	turn    chan struct{} // capacity 1: full while somebody writes

	mu      sync.Mutex // held for moments, never during a write
	index   index
	words   *memory             // the last word of each group on a channel: its digest
	ends    *memory             // when an outage was over, in eight bytes
	pending []*change           // what waits to be written
	dirty   map[uint64]struct{} // what differs from the file, and nobody waits for
	running bool                // Run writes what is dirty
	closed  bool
	err     error // of the last write
	refused int   // the size of the largest payload that could not be written
	doubt   bool  // the file has the last write, and the disk perhaps not
}

// Open opens the spool in the data folder, or makes it. An entry of which a crash
// hid the outcome is unsure. The spool must be closed; it writes at once what
// nobody waits for, unless [Spool.Run] does so.
func Open(o Options) (*Spool, error) {
	o, err := o.orDefaults()
	if err != nil {
		return nil, err
	}
	file := fileIn(o.Path)
	db, err := file.Open()
	if err != nil {
		return nil, err
	}
	s := &Spool{
		options: o,
		file:    file,
		db:      db,
		update:  db.Update,
		changed: make(chan struct{}, 1),
		dirtied: make(chan struct{}, 1),
		turn:    make(chan struct{}, 1),
		dirty:   map[uint64]struct{}{},
	}
	s.words = newMemory(inDigests, o.DuplicateWithin, len(webhook.Digest{}))
	s.ends = newMemory(inEnds, rememberEnds, 8)
	left, err := s.readFile()
	if err != nil {
		return nil, err
	}
	s.salt = left.salt
	if err := s.load(left); err != nil {
		return nil, errors.Join(file.Damaged(err), db.Close())
	}
	s.prune(time.Now())
	return s, nil
}

// load makes the index of what is in the file.
func (s *Spool) load(left content) error {
	s.index = newIndex(left.last)
	submissions := make(map[uint64]*submission, len(left.submissions))
	for _, r := range left.submissions {
		submissions[r.id] = s.index.submission(r)
	}
	for _, r := range left.entries {
		of := submissions[r.Submission]
		if of == nil {
			return fmt.Errorf("entry %d belongs to nothing", r.id)
		}
		e := r.entry(of)
		s.index.add(e)
		if e.void && e.death == nil {
			s.options.Logger.Info("Dropped what was overtaken while it was being sent",
				"channel", e.lane.Channel, "recipient", e.lane.Recipient, "key", s.key(e))
			s.dropLocked(e)
		}
	}
	for id, n := range submissions {
		if n.waiting+n.dead == 0 {
			s.dirty[id] = struct{}{}
		}
	}
	for i, m := range s.memories() {
		slices.SortFunc(left.notes[i], func(a, b noteRecord) int { return cmp.Compare(a.at, b.at) })
		for _, r := range left.notes[i] {
			m.put(r.key, r.note)
		}
		clear(m.differ)
	}
	if len(s.index.lanes) > 0 {
		signal(s.changed)
	}
	return nil
}

func (s *Spool) memories() [2]*memory { return [2]*memory{s.words, s.ends} }

func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
