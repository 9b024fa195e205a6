// SPDX-License-Identifier: Apache-2.0

package state

import (
	"fmt"
	"time"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/status"
)

// An entry is a replica in memory. There may be 100,000, so what most of them
// lack stands behind a pointer, and the strings of its node are those of the node.
type entry struct {
	name    string
	node    *node
	probed  *Probed       // how it is probed; nil if it reports
	verdict probe.Verdict // what is made of what was heard, as long as it is in time

	at       time.Time     // of the last probe or report
	took     time.Duration // by the last probe
	interval time.Duration // until the next report
	load     *Load         // as reported; never written to
	said     string        // the reason in words, as reported
	log      Log           // of the last probe
	notAfter int64         // of a certificate, as Unix time; 0 if there was none
	figures  *figures      // of a script; never written to

	// lateAfter is how long nothing had been heard when that became too long
	// before the eyes of an earlier run; 0 if it did not.
	lateAfter time.Duration
	expires   time.Time // when the verdict ends; zero if it never does
	forget    time.Time // when the replica is dropped; zero if it never is

	version uint64   // grows with each change, but for those that come by time
	shown   *Replica // as told by Drain; nil if it was not

	heard       status.Status // a probe's verdict, or the health that was reported
	noted       status.Status // as last told by StatusChanged
	savedStatus status.Status // the status at the time of the record on disk
	untold      bool          // the health was reported as one that can't be told
	saved       bool          // a record of it is on disk
	saving      bool          // one is being written
	restored    bool          // all comes from an earlier run, nothing has been heard since
	waiting     bool          // it fell due while nobody listened, so its status can't be told
	expired     bool          // its time has passed
	named       bool          // the configuration names it
	removed     bool          // it is no longer in the store
	touched     bool          // it is among those that Drain looks at
	dirty       bool          // it is among those to be written
}

func (e *entry) id() status.ID { return e.node.ID.Replica(e.name) }

// compare orders entries by ID.
func (e *entry) compare(other *entry) int { return e.id().Compare(other.id()) }

// judge renews the verdict on a replica that reports, by the node's limits.
func (e *entry) judge() {
	switch e.node.Mode {
	case Push:
		e.verdict = e.judgeLoad()
		if e.untold || e.heard != status.Unknown {
			e.verdict = worse(e.verdict, reportedAs(e.heard))
		}
	case Local:
		e.verdict = reportedAs(e.heard)
	case Poll, Script: // the verdict is what was heard
	}
}

// worse returns the verdict of the worse status; that of a, if both are as bad.
func worse(a, b probe.Verdict) probe.Verdict {
	if b.Status.Severity() > a.Status.Severity() {
		return b
	}
	return a
}

func reportedAs(s status.Status) probe.Verdict {
	switch s {
	case status.Healthy:
		return probe.Verdict{Status: s}
	case status.Sick:
		return probe.Verdict{Status: s, Reason: status.Reported, Detail: "reported as sick"}
	case status.Dead:
		return probe.Verdict{Status: s, Reason: status.Reported, Detail: "reported as dead"}
	default:
		return probe.Verdict{Reason: status.Reported, Detail: "reported as unknown"}
	}
}

func (e *entry) judgeLoad() probe.Verdict {
	sick := func(resource string, load, limit float64) probe.Verdict {
		return probe.Verdict{
			Status: status.Sick, Reason: status.Load,
			Detail: fmt.Sprintf("%s load is %.2f, sick above %.2f", resource, load, limit),
		}
	}
	switch {
	case e.load != nil && e.load.CPU > e.node.CPUSickAbove:
		return sick("CPU", e.load.CPU, e.node.CPUSickAbove)
	case e.load != nil && e.load.RAM > e.node.RAMSickAbove:
		return sick("RAM", e.load.RAM, e.node.RAMSickAbove)
	}
	return probe.Verdict{Status: status.Healthy}
}

// settle computes the times at which the verdict and the replica end. The store
// began to listen at start.
func (e *entry) settle(start, now time.Time) {
	e.expires, e.forget, e.waiting = time.Time{}, time.Time{}, false
	switch {
	case e.probed == nil:
		e.settleReport(start, now)
		return
	case e.restored:
		e.expires = e.at.Add(e.probed.holdsRestored())
	default:
		e.expires = now.Add(e.probed.holds())
	}
	e.expired = !now.Before(e.expires)
}

func (e *entry) settleReport(start, now time.Time) {
	window := e.window()
	e.expires = e.at.Add(window)
	ends, late := e.expires, false
	if e.restored {
		// Nobody listened when it fell due, so it gets a second chance. (One
		// that was dead stays dead meanwhile: seen to fall due, or reported so.)
		missed := !start.Before(e.expires)
		late = e.lateAfter > 0 && (missed || window <= e.lateAfter)
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
		e.forget = e.at.Add(e.node.ForgetAfter)
		if e.forget.Before(ends) {
			e.forget = ends
		}
	}
}

// window is how long nothing may be heard of a replica that reports.
func (e *entry) window() time.Duration { return e.interval + e.node.DeadAfter }

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

// overdue tells whether the time of the replica has passed.
func (e *entry) overdue(now time.Time) bool {
	return e.expired || !e.expires.IsZero() && !now.Before(e.expires)
}

// verdictAt returns what is made of the replica at now.
func (e *entry) verdictAt(now time.Time) probe.Verdict {
	switch {
	case e.overdue(now) && e.probed != nil:
		return probe.Verdict{Detail: "the last probe is too long ago"}
	case e.overdue(now):
		return probe.Verdict{Status: status.Dead, Reason: status.Late, Detail: fmt.Sprintf("no report for %v", e.window())}
	case e.waiting:
		return probe.Verdict{Detail: "no report since Pharos has started again"}
	case e.probed != nil:
		return e.verdict
	case e.node.Queue != nil && e.verdict.Reason != status.Load: // a queue counts where the load is good
		return e.inWords(worse(e.node.queue.verdictAt(now), e.verdict))
	}
	return e.inWords(e.verdict)
}

// inWords adds to a verdict on a replica that reports what it said itself.
func (e *entry) inWords(v probe.Verdict) probe.Verdict {
	switch {
	case e.said == "":
	case v.Detail == "", v.Reason == status.Reported:
		v.Detail = e.said
	default:
		v.Detail += "; " + e.said
	}
	return v
}

// fill writes what is known of the replica at now.
func (e *entry) fill(r *Replica, now time.Time) {
	v := e.verdictAt(now)
	*r = Replica{
		ID: e.id(), Mode: e.node.Mode, Status: v.Status, Reason: v.Reason, Detail: v.Detail,
		At: e.at, Took: e.took, Interval: e.interval, Events: e.log, Version: e.versionAt(now),
	}
	if e.probed != nil {
		r.Interval = e.probed.Interval
	}
	if e.load != nil {
		r.CPU, r.RAM = &e.load.CPU, &e.load.RAM
	}
	if e.notAfter != 0 {
		r.NotAfter = time.Unix(e.notAfter, 0)
	}
	if e.figures != nil {
		r.Perfdata, r.Steps = e.figures.perfdata, e.figures.steps
	}
}

// versionAt makes a version of the last change that somebody made, and of what
// time alone has done since, which goes one way only.
func (e *entry) versionAt(now time.Time) uint64 {
	last, byTime := e.version, uint64(0)
	if q := &e.node.queue; e.node.Queue != nil {
		last = max(last, q.version)
		if q.overdue(now) {
			byTime++
		}
	}
	if e.overdue(now) {
		byTime += 2
	}
	return last<<2 | byTime
}
