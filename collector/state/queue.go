// SPDX-License-Identifier: Apache-2.0

package state

import (
	"time"

	"github.com/pharos-status/pharos/internal/status"
)

// QueueLimits say which queue speaks for a node, and how many messages in it are
// too many.
type QueueLimits struct {
	Name     string        // of the queue
	Interval time.Duration // between two readings

	// From as many messages on that are ready, or not acknowledged, the node is sick.
	ReadyHealthyBelow, NackHealthyBelow int
	// Above as many it is dead.
	ReadyDeadAbove, NackDeadAbove int
}

// A Queue is a reading of a queue: what is in it, or why that can't be told.
type Queue struct {
	Ready          int // messages that wait for a consumer
	Unacknowledged int // messages that a consumer has not done with
	At             time.Time
	Err            error
}

// A NodeQueue is what is known of the queue of a node.
type NodeQueue struct {
	Node status.NodeID
	Name string
	Queue
}

// Queue keeps a reading of the queue of a node. A node that has none is ignored.
// It never waits for the disk.
func (s *Store) Queue(node status.NodeID, q Queue) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queues[node] = q
}

// Queues returns the last reading of each queue that still holds, sorted by
// node.
func (s *Store) Queues(now time.Time) []NodeQueue {
	return nil
}
