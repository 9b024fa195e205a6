// SPDX-License-Identifier: Apache-2.0

package state

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/pharos-status/pharos/internal/status"
)

// How long what is not urgent may wait for the disk.
const (
	writeNow    = 0                      // what changed
	writeSoon   = 500 * time.Millisecond // reports
	writeOften  = time.Second            // verdicts that repeat, at the shortest intervals
	writeLazily = 10 * time.Second       // verdicts that repeat, at long intervals
)

// repeats returns how long a verdict that repeats the last one may wait: so short
// that the one on disk still holds when it is restored.
func (p Probed) repeats() time.Duration {
	return min(max(p.Interval/2, writeOften), writeLazily)
}

// dirtyLocked marks a replica as different from the file, to be written within
// delay, and returns the generation that holds the difference.
func (s *Store) dirtyLocked(e *entry, now time.Time, delay time.Duration) uint64 {
	if !e.dirty {
		e.dirty = true
		s.dirty = append(s.dirty, e)
	}
	return s.writeWithinLocked(now, delay)
}

// dropLocked marks a replica as one that the file must forget.
func (s *Store) dropLocked(id status.ID, now time.Time, delay time.Duration) {
	s.dropped[id] = true
	s.writeWithinLocked(now, delay)
}

// dirtyQueueLocked marks the queue of a node as different from the file.
func (s *Store) dirtyQueueLocked(id status.NodeID, now time.Time, delay time.Duration) {
	s.dirtyQueues[id] = true
	s.writeWithinLocked(now, delay)
}

func (s *Store) writeWithinLocked(now time.Time, delay time.Duration) uint64 {
	s.generation++
	if at := now.Add(delay); s.writeAt.IsZero() || at.Before(s.writeAt) {
		s.writeAt = at
		signal(s.dirtied)
	}
	return s.generation
}

// A batch is what is written at once: what the file must forget, and what it
// must know then.
type batch struct {
	dropped map[status.ID]bool
	puts    []put
	queues  map[status.NodeID]*queueRecord // nil: to be forgotten
}

// A put is the new record of a replica.
type put struct {
	*entry
	id     status.ID
	record record
	status status.Status
}

// write returns once the generation is on disk. Callers that come while another
// one writes are served together by the next write, so many at once cost few
// calls of fsync.
func (s *Store) write(generation uint64) error {
	s.disk.Lock()
	defer s.disk.Unlock()
	s.mu.Lock()
	if s.written >= generation {
		s.mu.Unlock()
		return nil
	}
	upTo, b := s.takeDirtyLocked(time.Now())
	s.mu.Unlock()

	err := saveFile(s.db, b)

	s.tell(err)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range b.puts {
		p.saving = false
	}
	if err != nil {
		s.dirtyAgainLocked(b)
		return fmt.Errorf("write %s: %w", s.file.Path(), err)
	}
	s.written = upTo
	for _, p := range b.puts {
		p.saved, p.savedStatus = true, p.status
	}
	return nil
}

// takeDirtyLocked returns what is to be written, and its generation.
func (s *Store) takeDirtyLocked(now time.Time) (uint64, batch) {
	b := batch{dropped: s.dropped, puts: make([]put, 0, len(s.dirty)), queues: make(map[status.NodeID]*queueRecord, len(s.dirtyQueues))}
	for _, e := range s.dirty {
		e.dirty = false
		if !e.removed {
			e.saving = true
			b.puts = append(b.puts, put{e, e.id(), e.record(), e.verdictAt(now).Status})
		}
	}
	for id := range s.dirtyQueues {
		b.queues[id] = s.nodes[id].queueRecord()
	}
	s.dirty, s.dropped, s.dirtyQueues = s.dirty[:0], map[status.ID]bool{}, map[status.NodeID]bool{}
	s.writeAt = time.Time{}
	return s.generation, b
}

// dirtyAgainLocked takes back what could not be written.
func (s *Store) dirtyAgainLocked(b batch) {
	now := time.Now()
	for id := range b.dropped {
		s.dropLocked(id, now, writeSoon)
	}
	for _, p := range b.puts {
		s.dirtyLocked(p.entry, now, writeSoon)
	}
	for id := range b.queues {
		s.dirtyQueueLocked(id, now, writeSoon)
	}
}

// Run notices deadlines and writes what has changed, until ctx is done. Then it
// writes the rest and closes the store.
func (s *Store) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	wg.Go(func() { s.watch(ctx) })
	wg.Go(func() { s.writeBehind(ctx) })
	wg.Wait()
	return s.Close()
}

// writeBehind writes what nobody waits for, until ctx is done.
func (s *Store) writeBehind(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.dirtied:
		case <-timer.C:
		}
		s.mu.Lock()
		at, generation := s.writeAt, s.generation
		s.mu.Unlock()
		if !at.IsZero() && !time.Now().Before(at) {
			_ = s.write(generation) // it has told, and is to be tried again
			s.mu.Lock()
			at = s.writeAt
			s.mu.Unlock()
		}
		timer.Stop()
		if !at.IsZero() {
			timer.Reset(time.Until(at))
		}
	}
}

// tell logs when the disk begins to fail, whoever has come upon it, and when that
// has ended. The caller holds disk.
func (s *Store) tell(err error) {
	s.mu.Lock()
	failed := s.failing
	s.failing = err != nil
	s.mu.Unlock()
	switch {
	case err != nil && !failed:
		s.logger.Error("Can't keep the state; a crash would lose what is reported now", "file", s.file.Path(), "err", err)
	case err == nil && failed:
		s.logger.Info("The state is kept again", "file", s.file.Path())
	}
}
