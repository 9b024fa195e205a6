// SPDX-License-Identifier: Apache-2.0

package state

import (
	"fmt"
	"time"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/status"
)

// A record is what is kept of a replica across restarts: what was seen or
// reported, not what is made of it, so that a changed limit holds at once.
type record struct {
	Mode     Mode          `json:"mode"`
	At       time.Time     `json:"at"`
	Status   status.Status `json:"status,omitzero"` // a probe's verdict, or what a relay reported
	Reason   status.Reason `json:"reason,omitempty"`
	Detail   string        `json:"detail,omitempty"`
	Took     time.Duration `json:"took,omitempty"`
	Interval time.Duration `json:"interval,omitempty"`
	CPU      *float64      `json:"cpu,omitempty"`
	RAM      *float64      `json:"ram,omitempty"`
	// LateAfter is how long nothing had been heard when that became too long
	// before our eyes; 0 if it has not.
	LateAfter time.Duration `json:"late_after,omitempty"`
}

// An entry is a replica in memory.
type entry struct {
	id      status.ID
	node    *Node
	probed  Probed    // how it is probed, if it is
	since   time.Time // when the verdict of a probe in this run began to hold
	rec     record
	verdict probe.Verdict // what is made of rec, as long as it is in time

	restored bool      // rec comes from an earlier run, nothing has been heard since
	waiting  bool      // it fell due while nobody listened, so its status can't be told
	expired  bool      // its time has passed
	expires  time.Time // when the verdict ends; zero if it never does
	forget   time.Time // when the replica is dropped; zero if it never is

	saved       bool          // a record of it is on disk
	savedStatus status.Status // the status at the time of that record
}

// judge renews the verdict from the record and the node's limits.
func (e *entry) judge() {
	switch e.node.Mode {
	case Push:
		e.verdict = e.judgeLoad()
	case Local:
		e.verdict = probe.Verdict{Status: e.rec.Status}
		if e.rec.Status != status.Healthy {
			e.verdict.Reason = status.Reported
			e.verdict.Detail = "reported as " + e.rec.Status.String()
		}
	case Poll, Script:
		e.verdict = probe.Verdict{Status: e.rec.Status, Reason: e.rec.Reason, Detail: e.rec.Detail}
	}
}

func (e *entry) judgeLoad() probe.Verdict {
	sick := func(resource string, load, limit float64) probe.Verdict {
		return probe.Verdict{
			Status: status.Sick, Reason: status.Load,
			Detail: fmt.Sprintf("%s load is %.2f, sick above %.2f", resource, load, limit),
		}
	}
	switch cpu, ram := e.rec.CPU, e.rec.RAM; {
	case cpu != nil && *cpu > e.node.CPUSickAbove:
		return sick("CPU", *cpu, e.node.CPUSickAbove)
	case ram != nil && *ram > e.node.RAMSickAbove:
		return sick("RAM", *ram, e.node.RAMSickAbove)
	}
	return probe.Verdict{Status: status.Healthy}
}

// settle computes the times at which the verdict and the replica end. The store
// began to listen at start.
func (e *entry) settle(start, now time.Time) {
	e.expires, e.forget, e.waiting = time.Time{}, time.Time{}, false
	switch {
	case e.node.Mode.reports():
		e.settleReport(start, now)
		return
	case e.restored:
		e.expires = e.rec.At.Add(e.probed.holdsRestored())
	case !e.since.IsZero():
		e.expires = e.since.Add(e.probed.holds())
	}
	e.expired = !e.expires.IsZero() && !now.Before(e.expires)
}

func (e *entry) settleReport(start, now time.Time) {
	window := e.window()
	e.expires = e.rec.At.Add(window)
	ends, late := e.expires, false
	if e.restored {
		// Nobody listened when it fell due, so it gets a second chance. (One
		// that was dead stays dead meanwhile: seen to fall due, or reported so.)
		missed := !start.Before(e.expires)
		late = e.rec.LateAfter > 0 && (missed || window <= e.rec.LateAfter)
		if missed || late {
			ends = start.Add(window)
		}
		if missed && !late {
			e.expires = ends
			e.waiting = e.verdict.Status != status.Dead
		}
	}
	e.expired = late || !now.Before(e.expires)
	if e.node.ForgetAfter > 0 {
		e.forget = e.rec.At.Add(e.node.ForgetAfter)
		if e.forget.Before(ends) {
			e.forget = ends
		}
	}
}

// window is how long nothing may be heard of a replica that reports.
func (e *entry) window() time.Duration { return e.rec.Interval + e.node.DeadAfter }

// next returns the time of the next change that comes by time alone; zero if
// none does.
func (e *entry) next() time.Time {
	if !e.expired && !e.expires.IsZero() {
		return e.expires
	}
	return e.forget
}

// forgotten tells whether the replica is gone for good.
func (e *entry) forgotten(now time.Time) bool {
	return !e.forget.IsZero() && !now.Before(e.forget)
}

// at returns what is known of the replica at now.
func (e *entry) at(now time.Time) Replica {
	v := e.verdict
	switch {
	case e.expired, !e.expires.IsZero() && !now.Before(e.expires):
		v = e.overdue()
	case e.waiting:
		v = probe.Verdict{Detail: "no report since Pharos has started again"}
	}
	return Replica{
		ID: e.id, Mode: e.node.Mode, Status: v.Status, Reason: v.Reason, Detail: v.Detail,
		At: e.rec.At, Took: e.rec.Took, CPU: e.rec.CPU, RAM: e.rec.RAM,
	}
}

// overdue is the verdict on a replica whose time has passed.
func (e *entry) overdue() probe.Verdict {
	if !e.node.Mode.reports() {
		return probe.Verdict{Detail: "the last probe is too long ago"}
	}
	return probe.Verdict{
		Status: status.Dead, Reason: status.Late,
		Detail: fmt.Sprintf("no report for %v", e.window()),
	}
}
