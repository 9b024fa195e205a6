// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// maxDigests is how many digests are remembered, of all channels.
const maxDigests = 1 << 16

// Accept keeps a submission: it is on disk when Accept returns. A zero time of
// acceptance is now. Besides errors of the disk, it returns ErrFull and ErrClosed.
// If ctx ends first, the submission may have been accepted nevertheless.
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

	s         *Spool
	at        int64
	digest    digestRecord
	of        *submission
	entries   []*entry
	overtaken []*entry
	voided    []*entry // being sent
	result    Accepted
}

func (a *acceptance) stage(b *batch) error {
	x := &a.s.index
	in := x.channel(a.Channel)
	a.digest = digestRecord{a.Channel, a.Digest, a.at}
	before, knew := in.digests[a.Digest]
	if a.result.Duplicate = knew && a.s.within(before, a.at); a.result.Duplicate {
		return nil
	}
	overtaken, sending := x.overtaken(&a.Submission)
	if more := len(a.Recipients) - countIn(overtaken, in); !a.s.room(in, more) || !a.s.fits(a.Payload) {
		return ErrFull
	}
	for _, e := range overtaken {
		x.leave(e, true)
		b.touch(e.id)
		b.touch(e.of.id)
		a.result.Overtaken = append(a.result.Overtaken, e.lane)
	}
	for _, e := range sending {
		e.voiding = true
		b.touch(e.id)
	}
	a.overtaken, a.voided = overtaken, sending
	a.enter(b)
	b.expired = append(b.expired, a.s.forget(a.at)...)
	x.remember(a.digest)
	b.digests = append(b.digests, a.digest)
	b.news = true
	return nil
}

// enter adds the entries, which are not to be seen yet.
func (a *acceptance) enter(b *batch) {
	if len(a.Recipients) == 0 {
		return
	}
	x := &a.s.index
	a.of = x.submission(submissionRecord{
		id: x.next(), size: int64(len(a.Payload)),
		Channel: a.Channel, Digest: a.Digest[:], Accepted: a.at, Group: a.Group, Topics: a.Topics,
	})
	a.of.payload = a.Payload
	if a.Payload == nil {
		a.of.payload = []byte{}
	}
	b.touch(a.of.id)
	for _, recipient := range a.Recipients {
		id := x.next()
		e := &entry{id: id, order: id, of: a.of, lane: Lane{a.Channel, recipient}, since: a.at, staged: true}
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
	x := &a.s.index
	if a.of != nil {
		a.of.in.staged -= len(a.entries)
		a.of.payload = nil
	}
	if !written {
		for _, e := range a.entries {
			x.remove(e)
		}
		for _, e := range a.overtaken {
			x.leave(e, false)
		}
		a.settleVoided(false)
		delete(x.channel(a.Channel).digests, a.Digest)
		return
	}
	for _, e := range a.entries {
		e.staged = false
	}
	for _, e := range a.overtaken {
		x.remove(e)
	}
	a.settleVoided(true)
}

// settleVoided tells those that were being sent when they were overtaken. Since then,
// each may have arrived, become a dead letter, or failed.
func (a *acceptance) settleVoided(written bool) {
	for _, e := range a.voided {
		e.voiding = false
		switch {
		case e.leaving && written:
			a.s.dropLocked(e)
			a.result.Overtaken = append(a.result.Overtaken, e.lane)
		case e.leaving:
			a.s.index.leave(e, false)
		case e.sending:
			e.void = written
		}
	}
}

// within tells whether what was accepted at one time is a duplicate of what was
// accepted at the other. The clock may have been set in between.
func (s *Spool) within(a, b int64) bool {
	return max(a, b)-min(a, b) < int64(s.options.DuplicateWithin)
}

// forget drops the digests that make no duplicates any more, and returns them.
func (s *Spool) forget(now int64) []digestRecord {
	x := &s.index
	var expired []digestRecord
	for len(x.recent) > 0 && (len(x.recent) >= maxDigests || !s.within(x.recent[0].at, now)) {
		r := x.recent[0]
		x.recent = x.recent[1:]
		if digests := x.channel(r.channel).digests; digests[r.digest] == r.at {
			delete(digests, r.digest)
			expired = append(expired, r)
		}
	}
	return expired
}

// room tells whether so many more may wait in a channel.
func (s *Spool) room(in *channel, entries int) bool {
	return entries <= 0 || in.waiting+entries <= s.options.MaxWaiting
}

// fits tells whether there is room for another payload.
func (s *Spool) fits(payload []byte) bool {
	return s.index.bytes+int64(len(payload)) <= s.options.MaxBytes
}

// overtaken returns the entries that mean nothing any more once n is accepted, in
// their order: those that wait, and those that are being sent.
func (x *index) overtaken(n *Submission) (waiting, sending []*entry) {
	found := map[*entry]struct{}{}
	look := func(topics []string, everywhere bool) {
		for _, topic := range topics {
			for of := range x.topics[topic] {
				if !everywhere && of.Channel != n.Channel {
					continue
				}
				for _, e := range of.entries {
					if e.death == nil && !e.leaving && !e.void && !e.voiding {
						found[e] = struct{}{}
					}
				}
			}
		}
	}
	look(n.Voids, false)
	look(n.VoidsAll, true)
	for e := range found {
		if e.sending {
			sending = append(sending, e)
		} else {
			waiting = append(waiting, e)
		}
	}
	slices.SortFunc(waiting, func(a, b *entry) int { return cmp.Compare(a.order, b.order) })
	return waiting, sending
}

func countIn(entries []*entry, in *channel) int {
	n := 0
	for _, e := range entries {
		if e.of.in == in {
			n++
		}
	}
	return n
}
