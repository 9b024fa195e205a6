// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"maps"
	"slices"
	"time"

	"github.com/pharos-status/pharos/bridge/webhook"
)

// A piece is an entry as the model knows it.
type piece struct {
	text      string
	lane      Lane
	number    int // of the submission
	group     string
	topics    []string
	outages   []string // that are not void
	attempts  int
	kept      int  // attempts of which the file knows
	untold    bool // the file could not be told of the last one
	sending   bool
	void      bool // overtaken while it was sent
	begun     bool
	unsure    bool
	dead      bool
	newer     bool // newer word of its group was accepted
	pointless bool // overtaken
}

// A world is what there is: in memory, or in the file.
type world struct {
	lanes map[Lane][]piece
	dead  map[string][]piece // by channel, the oldest first
	words map[string]word
	ends  map[string]end
}

// A word is the last that was accepted of a group.
type word struct {
	digest webhook.Digest
	at     time.Time
}

// An end is when an outage was over, and when that was told.
type end struct{ ended, told time.Time }

func newWorld() world {
	return world{map[Lane][]piece{}, map[string][]piece{}, map[string]word{}, map[string]end{}}
}

func (w world) clone() world {
	n := newWorld()
	for at, q := range w.lanes {
		n.lanes[at] = slices.Clone(q)
	}
	for c, q := range w.dead {
		n.dead[c] = slices.Clone(q)
	}
	maps.Copy(n.words, w.words)
	maps.Copy(n.ends, w.ends)
	return n
}

// expect returns what is to become of a submission, and of all else.
func (m *model) expect(n Submission) (world, Accepted, error) {
	after := m.mem.clone()
	said := n.Channel + " group " + n.Group
	if n.Group == "" {
		said = n.Channel + " digest " + string(n.Digest[:])
	}
	window := time.Minute
	if n.Repeats {
		window = 10 * time.Second
	}
	if last, there := after.words[said]; there && last.digest == n.Digest && m.now.Sub(last.at) < window {
		return after, Accepted{Duplicate: true}, nil
	}
	after.words[said] = word{n.Digest, m.now}
	late := m.late(n)
	var a Accepted
	had := waitingIn(m.mem, n.Channel)
	m.overtake(after, n, &a)
	if !late && waitingIn(after, n.Channel)+len(n.Recipients) > max(m.maxWaits, had) {
		return m.mem, Accepted{}, ErrFull
	}
	after.age(n)
	for _, r := range n.Recipients {
		at := Lane{n.Channel, r}
		if late {
			a.Overtaken = append(a.Overtaken, at)
			continue
		}
		after.lanes[at] = append(after.lanes[at], piece{
			text: string(n.Payload), lane: at, number: m.number, group: n.Group, topics: n.Topics, outages: n.Outages,
		})
	}
	for _, outage := range n.VoidsAll {
		e := end{n.Ended, m.now}
		if before := after.ends[outage]; m.now.Sub(before.told) < rememberEnds && before.ended.After(e.ended) {
			e.ended = before.ended
		}
		after.ends[outage] = e
	}
	return after, a, nil
}

// overtake removes what a submission overtakes, or makes it void if it is being sent.
func (m *model) overtake(w world, n Submission, a *Accepted) {
	pass := func(p *piece) bool {
		void := func(topic string) bool {
			return slices.Contains(n.VoidsAll, topic) || p.lane.Channel == n.Channel && slices.Contains(n.Voids, topic)
		}
		had := len(p.outages)
		p.outages = slices.DeleteFunc(slices.Clone(p.outages), void)
		return slices.ContainsFunc(p.topics, void) || had > 0 && len(p.outages) == 0
	}
	for at, q := range w.lanes {
		var left []piece
		for _, p := range q {
			switch over := pass(&p); {
			case over && !p.sending:
				a.Overtaken = append(a.Overtaken, at)
				continue
			case over:
				p.void = true
			}
			left = append(left, p)
		}
		w.lanes[at] = left
	}
	for _, q := range w.dead {
		for i := range q {
			q[i].pointless = pass(&q[i]) || q[i].pointless
		}
	}
}

// age notes that there is newer word of a group.
func (w world) age(n Submission) {
	older := func(q []piece) {
		for i := range q {
			q[i].newer = q[i].newer || n.Group != "" && q[i].group == n.Group && q[i].lane.Channel == n.Channel
		}
	}
	for _, q := range w.lanes {
		older(q)
	}
	for _, q := range w.dead {
		older(q)
	}
}

// late tells whether all that a submission is about was over before.
func (m *model) late(n Submission) bool {
	for _, outage := range n.Outages {
		e := m.mem.ends[outage]
		if m.now.Sub(e.told) >= rememberEnds || !n.Began.Before(e.ended) {
			return false
		}
	}
	return len(n.Outages) > 0
}

func waitingIn(w world, channel string) (n int) {
	for at, q := range w.lanes {
		if at.Channel == channel {
			n += len(q)
		}
	}
	return n
}
