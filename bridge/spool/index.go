// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"cmp"
	"slices"
)

// An index is what is known in memory of what the file has: all but the payloads.
// What a write is about to add or remove is in it already, as staged or leaving.
type index struct {
	last        uint64 // the last id that was given away
	channels    map[string]*channel
	lanes       map[Lane]*lane // those in which something waits
	entries     map[uint64]*entry
	submissions map[uint64]*submission
	topics      byTopic
	outages     byTopic
	newest      map[noteKey]*submission // of each group on a channel of which something is there: the one without newer word
	bytes       int64                   // of all payloads
	busy        int64                   // of those that wait
}

// A channel has what belongs to all lanes of it.
type channel struct {
	name    string
	waiting int      // entries that wait, those that are staged included, and those that leave not
	staged  int      // of them
	bytes   int64    // of all payloads
	busy    int64    // of those that wait
	dead    []*entry // the oldest first
}

// A lane has the entries that wait for a recipient, in their order.
type lane struct {
	queue   []*entry
	sending *entry // nil if none is
}

// A submission is what entries share.
type submission struct {
	submissionRecord

	in            *channel
	payload       []byte // nil once it is on disk
	changed       bool   // the record is not what it was at first
	newing        bool   // about to have newer word
	entries       []*entry
	waiting, dead int // how many of the entries are so
}

// An entry is a submission for one recipient.
type entry struct {
	id       uint64 // entries of a lane are sent in this order, in which they were accepted
	of       *submission
	lane     Lane
	since    int64
	attempts int
	unsure   bool // see Entry
	death    *death

	sending bool // taken
	begun   bool // the file says that the attempt may be going on
	staged  bool // not on disk yet
	leaving bool // about to be overtaken
	void    bool // overtaken while it is being sent: it goes unless it arrives
	voiding bool // about to be void
}

func newIndex(last uint64) index {
	return index{
		last:        last,
		channels:    map[string]*channel{},
		lanes:       map[Lane]*lane{},
		entries:     map[uint64]*entry{},
		submissions: map[uint64]*submission{},
		topics:      byTopic{},
		outages:     byTopic{},
		newest:      map[noteKey]*submission{},
	}
}

// next gives an id away. No id is given twice, so that no two entries ever have
// the same key.
func (x *index) next() uint64 {
	x.last++
	return x.last
}

func (x *index) channel(name string) *channel {
	c := x.channels[name]
	if c == nil {
		c = &channel{name: name}
		x.channels[name] = c
	}
	return c
}

// submission makes the submission of a record, to which entries are added.
func (x *index) submission(r submissionRecord) *submission {
	return &submission{submissionRecord: r, in: x.channel(r.Channel)}
}

// count notes that so many more entries of a submission wait, or are dead. The
// submission is there as long as there are any.
func (x *index) count(n *submission, waiting, dead int) {
	there, waits := n.waiting+n.dead > 0, n.waiting > 0
	n.waiting, n.dead, n.in.waiting = n.waiting+waiting, n.dead+dead, n.in.waiting+waiting
	switch now := n.waiting+n.dead > 0; {
	case now && !there:
		x.weigh(n, n.size, 0)
		x.submissions[n.id] = n
		x.topics.add(n, n.Topics)
		x.outages.add(n, n.Outages)
		x.found(n)
	case there && !now:
		x.weigh(n, -n.size, 0)
		delete(x.submissions, n.id)
		x.topics.remove(n, n.Topics)
		x.outages.remove(n, n.Outages)
		x.lost(n)
	}
	switch now := n.waiting > 0; {
	case now && !waits:
		x.weigh(n, 0, n.size)
	case waits && !now:
		x.weigh(n, 0, -n.size)
	}
}

// weigh notes that a submission has so many more bytes, and that so many more wait.
func (x *index) weigh(n *submission, bytes, busy int64) {
	x.bytes, n.in.bytes = x.bytes+bytes, n.in.bytes+bytes
	x.busy, n.in.busy = x.busy+busy, n.in.busy+busy
}

// add puts an entry where it belongs: into its lane, or among the dead letters.
func (x *index) add(e *entry) {
	x.entries[e.id] = e
	e.of.entries = append(e.of.entries, e)
	if e.death != nil {
		x.count(e.of, 0, 1)
		i, _ := slices.BinarySearchFunc(e.of.in.dead, e, byDeath)
		e.of.in.dead = slices.Insert(e.of.in.dead, i, e)
		return
	}
	x.count(e.of, 1, 0)
	l := x.lanes[e.lane]
	if l == nil {
		l = &lane{}
		x.lanes[e.lane] = l
	}
	i, _ := slices.BinarySearchFunc(l.queue, e, byOrder)
	l.queue = slices.Insert(l.queue, i, e)
}

// remove takes an entry out, wherever it is.
func (x *index) remove(e *entry) {
	delete(x.entries, e.id)
	e.of.entries = slices.DeleteFunc(e.of.entries, func(o *entry) bool { return o == e })
	if e.death != nil {
		x.count(e.of, 0, -1)
		if i, found := slices.BinarySearchFunc(e.of.in.dead, e, byDeath); found {
			e.of.in.dead = slices.Delete(e.of.in.dead, i, i+1)
		}
		return
	}
	if !e.leaving {
		x.count(e.of, -1, 0)
	}
	l := x.lanes[e.lane]
	if i, found := slices.BinarySearchFunc(l.queue, e, byOrder); found {
		l.queue = slices.Delete(l.queue, i, i+1)
	}
	if l.sending == e {
		l.sending = nil
	}
	if len(l.queue) == 0 {
		delete(x.lanes, e.lane)
	}
}

// leave notes that an entry is about to be removed, or that it is not.
func (x *index) leave(e *entry, leaving bool) {
	e.leaving = leaving
	if leaving {
		x.count(e.of, -1, 0)
	} else {
		x.count(e.of, 1, 0)
	}
}

func byDeath(a, b *entry) int {
	return cmp.Or(cmp.Compare(a.death.At, b.death.At), cmp.Compare(a.id, b.id))
}

// head returns the entry of a lane that is next; nil if none is, or a write
// decides on that. The one that is being sent is, though an older one was revived.
func (x *index) head(at Lane) *entry {
	l := x.lanes[at]
	switch {
	case l == nil:
		return nil
	case l.sending != nil:
		return l.sending
	case l.queue[0].staged || l.queue[0].leaving:
		return nil
	}
	return l.queue[0]
}

// send notes that an entry that waits is being sent, or that it is not any more.
func (x *index) send(e *entry, sending bool) {
	e.sending = sending
	switch l := x.lanes[e.lane]; {
	case sending:
		l.sending = e
	case l.sending == e:
		l.sending = nil
	}
}
