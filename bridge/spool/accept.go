// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Accept keeps a submission: it is on disk when Accept returns. A zero time of
// acceptance is now. Besides errors of the disk, it returns ErrFull and ErrClosed.
// If ctx ends first, the submission may have been accepted nevertheless.
//
// A duplicate is what repeats the last word of its group on the channel, soon enough:
// within Options.DuplicateWithin, or 10 seconds if it repeats that on purpose.
// Of what several Alertmanagers of a cluster tell, each thing after the other, that is
// all but the first. If other word came in between, the same is news: an outage may
// begin, end and begin again within a moment, and nobody must believe that it is over.
func (s *Spool) Accept(ctx context.Context, n Submission) (Accepted, error) {
	a := acceptance{s: s, Submission: n, at: n.Accepted.UnixNano()}
	if n.Accepted.IsZero() {
		a.at = time.Now().UnixNano()
	}
	if err := s.do(ctx, &change{stage: a.stage, settle: a.settle}); err != nil {
		return Accepted{}, err
	}
	return a.result, nil
}

// An acceptance is a submission on its way to the disk.
type acceptance struct {
	Submission

	s       *Spool
	at      int64
	of      *submission
	entries []*entry
	over    overtaking
	older   *submission // that has newer word now
	undo    []func()    // takes back what was noted
	result  Accepted
}

func (a *acceptance) stage(b *batch) error {
	x := &a.s.index
	in := x.channel(a.Channel)
	said := groupOf(a.Channel, a.Group)
	if a.Group == "" {
		said = keyOf(a.Channel, "digest", string(a.Digest[:]))
	}
	digest := string(a.Digest[:])
	if a.result.Duplicate = a.s.words.recent(said, a.at, a.window()) == digest; a.result.Duplicate {
		return nil
	}
	late := a.late()
	entries, size := len(a.Recipients), int64(len(a.Payload))
	if late || entries == 0 {
		entries, size = 0, 0
	}
	a.over = x.overtaken(&a.Submission)
	had := *in
	a.over.leave(x, true) // what comes takes the places of what it overtakes
	if err := a.s.room(in, had, entries, size); err != nil {
		a.over.leave(x, false)
		return err
	}
	a.over.apply(x, b)
	a.older = x.age(a.Channel, a.Group, b)
	if entries > 0 {
		a.enter(b)
	}
	if late {
		for _, recipient := range a.Recipients {
			a.result.Overtaken = append(a.result.Overtaken, Lane{a.Channel, recipient})
		}
	}
	a.undo = append(a.undo, a.s.words.put(said, note{a.at, digest}))
	a.remember()
	b.news, b.now = true, a.at
	return nil
}

// repeatedWithin is the window of repetitions, which may come in short order.
const repeatedWithin = 10 * time.Second

// window returns for how long after its like a submission is a duplicate.
func (a *acceptance) window() time.Duration {
	if a.Repeats {
		return min(repeatedWithin, a.s.options.DuplicateWithin)
	}
	return a.s.options.DuplicateWithin
}

// enter adds the entries, which are not to be seen yet.
func (a *acceptance) enter(b *batch) {
	x := &a.s.index
	a.of = x.submission(submissionRecord{
		id: x.next(), size: int64(len(a.Payload)),
		Channel: a.Channel, Digest: a.Digest[:], Accepted: a.at, Group: a.Group, Topics: a.Topics, Outages: a.Outages,
	})
	a.of.payload = a.Payload
	if a.Payload == nil {
		a.of.payload = []byte{}
	}
	b.touch(a.of.id)
	b.largest = max(b.largest, len(a.Payload))
	for _, recipient := range a.Recipients {
		id := x.next()
		e := &entry{id: id, of: a.of, lane: Lane{a.Channel, recipient}, since: a.at, staged: true}
		x.add(e)
		a.entries = append(a.entries, e)
		b.touch(id)
	}
	a.of.in.staged += len(a.entries)
}

func (a *acceptance) settle(written bool) {
	if a.result.Duplicate {
		return
	}
	if a.of != nil {
		a.of.in.staged -= len(a.entries)
		a.of.payload = nil
	}
	if !written {
		for _, undo := range slices.Backward(a.undo) {
			undo()
		}
		for _, e := range a.entries {
			a.s.index.remove(e)
		}
	}
	a.s.index.aged(a.older, written)
	for _, e := range a.over.settle(a.s, written) {
		a.result.Overtaken = append(a.result.Overtaken, e.lane)
	}
	if !written {
		return
	}
	for _, e := range a.entries {
		e.staged = false
	}
}

// room returns ErrFull if there is no room in a channel for so many more entries, and a
// payload of so many bytes. It had something before, some of which may leave.
//
// What waits in a channel may take a third of what is free then. So a channel alone
// gets no more than a quarter of all, and however many are stuck, others have room.
func (s *Spool) room(in *channel, had channel, entries int, size int64) error {
	if waits := in.waiting + entries; waits > max(s.options.MaxWaiting, had.waiting) {
		return fmt.Errorf("%w: %d messages to the channel %s", ErrFull, had.waiting, in.name)
	}
	busy := in.busy + size
	if free := s.options.MaxBytes - s.index.bytes - size; busy > max(free/3, had.busy) {
		return fmt.Errorf("%w: %d bytes to the channel %s, while %d are free for all", ErrFull, had.busy, in.name, max(free+size, 0))
	}
	return nil
}
