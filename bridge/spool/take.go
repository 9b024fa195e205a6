// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"

	bolt "go.etcd.io/bbolt"
)

// Lanes returns the lanes from which something can be taken, sorted.
func (s *Spool) Lanes() []Lane {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Lane, 0, len(s.index.lanes))
	for at := range s.index.lanes {
		if s.index.head(at) != nil {
			all = append(all, at)
		}
	}
	slices.SortFunc(all, func(a, b Lane) int {
		return cmp.Or(cmp.Compare(a.Channel, b.Channel), cmp.Compare(a.Recipient, b.Recipient))
	})
	return all
}

// Changed gets a value when a lane may have something new to take. It is for one
// receiver.
func (s *Spool) Changed() <-chan struct{} { return s.changed }

// Take returns the entry of the lane that is next; nil if there is none, or if it
// is about to be overtaken: Changed tells once that is decided. From then on the
// entry is being sent, and it is what Take returns, until Delivered, Skip, Retry or
// Bury is called: if it is overtaken meanwhile, it goes no sooner. With mark, the file says so before
// Take returns: should the program end now, the entry will be unsure. If the file
// can't be told or read, there is an error, and the entry waits as before.
func (s *Spool) Take(from Lane, mark bool) (*Entry, error) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil, ErrClosed
	}
	e := s.index.head(from)
	if e == nil {
		s.mu.Unlock()
		return nil, nil //nolint:nilnil // the lane is empty, which is no error
	}
	first := !e.sending
	if first {
		s.index.send(e, true)
		e.attempts++
	}
	mark = mark && !e.begun
	s.mu.Unlock()

	taken, err := s.take(e, mark)
	if err != nil && first {
		s.mu.Lock()
		s.index.send(e, false)
		e.attempts--
		s.giveWayLocked(e) // which nobody counts: the disk failed just before it was overtaken
		s.mu.Unlock()
	}
	return taken, err
}

func (s *Spool) take(e *entry, mark bool) (*Entry, error) {
	if mark {
		err := s.do(context.Background(), &change{
			stage: func(b *batch) error {
				e.begun = true
				b.touch(e.id)
				return nil
			},
			settle: func(written bool) { e.begun = written },
		})
		if err != nil {
			return nil, err
		}
	}
	payload, err := s.read(e.of.id)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return &Entry{
		ID: e.id, Lane: e.lane, Key: s.key(e), Payload: payload,
		Accepted: moment(e.of.Accepted), Since: moment(e.since), Attempts: e.attempts, Unsure: e.unsure,
	}, nil
}

// key returns the key of an entry, which no other has, in this spool or another.
func (s *Spool) key(e *entry) string {
	h := sha256.New()
	h.Write(s.salt)
	h.Write(e.of.Digest)
	h.Write(binary.BigEndian.AppendUint64(nil, e.id))
	h.Write([]byte(e.lane.Channel + "\x00" + e.lane.Recipient))
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// read returns the payload of a submission.
func (s *Spool) read(id uint64) (payload []byte, err error) {
	err = s.file.Guard(func() error {
		return s.db.View(func(tx *bolt.Tx) error {
			found := tx.Bucket([]byte(inPayloads)).Get(encodeID(id))
			if found == nil {
				return ErrGone
			}
			payload = append([]byte{}, found...)
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", s.file.Path(), err)
	}
	return payload, nil
}

// Delivered ends an entry that was acknowledged. Like Skip, Retry and Bury, it
// takes effect at once, and Run tells the file a moment later: if the program does
// not live to see that, the entry is as it was when it was taken. Its only errors
// are ErrGone and ErrClosed.
func (s *Spool) Delivered(id uint64) error { return s.end(id) }

// Skip ends an entry that is not for its recipient. See Delivered.
func (s *Spool) Skip(id uint64) error { return s.end(id) }

func (s *Spool) end(id uint64) error {
	return s.resolve(id, func(e *entry) {
		s.index.remove(e)
		s.dirty[e.of.id] = struct{}{}
	})
}

// Retry ends an attempt, so that the entry waits again as the first of its lane.
// It may be unsure whether the attempt has reached the recipient. If the entry was
// overtaken while it was being sent, it is removed, and Retry says so. See Delivered.
func (s *Spool) Retry(id uint64, unsure bool) (overtaken bool, err error) {
	err = s.resolve(id, func(e *entry) {
		s.index.send(e, false)
		e.begun, e.unsure = false, e.unsure || unsure
		overtaken = s.giveWayLocked(e)
	})
	return overtaken, err
}

// giveWayLocked removes an entry that is not being sent any more, if it was overtaken
// meanwhile, and tells whether it was. If that is just being written, the entry is
// about to be removed, and its acceptance counts it.
func (s *Spool) giveWayLocked(e *entry) bool {
	switch {
	case e.void:
		s.dropLocked(e)
	case e.voiding:
		s.index.leave(e, true)
	}
	return e.void
}

// resolve changes an entry that waits or is being sent, and sees to it that the
// file is told.
func (s *Spool) resolve(id uint64, change func(*entry)) error {
	s.mu.Lock()
	e := s.index.entries[id]
	switch {
	case s.closed:
		s.mu.Unlock()
		return ErrClosed
	case e == nil || e.death != nil || e.staged || e.leaving:
		s.mu.Unlock()
		return ErrGone
	}
	change(e)
	s.dirty[id] = struct{}{}
	running := s.running
	s.mu.Unlock()
	if running {
		signal(s.dirtied)
	} else {
		_ = s.flush() // Err tells; it is tried again with the next write
	}
	return nil
}
