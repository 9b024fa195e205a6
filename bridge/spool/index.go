// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"cmp"
	"slices"

	"github.com/pharos-status/pharos/bridge/webhook"
)

// An index is what is known in memory of what the file has: all but the payloads.
// What a write is about to add or remove is in it already, as staged or leaving.
type index struct {
	last        uint64 // the last id that was given away
	channels    map[string]*channel
	lanes       map[Lane]*lane // those in which something waits
	entries     map[uint64]*entry
	submissions map[uint64]*submission
	topics      map[string]map[*submission]struct{}
	recent      []digestRecord // the digests of all channels, about the oldest first
	bytes       int64          // of all payloads
	deadBytes   int64          // of those that only dead letters have
}

// A channel has what belongs to all lanes of it.
type channel struct {
	name    string
	waiting int                      // entries that wait, those that are staged included, and those that leave not
	staged  int                      // of them
	bytes   int64                    // of all payloads
	dead    []*entry                 // the oldest first
	digests map[webhook.Digest]int64 // when they were accepted
}

// A lane has the entries that wait for a recipient, in their order.
type lane struct {
	queue  []*entry
	groups map[string]int // how many of them are of a group
}

// A submission is what entries share.
type submission struct {
	submissionRecord

	in            *channel
	payload       []byte // nil once it is on disk
	entries       []*entry
	waiting, dead int // how many of the entries are so
}

// An entry is a submission for one recipient.
type entry struct {
	id, order uint64
	of        *submission
	lane      Lane
	since     int64
	attempts  int
	unsure    bool // see Entry
	death     *death

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
		topics:      map[string]map[*submission]struct{}{},
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
		c = &channel{name: name, digests: map[webhook.Digest]int64{}}
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
	if n.waiting+n.dead == 0 {
		x.bytes += n.size
		n.in.bytes += n.size
		x.submissions[n.id] = n
		for _, topic := range n.Topics {
			if x.topics[topic] == nil {
				x.topics[topic] = map[*submission]struct{}{}
			}
			x.topics[topic][n] = struct{}{}
		}
	} else if n.waiting == 0 {
		x.deadBytes -= n.size
	}
	n.waiting, n.dead, n.in.waiting = n.waiting+waiting, n.dead+dead, n.in.waiting+waiting
	switch {
	case n.waiting+n.dead == 0:
		x.bytes -= n.size
		n.in.bytes -= n.size
		delete(x.submissions, n.id)
		for _, topic := range n.Topics {
			delete(x.topics[topic], n)
			if len(x.topics[topic]) == 0 {
				delete(x.topics, topic)
			}
		}
	case n.waiting == 0:
		x.deadBytes += n.size
	}
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
		l = &lane{groups: map[string]int{}}
		x.lanes[e.lane] = l
	}
	i, _ := slices.BinarySearchFunc(l.queue, e, byOrder)
	l.queue = slices.Insert(l.queue, i, e)
	l.groups[e.of.Group]++
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
	if l.groups[e.of.Group]--; l.groups[e.of.Group] == 0 {
		delete(l.groups, e.of.Group)
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

func byOrder(a, b *entry) int { return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.id, b.id)) }

func byDeath(a, b *entry) int {
	return cmp.Or(cmp.Compare(a.death.At, b.death.At), cmp.Compare(a.id, b.id))
}

// head returns the entry of a lane that is next; nil if none is, or a write
// decides on that.
func (x *index) head(at Lane) *entry {
	l := x.lanes[at]
	if l == nil || l.queue[0].staged || l.queue[0].leaving {
		return nil
	}
	return l.queue[0]
}

// remember keeps a digest.
func (x *index) remember(r digestRecord) {
	x.channel(r.channel).digests[r.digest] = r.at
	x.recent = append(x.recent, r)
}
