// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	bolt "go.etcd.io/bbolt"
)

// A change is one of which nothing is seen before it is on disk. Its functions are
// called with the mutex held.
type change struct {
	stage  func(*batch) error // makes it ready to be written; an error refuses it, and nothing has happened
	settle func(written bool) // makes it visible, or takes it back
	err    error
	done   chan struct{} // closed once it is settled
}

// A batch is what one transaction writes.
type batch struct {
	changes []*change               // those that were not refused
	lazy    map[uint64]struct{}     // the ids that were dirty
	ids     map[uint64]struct{}     // of what the file must be told: those, and what the changes are about
	differ  [2]map[noteKey]struct{} // what the memories have to tell the file
	writes  []write
	largest int    // of the payloads, in bytes
	proved  int    // of what a probe writes
	now     int64  // when the last of the changes was accepted; 0: none was
	last    uint64 // the last id that was given away
	forced  bool   // to be written even if it is empty
	news    bool   // a lane may have something to take
}

// A write puts a value, or deletes a key if the value is nil.
type write struct {
	bucket     string
	key, value []byte
}

func (b *batch) touch(id uint64) { b.ids[id] = struct{}{} }

// do returns once a change is on disk, or known not to be. Those that come while
// somebody writes are written together by the next who has the turn: many at once
// cost few transactions. If ctx ends while the change is being written, what
// becomes of it is not known.
func (s *Spool) do(ctx context.Context, c *change) error {
	if ctx.Err() != nil {
		return fmt.Errorf("wait for the disk: %w", context.Cause(ctx))
	}
	c.done = make(chan struct{})
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return ErrClosed
	}
	s.pending = append(s.pending, c)
	s.mu.Unlock()
	select {
	case <-c.done:
	case s.turn <- struct{}{}:
		_ = s.commit() // each change has its own error
		<-s.turn
		<-c.done
	case <-ctx.Done():
		s.withdraw(c)
		return fmt.Errorf("wait for the disk: %w", context.Cause(ctx))
	}
	return c.err
}

// withdraw takes back a change of which the writing has not begun.
func (s *Spool) withdraw(c *change) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending = slices.DeleteFunc(s.pending, func(o *change) bool { return o == c })
}

// flush returns once all that is known is on disk.
func (s *Spool) flush() error {
	s.turn <- struct{}{}
	defer func() { <-s.turn }()
	return s.commit()
}

// commit writes what is pending and what is dirty in one transaction, if there is
// any. The caller has the turn.
func (s *Spool) commit() error {
	s.mu.Lock()
	all := s.pending
	s.pending = nil
	b := s.batchLocked(all)
	s.mu.Unlock()

	written, err := true, error(nil)
	if b.forced || len(b.writes) > 0 {
		written, err = s.write(b)
	}
	if wrote := b.forced || len(b.writes) > 0; wrote || len(b.changes) > 0 {
		s.settle(b, wrote, written, err)
	}
	for _, c := range all {
		if c.err == nil {
			c.err = err
		}
		close(c.done)
	}
	return err
}

// batchLocked stages changes, and encodes what they and the dirty ids amount to.
func (s *Spool) batchLocked(changes []*change) *batch {
	b := &batch{lazy: s.dirty, ids: maps.Clone(s.dirty)}
	s.dirty = map[uint64]struct{}{}
	for _, c := range changes {
		if c.err = c.stage(b); c.err == nil {
			b.changes = append(b.changes, c)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(b.ids)) {
		b.writes = append(b.writes, s.index.writes(id)...)
	}
	for i, m := range s.memories() {
		b.differ[i], m.differ = m.differ, map[noteKey]struct{}{}
		b.writes = append(b.writes, m.writes(b.differ[i])...)
	}
	b.last = s.index.last
	b.forced = b.forced || s.doubt && len(b.changes) > 0
	return b
}

// writes returns how the file is told what an id stands for now.
func (x *index) writes(id uint64) []write {
	key := encodeID(id)
	if e := x.entries[id]; e != nil && !e.leaving {
		value, _ := json.Marshal(e.record()) // it has numbers and strings only
		return []write{{inEntries, key, value}}
	}
	switch n := x.submissions[id]; {
	case n == nil: // the id is that of something that is gone, no matter what it was
		return []write{{inEntries, key, nil}, {inSubmissions, key, nil}, {inPayloads, key, nil}}
	case n.payload != nil:
		return []write{{inSubmissions, key, n.encode()}, {inPayloads, key, n.payload}}
	case n.changed:
		return []write{{inSubmissions, key, n.encode()}}
	}
	return nil // submissions don't change otherwise
}

// write writes a batch. If the disk fails at the very end, the file may have the
// batch nevertheless, and with it everything that reads the file: then it counts
// as written, though there is an error.
func (s *Spool) write(b *batch) (written bool, err error) {
	id, last := 0, b.last
	err = s.file.Guard(func() error {
		return s.update(func(tx *bolt.Tx) error {
			id = tx.ID()
			for _, w := range b.writes {
				if err := w.do(tx.Bucket([]byte(w.bucket))); err != nil {
					return err
				}
			}
			if b := tx.Bucket([]byte(inSubmissions)); b.Sequence() != last {
				return b.SetSequence(last)
			}
			return nil
		})
	})
	if err == nil {
		return true, nil
	}
	seen := s.db.View(func(tx *bolt.Tx) error {
		written = id > 0 && tx.ID() >= id
		return nil
	})
	return written && seen == nil, fmt.Errorf("write %s: %w", s.file.Path(), err)
}

func (w write) do(b *bolt.Bucket) error {
	if w.value == nil {
		return b.Delete(w.key)
	}
	return b.Put(w.key, w.value)
}

// settle makes a batch visible, or takes it back. If nothing had to be written, it says
// nothing of the disk.
func (s *Spool) settle(b *batch, wrote, written bool, err error) {
	s.mu.Lock()
	if written {
		for _, c := range b.changes {
			c.settle(true)
		}
	} else {
		for _, c := range slices.Backward(b.changes) {
			c.settle(false)
		}
		maps.Copy(s.dirty, b.lazy)
		for i, m := range s.memories() {
			maps.Copy(m.differ, b.differ[i])
		}
	}
	for _, m := range s.memories() {
		m.forget(b.now)
	}
	if wrote {
		s.err, s.doubt = err, written && err != nil
		switch {
		case err != nil:
			s.refused = max(s.refused, b.largest)
		case max(b.largest, b.proved) >= s.refused:
			s.refused = 0
		}
	}
	s.mu.Unlock()
	if b.news {
		signal(s.changed)
	}
}
