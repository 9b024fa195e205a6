// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"maps"
	"slices"
	"time"
)

// A piece is an entry as the model knows it.
type piece struct {
	text     string
	lane     Lane
	number   int // of the submission
	group    string
	topics   []string
	attempts int
	kept     int // attempts of which the file knows
	sending  bool
	void     bool // overtaken while it was sent
	begun    bool
	unsure   bool
	dead     bool
}

// A world is what there is: in memory, or in the file.
type world struct {
	lanes   map[Lane][]piece
	dead    map[string][]piece // by channel, the oldest first
	digests map[string]time.Time
}

func newWorld() world {
	return world{map[Lane][]piece{}, map[string][]piece{}, map[string]time.Time{}}
}

func (w world) clone() world {
	n := newWorld()
	for at, q := range w.lanes {
		n.lanes[at] = slices.Clone(q)
	}
	for c, q := range w.dead {
		n.dead[c] = slices.Clone(q)
	}
	maps.Copy(n.digests, w.digests)
	return n
}

// expect returns what is to become of a submission, and of all else.
func (m *model) expect(n Submission) (world, Accepted, error) {
	after := m.mem.clone()
	digest := n.Channel + string(n.Digest[:])
	if at, there := after.digests[digest]; there && m.now.Sub(at) < time.Minute {
		return after, Accepted{Duplicate: true}, nil
	}
	after.digests[digest] = m.now
	var a Accepted
	var voided []piece
	waiting := 0
	for at, q := range after.lanes {
		after.lanes[at] = slices.DeleteFunc(q, func(p piece) bool {
			void := func(topic string) bool {
				return slices.Contains(n.VoidsAll, topic) || at.Channel == n.Channel && slices.Contains(n.Voids, topic)
			}
			if p.void || !slices.ContainsFunc(p.topics, void) {
				return false
			}
			if p.sending {
				voided = append(voided, p)
				return false
			}
			a.Overtaken = append(a.Overtaken, at)
			return true
		})
		if at.Channel == n.Channel {
			waiting += len(after.lanes[at])
		}
	}
	had := 0
	for at, q := range m.mem.lanes {
		if at.Channel == n.Channel {
			had += len(q)
		}
	}
	if waiting+len(n.Recipients) > max(m.maxWaits, had) {
		return m.mem, Accepted{}, ErrFull
	}
	for _, p := range voided { // each was the first of its lane
		q := after.lanes[p.lane]
		q[0].void = true
	}
	for _, r := range n.Recipients {
		at := Lane{n.Channel, r}
		after.lanes[at] = append(after.lanes[at], piece{
			text: string(n.Payload), lane: at, number: m.number, group: n.Group, topics: n.Topics,
		})
	}
	return after, a, nil
}
