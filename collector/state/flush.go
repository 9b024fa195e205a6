// SPDX-License-Identifier: Apache-2.0

package state

import (
	"fmt"
	"time"

	"github.com/pharos-status/pharos/internal/status"
)

// Flush drops a replica that reports, for good: on disk before Flush returns. It
// returns ErrUnknownNode, ErrWrongMode for a node that is probed,
// ErrUnknownReplica, ErrClosed, or an error of the disk: then the replica stays.
func (s *Store) Flush(id status.ID) error { return s.Take([]Message{{ID: id, Flush: true}})[0] }

func (s *Store) flushedLocked(id status.ID) (*entry, error) {
	id.Replica = status.Shorten(id.Replica)
	n, e := s.nodes[id.NodeID()], s.findLocked(id)
	switch {
	case s.closed:
		return nil, ErrClosed
	case n == nil:
		return nil, fmt.Errorf("%w %q of service %q", ErrUnknownNode, id.Node, id.Service)
	case !n.Mode.reports():
		return nil, fmt.Errorf("%w: node %s is in mode %s, whose replicas can't be flushed", ErrWrongMode, id.NodeID(), n.Mode)
	case e == nil:
		return nil, fmt.Errorf("%w %q of node %s", ErrUnknownReplica, id.Replica, id.NodeID())
	}
	return e, nil
}

// putBackLocked takes back a flush that could not be written, unless the replica
// has reported, or its node has been dropped, since.
func (s *Store) putBackLocked(e *entry, now time.Time) {
	if e.node.members[e.name] != nil || s.nodes[e.node.ID] != e.node {
		return
	}
	s.addLocked(e)
	s.dirtyLocked(e, now, writeSoon)
	s.awaitLocked(e.next())
	s.noteLocked(e, now)
}
