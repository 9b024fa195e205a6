// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"cmp"
	"encoding/binary"
	"slices"
	"time"
)

// rememberEnds is for how long a reminder may come after the end of its outage and be
// overtaken nevertheless. Alertmanager tries again for as long as a minute and a half
// after a refusal.
const rememberEnds = 10 * time.Minute

// An overtaking is what a submission makes pointless.
type overtaking struct {
	waiting   []*entry // in their order
	sending   []*entry
	shrinks   []shrink
	pointless []*submission // of them, dead letters may be left
}

// A shrink is that some outages of a submission are void, and others perhaps not.
type shrink struct {
	of            *submission
	before, after []string
}

// overtaken returns what means nothing any more once n is accepted.
func (x *index) overtaken(n *Submission) overtaking {
	var o overtaking
	everywhere := map[string]bool{} // of each topic that is void
	for _, topic := range n.Voids {
		everywhere[topic] = false
	}
	for _, topic := range n.VoidsAll {
		everywhere[topic] = true
	}
	void := func(of *submission, topic string) bool {
		all, there := everywhere[topic]
		return all || there && of.Channel == n.Channel
	}
	over, touched := map[*submission]struct{}{}, map[*submission]struct{}{}
	for topic := range everywhere {
		for of := range x.topics[topic] {
			if void(of, topic) {
				over[of] = struct{}{}
			}
		}
		for of := range x.outages[topic] {
			if void(of, topic) {
				touched[of] = struct{}{}
			}
		}
	}
	for of := range touched {
		left := slices.DeleteFunc(slices.Clone(of.Outages), func(topic string) bool { return void(of, topic) })
		o.shrinks = append(o.shrinks, shrink{of, of.Outages, left})
		if len(left) == 0 {
			over[of] = struct{}{}
		}
	}
	for of := range over {
		o.add(of.entries)
		if !of.Pointless {
			o.pointless = append(o.pointless, of)
		}
	}
	slices.SortFunc(o.waiting, byOrder)
	return o
}

func (o *overtaking) add(entries []*entry) {
	for _, e := range entries {
		switch {
		case e.death != nil || e.leaving || e.void || e.voiding:
		case e.sending:
			o.sending = append(o.sending, e)
		default:
			o.waiting = append(o.waiting, e)
		}
	}
}

// apply makes it so, but for what waits, which is seen to leave already.
func (o *overtaking) apply(x *index, b *batch) {
	for _, e := range o.waiting {
		b.touch(e.id)
		b.touch(e.of.id)
	}
	for _, e := range o.sending {
		e.voiding = true
		b.touch(e.id)
	}
	for _, of := range o.pointless {
		of.Pointless, of.changed = true, true
		b.touch(of.id)
	}
	for _, s := range o.shrinks {
		x.shrink(s.of, s.after)
		b.touch(s.of.id)
	}
}

// settle ends it. Of what was being sent, each may have arrived by now, have become a
// dead letter, or have failed: it returns what was removed.
func (o *overtaking) settle(s *Spool, written bool) (removed []*entry) {
	x := &s.index
	if !written {
		for _, s := range slices.Backward(o.shrinks) {
			x.shrink(s.of, s.before)
		}
		for _, of := range o.pointless {
			of.Pointless = false
		}
		o.leave(x, false)
	}
	for _, e := range o.waiting {
		if written {
			x.remove(e)
			removed = append(removed, e)
		}
	}
	for _, e := range o.sending {
		e.voiding = false
		switch {
		case e.leaving && written:
			s.dropLocked(e)
			removed = append(removed, e)
		case e.leaving:
			x.leave(e, false)
		case e.sending:
			e.void = written
		}
	}
	return removed
}

// leave notes that what waits is about to be removed, or that it is not.
func (o *overtaking) leave(x *index, leaving bool) {
	for _, e := range o.waiting {
		x.leave(e, leaving)
	}
}

// shrink changes which outages of a submission are not void.
func (x *index) shrink(n *submission, outages []string) {
	there := n.waiting+n.dead > 0
	if there {
		x.outages.remove(n, n.Outages)
	}
	n.changed = true
	if n.Outages = outages; there {
		x.outages.add(n, n.Outages)
	}
}

// late tells whether all outages of a submission were over before it came.
func (a *acceptance) late() bool {
	for _, outage := range a.Outages {
		ended := a.s.ends.find(keyOf(outage), a.at)
		if ended == "" || a.Began.IsZero() || !a.Began.Before(moment(decodeEnd(ended))) {
			return false
		}
	}
	return len(a.Outages) > 0
}

// remember notes which outages are over.
func (a *acceptance) remember() {
	ended := a.at
	if a.Ended.Unix() > 0 && a.Ended.Before(moment(ended)) {
		ended = a.Ended.UnixNano()
	}
	for _, outage := range a.VoidsAll {
		key, end := keyOf(outage), ended
		if before := a.s.ends.find(key, a.at); before != "" {
			end = max(end, decodeEnd(before))
		}
		value := string(binary.BigEndian.AppendUint64(nil, uint64(end)))
		a.undo = append(a.undo, a.s.ends.put(key, note{a.at, value}))
	}
}

func decodeEnd(value string) int64 { return int64(binary.BigEndian.Uint64([]byte(value))) }

// byTopic has the submissions that are about a topic.
type byTopic map[string]map[*submission]struct{}

func (t byTopic) add(n *submission, topics []string) {
	for _, topic := range topics {
		if t[topic] == nil {
			t[topic] = map[*submission]struct{}{}
		}
		t[topic][n] = struct{}{}
	}
}

func (t byTopic) remove(n *submission, topics []string) {
	for _, topic := range topics {
		if delete(t[topic], n); len(t[topic]) == 0 {
			delete(t, topic)
		}
	}
}

// byOrder is that of acceptance.
func byOrder(a, b *entry) int { return cmp.Compare(a.id, b.id) }
