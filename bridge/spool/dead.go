// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// maxReason is how many bytes of a reason are kept.
const maxReason = 500

// Bury makes an entry a dead letter, with the last error as its reason, which is
// cut at 500 bytes. Older dead letters of the channel are dropped if there are too
// many; and so are the oldest of all channels if dead letters take half of what all
// payloads may take. If the entry was overtaken while it was being sent, it is removed
// instead, and Bury says so. See Delivered.
func (s *Spool) Bury(id uint64, outcome, reason string) (overtaken bool, err error) {
	if len(reason) > maxReason {
		reason = strings.ToValidUTF8(reason[:maxReason], "") + "…"
	}
	now := time.Now().UnixNano()
	var dropped []*entry
	err = s.resolve(id, func(e *entry) {
		if overtaken = e.void; overtaken {
			s.dropLocked(e)
			return
		}
		s.index.remove(e)
		e.sending, e.begun, e.death = false, false, &death{now, outcome, reason}
		s.index.add(e)
		dropped = s.limitLocked(e.of.in)
	})
	s.mourn(dropped)
	return overtaken, err
}

// limitLocked drops the dead letters for which there is no room, and returns them.
func (s *Spool) limitLocked(in *channel) (dropped []*entry) {
	x := &s.index
	for len(in.dead) > s.options.MaxDeadLetters {
		dropped = append(dropped, s.dropLocked(in.dead[0]))
	}
	for x.bytes-x.busy > s.options.MaxBytes/2 {
		dropped = append(dropped, s.dropLocked(x.oldestDead()))
	}
	return dropped
}

// oldestDead returns the oldest dead letter, of which there must be one.
func (x *index) oldestDead() (oldest *entry) {
	for _, in := range x.channels {
		if len(in.dead) > 0 && (oldest == nil || byDeath(in.dead[0], oldest) < 0) {
			oldest = in.dead[0]
		}
	}
	return oldest
}

func (s *Spool) dropLocked(e *entry) *entry {
	s.index.remove(e)
	s.dirty[e.id], s.dirty[e.of.id] = struct{}{}, struct{}{}
	return e
}

// prune drops the dead letters that are too old, or for which there is no room.
func (s *Spool) prune(now time.Time) {
	var dropped []*entry
	s.mu.Lock()
	before := now.Add(-s.options.KeepDeadLetters).UnixNano()
	for _, in := range s.index.channels {
		for len(in.dead) > 0 && in.dead[0].death.At < before {
			dropped = append(dropped, s.dropLocked(in.dead[0]))
		}
		dropped = append(dropped, s.limitLocked(in)...)
	}
	s.mu.Unlock()
	s.mourn(dropped)
	if len(dropped) > 0 {
		signal(s.dirtied)
	}
}

// mourn logs which dead letters are gone for good.
func (s *Spool) mourn(dropped []*entry) {
	for _, e := range dropped {
		s.options.Logger.Warn("Dropped an old dead letter", "channel", e.lane.Channel, "recipient", e.lane.Recipient,
			"key", s.key(e), "died", moment(e.death.At), "reason", e.death.Reason)
	}
}

// DeadLetters returns those of a channel, or of all channels if it is "", the
// newest first.
func (s *Spool) DeadLetters(channel string) []DeadLetter {
	s.mu.Lock()
	defer s.mu.Unlock()
	var dead []*entry
	for name, in := range s.index.channels {
		if channel == "" || channel == name {
			dead = append(dead, in.dead...)
		}
	}
	slices.SortFunc(dead, func(a, b *entry) int { return byDeath(b, a) })
	all := make([]DeadLetter, len(dead))
	for i, e := range dead {
		all[i] = DeadLetter{
			ID: e.id, Lane: e.lane, Key: s.key(e), Accepted: moment(e.of.Accepted), Attempts: e.attempts,
			Died: moment(e.death.At), Outcome: e.death.Outcome, Reason: e.death.Reason,
		}
	}
	return all
}

// Payload returns the payload of an entry or a dead letter. Besides errors of the
// disk, it returns ErrGone.
func (s *Spool) Payload(id uint64) ([]byte, error) {
	s.mu.Lock()
	e := s.index.entries[id]
	s.mu.Unlock()
	if e == nil || e.staged {
		return nil, ErrGone
	}
	return s.read(e.of.id)
}

// Revive lets a dead letter wait again, as if it had not been tried: before all that was
// accepted later, but for what is being sent. One that was overtaken since it was accepted
// is removed instead, and Revive says so. That is on disk when Revive returns. Besides
// errors of the disk, it returns ErrGone, ErrFull and ErrClosed.
func (s *Spool) Revive(id uint64) (overtaken bool, err error) {
	var e *entry
	var before entry
	err = s.do(context.Background(), &change{
		stage: func(b *batch) error {
			x := &s.index
			if e = x.entries[id]; e == nil || e.death == nil {
				return ErrGone
			}
			b.touch(id)
			if overtaken = e.of.Pointless; overtaken {
				b.touch(e.of.id)
				x.remove(e)
				return nil
			}
			if e.of.in.waiting >= s.options.MaxWaiting {
				return fmt.Errorf("%w: %d messages to the channel %s", ErrFull, e.of.in.waiting, e.of.in.name)
			}
			before = *e
			x.remove(e)
			e.death, e.attempts, e.since, e.staged = nil, 0, time.Now().UnixNano(), true
			x.add(e)
			e.of.in.staged++
			b.news = true
			return nil
		},
		settle: func(written bool) {
			if overtaken {
				if !written {
					s.index.add(e)
				}
				return
			}
			e.staged = false
			e.of.in.staged--
			if !written {
				s.index.remove(e)
				*e = before
				s.index.add(e)
			}
		},
	})
	return overtaken && err == nil, err
}

// Discard drops a dead letter. That is on disk when Discard returns. Besides
// errors of the disk, it returns ErrGone and ErrClosed.
func (s *Spool) Discard(id uint64) error {
	var e *entry
	return s.do(context.Background(), &change{
		stage: func(b *batch) error {
			if e = s.index.entries[id]; e == nil || e.death == nil {
				return ErrGone
			}
			s.index.remove(e)
			b.touch(id)
			b.touch(e.of.id)
			return nil
		},
		settle: func(written bool) {
			if !written {
				s.index.add(e)
			}
		},
	})
}
