// SPDX-License-Identifier: Apache-2.0

package state

import (
	"slices"
	"strings"
	"time"

	"github.com/pharos-status/pharos/internal/status"
)

// Configure tells the store which nodes there are now. The first call restores
// what an earlier run left of them; each call drops what is no longer there, for
// good, and judges the rest by the new limits. The next Drain tells everything.
//
// With [Options.Patience], later calls restore too what nobody has claimed before.
func (s *Store) Configure(nodes []Node) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.replaceNodesLocked(nodes, now)
	for _, n := range s.nodes {
		s.configureQueueLocked(n, now)
		if n.Mode.reports() {
			for _, e := range n.members {
				s.rejudgeLocked(e, now)
			}
		} else {
			s.configureProbedLocked(n, now)
		}
	}
	s.restoreReportedLocked(now)
	s.dropUnclaimedLocked(now)
	s.all, s.touched = true, nil
	s.awaitAllLocked()
	signal(s.changed)
	signal(s.turned)
}

// replaceNodesLocked puts the new nodes in place. What is left of a node that is
// there no more, or in another mode, is dropped.
func (s *Store) replaceNodesLocked(nodes []Node, now time.Time) {
	before := s.nodes
	s.nodes = make(map[status.NodeID]*node, len(nodes))
	for _, configured := range nodes {
		configured.Replicas = slices.Clone(configured.Replicas)
		n := before[configured.ID]
		if n == nil || n.Mode != configured.Mode {
			n = &node{members: map[string]*entry{}}
		} else {
			delete(before, configured.ID)
		}
		n.same = n.sameLimits(configured)
		n.Node = configured
		s.nodes[n.ID] = n
	}
	for _, n := range before {
		for _, e := range n.members {
			s.removeLocked(e, now)
		}
		if n.Queue != nil {
			s.dirtyQueueLocked(n.ID, now, writeLazily)
		}
	}
}

// configureProbedLocked makes the replicas of a node those that its
// configuration names. They are unknown until their first probe.
func (s *Store) configureProbedLocked(n *node, now time.Time) {
	for _, e := range n.members {
		e.named = false
	}
	for i := range n.Replicas {
		probed := &n.Replicas[i]
		e := n.members[probed.Name]
		if e == nil {
			e = &entry{name: probed.Name, node: n, probed: probed}
			s.addLocked(e)
			s.restoreLocked(e, now)
		} else {
			s.reprobeLocked(e, probed, now)
		}
		e.named = true
	}
	for _, e := range n.members {
		if !e.named {
			s.removeLocked(e, now)
		}
	}
}

// reprobeLocked lets e be probed by new times.
func (s *Store) reprobeLocked(e *entry, probed *Probed, now time.Time) {
	same := *e.probed == *probed
	e.probed = probed
	if same {
		return
	}
	s.changedLocked(e)
	if !e.expires.IsZero() {
		e.settle(s.start, now) // the next probe is due by the new times, from now on
	}
}

// rejudgeLocked judges a replica that reports by the limits of its node.
func (s *Store) rejudgeLocked(e *entry, now time.Time) {
	if !e.node.same {
		e.judge()
		e.settle(s.start, now)
		s.changedLocked(e)
	}
}

// restoreReportedLocked takes over the replicas that an earlier run heard of, as
// far as their nodes still take reports.
func (s *Store) restoreReportedLocked(now time.Time) {
	for id := range s.restored.replicas {
		if n := s.nodes[id.NodeID()]; n != nil && n.Mode.reports() && n.members[id.Replica] == nil {
			e := &entry{name: strings.Clone(id.Replica), node: n} // the ID is a part of a key of the file
			if s.restoreLocked(e, now) {
				s.addLocked(e)
			}
		}
	}
}

// restoreLocked takes over what an earlier run left of e, if it did so in the
// same mode. How old a verdict from the future is can't be told, so it is worth
// nothing; a report from there is one of this moment, and falls due like that.
func (s *Store) restoreLocked(e *entry, now time.Time) bool {
	id := e.id()
	rec, ok := s.restored.replicas[id]
	if !ok {
		return false
	}
	delete(s.restored.replicas, id)
	rec.At = s.sinceStart(rec.At)
	future := rec.At.After(s.start)
	if rec.Mode != e.node.Mode || future && e.probed != nil {
		s.dropLocked(id, now, writeLazily)
		return false
	}
	if future {
		rec.At = s.start
	}
	e.restore(rec)
	e.settle(s.start, now)
	e.noted = e.verdictAt(now).Status
	e.savedStatus = e.noted
	return true
}

// dropUnclaimedLocked drops what an earlier run left and no node has claimed, once
// the store has lost its patience.
func (s *Store) dropUnclaimedLocked(now time.Time) {
	if now.Before(s.start.Add(s.patience)) {
		return
	}
	for id := range s.restored.replicas {
		s.dropLocked(id, now, writeLazily)
	}
	for id := range s.restored.queues {
		s.dirtyQueueLocked(id, now, writeLazily)
	}
	s.restored = restored{}
}

// sinceStart gives a time of an earlier run the monotonic clock of this one, so
// that a clock that is set has no say any more.
func (s *Store) sinceStart(at time.Time) time.Time { return s.start.Add(at.Sub(s.start)) }

// awaitAllLocked looks for the first change that comes by time.
func (s *Store) awaitAllLocked() {
	s.nextDue = time.Time{}
	if len(s.restored.replicas)+len(s.restored.queues) > 0 {
		s.awaitLocked(s.start.Add(s.patience))
	}
	for _, n := range s.nodes {
		s.awaitLocked(n.queue.next())
		for _, e := range n.members {
			s.awaitLocked(e.next())
		}
	}
}
