// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"context"
	"crypto/rand"
	"errors"
	"time"
)

const (
	writeWithin = 5 * time.Millisecond // what nobody waits for, unless another write takes it along
	retryWithin = time.Second          // after a write that failed
	pruneEvery  = time.Hour
)

// Run writes what nobody waits for within milliseconds, so that many such things
// share a write with each other and with what others wait for. It drops dead
// letters that are too old. It returns once ctx is done, and does not close the
// spool; its error is that of its last write. Where it does not run, Delivered,
// Skip, Retry and Bury write before they return.
func (s *Spool) Run(ctx context.Context) error {
	s.setRunning(true)
	defer s.setRunning(false)
	prune := time.NewTicker(pruneEvery)
	defer prune.Stop()
	wait := writeWithin
	for {
		select {
		case <-ctx.Done():
			s.setRunning(false)
			return s.flush()
		case <-prune.C:
			s.prune(time.Now())
			continue
		case <-s.dirtied:
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
			wait = writeWithin
			if s.flush() != nil {
				wait = retryWithin
				signal(s.dirtied)
			}
		}
	}
}

func (s *Spool) setRunning(running bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running = running
}

// Close writes what is not on disk yet, and closes the file. What is called later
// returns ErrClosed, or what was known. Closing twice does nothing.
func (s *Spool) Close() error {
	s.mu.Lock()
	closed := s.closed
	s.closed = true
	s.mu.Unlock()
	if closed {
		return nil
	}
	return errors.Join(s.flush(), s.db.Close())
}

// Err returns nil, or why the last write failed.
func (s *Spool) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// leastProbe is how many bytes a probe has at least. On a full disk, less might find
// room among the free pages of the file, where an acceptance does not.
const leastProbe = 64 << 10

// Probe writes 64 KiB, and more than an acceptance does of the largest payload that could
// not be written, so that Err tells whether the disk works by now; it returns what Err
// would. What it wrote before is free once that succeeds. What could not be written before
// is written with it.
func (s *Spool) Probe() error {
	return s.do(context.Background(), &change{
		stage: func(b *batch) error {
			filler := make([]byte, leastProbe+2*s.refused) // an acceptance may write another payload again
			_, _ = rand.Read(filler)                       // which never fails; the disk might store less of what it knows
			b.proved = len(filler)
			b.writes = append(b.writes, write{inReserve, []byte("filler"), filler})
			return nil
		},
		settle: func(bool) {},
	})
}

// Figures returns how it stands with each channel that has anything.
func (s *Spool) Figures() map[string]Figure {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[string]Figure{}
	for name, in := range s.index.channels {
		if waiting := max(in.waiting-in.staged, 0); waiting > 0 || len(in.dead) > 0 {
			all[name] = Figure{Waiting: waiting, DeadLetters: len(in.dead), Bytes: in.bytes}
		}
	}
	for at, l := range s.index.lanes {
		f, first := all[at.Channel], l.queue[0]
		if since := moment(first.since); f.Waiting > 0 && !first.staged && (f.Oldest.IsZero() || since.Before(f.Oldest)) {
			f.Oldest = since
			all[at.Channel] = f
		}
	}
	return all
}
