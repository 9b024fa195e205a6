// SPDX-License-Identifier: Apache-2.0

package state

import (
	"fmt"
	"slices"
	"time"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/status"
)

// QueueLimits say which queue speaks for a node, and how many messages in it are
// too many. They are as in Vigil. A number of 0 is no limit.
type QueueLimits struct {
	Name     string        // of the queue
	Interval time.Duration // between two readings

	// With this many messages, ready or not acknowledged, the node is no longer
	// healthy but sick.
	ReadyHealthyBelow, NackHealthyBelow int
	// With more than this many it is dead.
	ReadyDeadAbove, NackDeadAbove int
}

// A Queue is a reading of a queue: what is in it, or why that can't be told.
type Queue struct {
	Ready          int       // messages that wait for a consumer
	Unacknowledged int       // messages that a consumer has not done with
	At             time.Time // when it was read
	Err            error     // why it could not be read; nil if it was
}

// A NodeQueue is what is known of the queue of a node.
type NodeQueue struct {
	Node status.NodeID
	Name string // of the queue
	Queue
}

// Judge turns a reading into a verdict on the node.
func (l QueueLimits) Judge(q Queue) probe.Verdict {
	verdict := func(s status.Status, n int, kind, limit string, than int) probe.Verdict {
		return probe.Verdict{Status: s, Reason: status.Queue, Detail: fmt.Sprintf("%d messages %s in queue %s, %s %d", n, kind, l.Name, limit, than)}
	}
	const ready, nack = "are ready", "are not acknowledged"
	switch {
	case l.ReadyDeadAbove > 0 && q.Ready > l.ReadyDeadAbove:
		return verdict(status.Dead, q.Ready, ready, "dead above", l.ReadyDeadAbove)
	case l.NackDeadAbove > 0 && q.Unacknowledged > l.NackDeadAbove:
		return verdict(status.Dead, q.Unacknowledged, nack, "dead above", l.NackDeadAbove)
	case l.ReadyHealthyBelow > 0 && q.Ready >= l.ReadyHealthyBelow:
		return verdict(status.Sick, q.Ready, ready, "sick from", l.ReadyHealthyBelow)
	case l.NackHealthyBelow > 0 && q.Unacknowledged >= l.NackHealthyBelow:
		return verdict(status.Sick, q.Unacknowledged, nack, "sick from", l.NackHealthyBelow)
	}
	return probe.Verdict{Status: status.Healthy}
}

// holds returns how long a reading is worth something without another one.
func (l QueueLimits) holds() time.Duration { return 3*l.Interval + slack }

// A queueState is what is known of a node's queue. It belongs to the node, not
// to its replicas: so it is there before the first of them reports.
type queueState struct {
	limits  QueueLimits // those that verdict was made by
	last    Queue       // the last good reading; its Err is that of a later one
	verdict probe.Verdict
	expires time.Time // when the verdict ends; zero without a queue
	expired bool      // that has been noticed
	version uint64    // grows with each change of the verdict
}

// overdue tells whether the queue has not been read for too long.
func (q *queueState) overdue(now time.Time) bool { return !now.Before(q.expires) }

// next returns when the verdict ends; zero if it has, or never does.
func (q *queueState) next() time.Time {
	if q.expired {
		return time.Time{}
	}
	return q.expires
}

// verdictAt returns what is made at now of a replica that would be healthy but
// for the queue. Whether it is can't be told of a queue that is not read any more.
func (q *queueState) verdictAt(now time.Time) probe.Verdict {
	if !q.last.At.IsZero() && q.overdue(now) {
		return probe.Verdict{Detail: "queue " + q.limits.Name + " has not been read since " + q.last.At.UTC().Format(time.RFC3339)}
	}
	return q.verdict
}

// Queue keeps a reading of the queue of a node. A node without one is ignored.
// An error leaves the last reading in place, as long as that holds: for three
// intervals. Before the first reading, and when the last one holds no more, a
// replica that would be healthy is unknown. It never waits for the disk.
func (s *Store) Queue(node status.NodeID, q Queue) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.nodes[node]
	if n == nil || n.Queue == nil {
		return
	}
	if q.Err != nil {
		n.queue.last.Err = q.Err
		return
	}
	before, silent := n.queue.verdictAt(now), n.queue.overdue(now)
	n.queue.last = q
	n.queue.verdict, n.queue.expires, n.queue.expired = n.Queue.Judge(q), now.Add(n.Queue.holds()), false
	s.awaitLocked(n.queue.expires)
	delay := Probed{Interval: n.Queue.Interval}.repeats()
	if n.queue.verdict != before || silent {
		s.queueChangedLocked(n, now)
		delay = writeNow
	}
	s.dirtyQueueLocked(node, now, delay)
}

// queueChangedLocked makes the next Drain look at the replicas of a node.
func (s *Store) queueChangedLocked(n *node, now time.Time) {
	s.version++
	n.queue.version = s.version
	for _, e := range n.members {
		s.noteLocked(e, now)
	}
}

// Queues returns the last reading of each queue, as long as it holds, sorted by
// node.
func (s *Store) Queues(now time.Time) []NodeQueue {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []NodeQueue
	for _, n := range s.nodes {
		if n.Queue != nil && !n.queue.last.At.IsZero() && !n.queue.overdue(now) {
			all = append(all, NodeQueue{n.ID, n.Queue.Name, n.queue.last})
		}
	}
	slices.SortFunc(all, func(a, b NodeQueue) int { return a.Node.Compare(b.Node) })
	return all
}

// configureQueueLocked judges the queue of a node by its new limits, or begins
// with one that is new: with what an earlier run left, if that still holds.
func (s *Store) configureQueueLocked(n *node, now time.Time) {
	q := &n.queue
	switch {
	case n.Queue == nil:
		if *q != (queueState{}) {
			*q = queueState{}
			s.dirtyQueueLocked(n.ID, now, writeLazily)
			for _, e := range n.members {
				s.changedLocked(e)
			}
		}
		return
	case q.limits == *n.Queue:
		return
	case q.limits.Name != n.Queue.Name:
		*q = queueState{
			verdict: probe.Verdict{Detail: "queue " + n.Queue.Name + " has not been read yet"},
			expires: now.Add(n.Queue.holds()),
		}
		left, ok := s.restored.queues[n.ID]
		if at := s.sinceStart(left.At); ok && !at.After(s.start) && left.Name == n.Queue.Name && now.Before(at.Add(n.Queue.holds())) {
			q.last = Queue{Ready: left.Ready, Unacknowledged: left.Unacknowledged, At: at}
			q.expires = at.Add(n.Queue.holds())
		}
		delete(s.restored.queues, n.ID)
	}
	q.limits = *n.Queue
	if !q.last.At.IsZero() {
		q.verdict = n.Queue.Judge(q.last)
	}
	s.version++
	q.version = s.version
}
