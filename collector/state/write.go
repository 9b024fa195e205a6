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
func (s *Store) dirtyLocked(id status.ID, now time.Time, delay time.Duration) uint64 {
	s.generation++
	s.dirty[id] = true
	if at := now.Add(delay); s.writeAt.IsZero() || at.Before(s.writeAt) {
		s.writeAt = at
		signal(s.dirtied)
	}
	return s.generation
}

// A change to the file: the new record of a replica, or none if it is gone.
type change struct {
	record *record
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
	upTo, changes := s.takeLocked(time.Now())
	s.mu.Unlock()

	err := saveFile(s.db, changes)

	s.tell(err)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		for id := range changes {
			s.dirtyLocked(id, time.Now(), writeSoon)
		}
		return fmt.Errorf("write %s: %w", s.file, err)
	}
	s.written = upTo
	for id, c := range changes {
		if e := s.replicas[id]; e != nil && c.record != nil {
			e.saved, e.savedStatus = true, c.status
		}
	}
	return nil
}

// takeLocked returns what is to be written, and its generation.
func (s *Store) takeLocked(now time.Time) (uint64, map[status.ID]change) {
	changes := make(map[status.ID]change, len(s.dirty))
	for id := range s.dirty {
		e := s.replicas[id]
		if e == nil {
			changes[id] = change{}
			continue
		}
		rec := e.rec
		rec.LateAfter = 0
		if e.expired && e.node.Mode.reports() {
			rec.LateAfter = e.window()
		}
		changes[id] = change{&rec, e.at(now).Status}
	}
	s.dirty = map[status.ID]bool{}
	s.writeAt = time.Time{}
	return s.generation, changes
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
		s.logger.Error("Can't keep the state; a crash would lose what is reported now", "file", s.file, "err", err)
	case err == nil && failed:
		s.logger.Info("The state is kept again", "file", s.file)
	}
}
