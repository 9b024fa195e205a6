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
func (s *Store) Flush(id status.ID) error {
	id.Replica = status.Shorten(id.Replica)
	now := time.Now()
	s.mu.Lock()
	e, err := s.flushedLocked(id)
	if err != nil {
		s.mu.Unlock()
		return err
	}
	s.removeLocked(e, now)
	generation := s.generation
	s.mu.Unlock()

	if err = s.write(generation); err != nil {
		s.putBack(e)
	}
	return err
}

func (s *Store) flushedLocked(id status.ID) (*entry, error) {
	n, e := s.nodes[id.NodeID()], s.replicas[id]
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

// putBack takes back a flush that could not be written, unless the replica has
// reported, or its node has been dropped, since.
func (s *Store) putBack(e *entry) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.replicas[e.id] != nil || s.nodes[e.id.NodeID()] != e.node {
		return
	}
	s.addLocked(e)
	s.dirtyLocked(e.id, now, writeSoon)
	s.awaitLocked(e)
	s.noteLocked(e, now)
}
