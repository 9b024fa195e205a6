// SPDX-License-Identifier: Apache-2.0

package state

import (
	"errors"
	"fmt"
	"math"
	"time"
	"unicode/utf8"

	"github.com/pharos-status/pharos/internal/status"
)

// Bounds on what replicas that nobody has configured may take.
const (
	maxReported = 100_000              // replicas in all
	maxMembers  = 10_000               // replicas of a node
	maxLoad     = 1e6                  // as a ratio; a load beyond is a mistake of the sender
	maxInterval = 366 * 24 * time.Hour // between two reports
)

// What Report and Flush return, wrapped in an error that names the node or the
// replica.
var (
	ErrUnknownNode    = errors.New("unknown node")
	ErrUnknownReplica = errors.New("unknown replica")
	ErrWrongMode      = errors.New("wrong mode") // a report that the node's mode does not take
	ErrInvalid        = errors.New("invalid report")
	ErrTooMany        = errors.New("too many replicas")
	ErrClosed         = errors.New("the store is closed")
)

// A Report is what a replica says of itself, or what a relay says of it: exactly
// one of Load and Health.
type Report struct {
	Interval time.Duration // until the next report, more than 0
	Load     *Load         // for nodes in push mode
	Health   status.Status // for nodes in local mode: Healthy, Sick or Dead
}

// A Load is how busy a replica is, as ratios from 0. CPU may exceed 1.
type Load struct{ CPU, RAM float64 }

// mode returns the mode of the nodes that take such a report.
func (r Report) mode() Mode {
	if r.Load != nil {
		return Push
	}
	return Local
}

func (r Report) check(id status.ID) error {
	switch {
	case id.Replica == "":
		return fmt.Errorf("%w: the replica has no name", ErrInvalid)
	case !utf8.ValidString(id.Replica):
		return fmt.Errorf("%w: the name of the replica is not valid UTF-8", ErrInvalid)
	case id.Replica == ".", id.Replica == "..":
		return fmt.Errorf("%w: the replica is called %q, which can't be part of the path of a flush; give it another name", ErrInvalid, id.Replica)
	case r.Interval <= 0 || r.Interval > maxInterval:
		return fmt.Errorf("%w: interval is %v, want more than 0 and at most a year", ErrInvalid, r.Interval)
	case r.Load != nil && r.Health != status.Unknown:
		return fmt.Errorf("%w: both load and health are given", ErrInvalid)
	case r.Load == nil && r.Health == status.Unknown:
		return fmt.Errorf("%w: neither load nor health is given", ErrInvalid)
	case r.Load == nil:
		return nil
	}
	if err := checkLoad("cpu", r.Load.CPU); err != nil {
		return err
	}
	return checkLoad("ram", r.Load.RAM)
}

func checkLoad(resource string, load float64) error {
	if math.IsNaN(load) || load < 0 || load > maxLoad {
		return fmt.Errorf("%w: load.%s is %v, want a ratio from 0, such as 0.3", ErrInvalid, resource, load)
	}
	return nil
}

// Report keeps what a replica says of itself. A replica that is new, and a
// status that is, are on disk before Report returns; what repeats the status is
// on disk within a second. A name that is too long is shortened.
//
// It returns ErrInvalid, ErrUnknownNode, ErrWrongMode, ErrTooMany, ErrClosed, or
// an error of the disk: then the report counts, but a crash may lose it.
func (s *Store) Report(id status.ID, r Report) error {
	if err := r.check(id); err != nil {
		return err
	}
	id.Replica = status.Shorten(id.Replica)
	now := time.Now()
	s.mu.Lock()
	e, err := s.receiverLocked(id, r.mode())
	if err != nil {
		s.mu.Unlock()
		return err
	}
	e.rec = record{Mode: e.node.Mode, At: now, Interval: r.Interval, Status: r.Health}
	if r.Load != nil {
		load := *r.Load
		e.rec.CPU, e.rec.RAM = &load.CPU, &load.RAM
	}
	generation := s.heardLocked(e, now, writeSoon)
	urgent := !e.saved || e.savedStatus != e.verdict.Status || s.failing
	s.mu.Unlock()
	if urgent {
		return s.write(generation)
	}
	return nil
}

// receiverLocked finds the replica that reports, or makes it.
func (s *Store) receiverLocked(id status.ID, mode Mode) (*entry, error) {
	n := s.nodes[id.NodeID()]
	switch e := s.replicas[id]; {
	case s.closed:
		return nil, ErrClosed
	case n == nil:
		return nil, fmt.Errorf("%w %q of service %q", ErrUnknownNode, id.Node, id.Service)
	case n.Mode != mode:
		return nil, fmt.Errorf("%w: node %s is in mode %s, and the report is for mode %s", ErrWrongMode, id.NodeID(), n.Mode, mode)
	case e != nil:
		return e, nil
	case s.members[id.NodeID()] >= maxMembers:
		return nil, fmt.Errorf("%w: node %s has %d; flush those that are gone, or set forget_after", ErrTooMany, id.NodeID(), maxMembers)
	case s.reported >= maxReported:
		return nil, fmt.Errorf("%w: there are %d; flush those that are gone, or set forget_after", ErrTooMany, maxReported)
	}
	e := &entry{id: id, node: n}
	s.addLocked(e)
	return e, nil
}

// heardLocked judges a new record of e, and returns its generation.
func (s *Store) heardLocked(e *entry, now time.Time, delay time.Duration) uint64 {
	e.restored, e.expired = false, false
	e.judge()
	e.settle(s.start, now)
	s.awaitLocked(e)
	s.noteLocked(e, now)
	return s.dirtyLocked(e.id, now, delay)
}
