// SPDX-License-Identifier: Apache-2.0

package state

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pharos-status/pharos/internal/status"
)

// Bounds on what a report may say.
const (
	maxLoad     = 1e6                  // as a ratio; a load beyond is a mistake of the sender
	maxInterval = 366 * 24 * time.Hour // between two reports
	maxName     = 16 << 10             // bytes; a relay may send the whole text of a script
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

// A Report is what a replica says of itself, or what a relay says of it. For nodes
// in push mode it has a Load and may have a health, for those in local mode a
// health alone: either Health or Unknown.
type Report struct {
	Interval time.Duration // until the next report, more than 0
	Load     *Load
	Health   status.Status // Healthy, Sick or Dead
	Unknown  bool          // who reports can't tell the health
	Detail   string        // the reason in words, a line of valid UTF-8, or none
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
	if err := checkName(id.Replica); err != nil {
		return err
	}
	switch {
	case r.Interval <= 0 || r.Interval > maxInterval:
		return fmt.Errorf("%w: interval is %v, want more than 0 and at most a year", ErrInvalid, r.Interval)
	case r.Health != status.Unknown && r.Unknown:
		return fmt.Errorf("%w: a health is given that can't be told", ErrInvalid)
	case r.Load == nil && r.Health == status.Unknown && !r.Unknown:
		return fmt.Errorf("%w: neither load nor health is given", ErrInvalid)
	case r.Load == nil:
		return nil
	}
	if err := checkLoad("cpu", r.Load.CPU); err != nil {
		return err
	}
	return checkLoad("ram", r.Load.RAM)
}

func checkName(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("%w: the replica has no name", ErrInvalid)
	case len(name) > maxName:
		return fmt.Errorf("%w: the name of the replica has %d bytes, want at most %d", ErrInvalid, len(name), maxName)
	case !utf8.ValidString(name):
		return fmt.Errorf("%w: the name of the replica is not valid UTF-8", ErrInvalid)
	case name == ".", name == "..":
		return fmt.Errorf("%w: the replica is called %q, which can't be part of the path of a flush; give it another name", ErrInvalid, name)
	}
	return nil
}

func checkLoad(resource string, load float64) error {
	if math.IsNaN(load) || load < 0 || load > maxLoad {
		return fmt.Errorf("%w: load.%s is %v, want a ratio from 0, such as 0.3", ErrInvalid, resource, load)
	}
	return nil
}

// Report keeps what a replica says of itself. A replica that is new, and a
// status that is, are on disk before Report returns; what repeats the status is
// on disk within a second. A name or a detail that is too long is shortened.
//
// It returns ErrInvalid, ErrUnknownNode, ErrWrongMode, ErrTooMany, ErrClosed, or
// an error of the disk: then the report counts, but a crash may lose it.
func (s *Store) Report(id status.ID, r Report) error {
	if err := r.check(id); err != nil {
		return err
	}
	s.mu.Lock()
	generation, urgent, err := s.reportLocked(id, r, time.Now())
	s.mu.Unlock()
	if err != nil || !urgent {
		return err
	}
	return s.write(generation)
}

// reportLocked keeps a report, and tells whether it must be on disk before it is
// acknowledged.
func (s *Store) reportLocked(id status.ID, r Report, now time.Time) (generation uint64, urgent bool, err error) {
	id.Replica = status.Shorten(id.Replica)
	e, err := s.receiverLocked(id, r.mode())
	if err != nil {
		return 0, false, err
	}
	e.at, e.interval, e.load = now, r.Interval, nil
	e.heard, e.untold, e.said = r.Health, r.Unknown, status.Shorten(r.Detail)
	if r.Load != nil {
		load := *r.Load
		e.load = &load
	}
	e.judge()
	generation = s.heardLocked(e, now, writeSoon)
	return generation, !e.saved || e.savedStatus != e.verdict.Status || s.failing, nil
}

// receiverLocked finds the replica that reports, or makes it.
func (s *Store) receiverLocked(id status.ID, mode Mode) (*entry, error) {
	n := s.nodes[id.NodeID()]
	switch {
	case s.closed:
		return nil, ErrClosed
	case n == nil:
		return nil, fmt.Errorf("%w %q of service %q", ErrUnknownNode, id.Node, id.Service)
	case n.Mode != mode:
		return nil, fmt.Errorf("%w: node %s is in mode %s, and the report is for mode %s", ErrWrongMode, id.NodeID(), n.Mode, mode)
	}
	if e := n.members[id.Replica]; e != nil {
		return e, nil
	}
	switch {
	case len(n.members) >= s.limits.ReplicasPerNode:
		return nil, fmt.Errorf("%w: node %s has %d; flush those that are gone, or set forget_after", ErrTooMany, id.NodeID(), len(n.members))
	case s.reported >= s.limits.Replicas:
		return nil, fmt.Errorf("%w: there are %d; flush those that are gone, or set forget_after", ErrTooMany, s.reported)
	}
	e := &entry{name: strings.Clone(id.Replica), node: n}
	s.addLocked(e)
	return e, nil
}

// heardLocked takes note of what was heard of e, and returns its generation.
func (s *Store) heardLocked(e *entry, now time.Time, delay time.Duration) uint64 {
	e.restored, e.expired = false, false
	e.settle(s.start, now)
	s.changedLocked(e)
	s.awaitLocked(e.next())
	s.noteLocked(e, now)
	return s.dirtyLocked(e, now, delay)
}
