// SPDX-License-Identifier: Apache-2.0

package schedule

import "time"

// firstWithin is how soon a new job has its first probe, unless its interval is
// shorter still.
const firstWithin = 10 * time.Second

// slot is the distance of the times at which jobs are due, where their intervals
// allow it. So many jobs are due at one time and share a wake-up of the process,
// and none of them is late for it.
const slot = 50 * time.Millisecond

// A task is a job that is scheduled. While it sleeps it is all that there is of it:
// no goroutine and no timer. The scheduler's mutex guards what changes.
type task struct {
	job   *Job
	phase time.Duration // of the job's grid
	due   time.Duration // since the scheduler's epoch
	probe *underway     // from when it is due until its last try is over; else nil
	next  *task         // in the queue of its pool
	place int32         // among those that sleep
	round uint32        // the update that had the job last
	state state
	once  bool // it is done after its first probe
}

// An underway is what is known of a probe that is due and has not ended.
type underway struct {
	began time.Time
	lag   time.Duration
	tries int
	limit *limit // of the try that runs; nil before
	heir  *task  // of the same replica, which waits for the end of this one
}

// A state of a task.
type state uint8

const (
	sleeping state = iota // until it is due
	queued                // for a place in its pool
	running               // a try is under way
	behind                // another task of the same replica, which is stopped
	stopped
)

func newTask(j *Job) *task {
	t := &task{job: j, phase: time.Duration(j.hash() % uint64(j.Interval))}
	if j.Interval%slot == 0 {
		t.phase = t.phase.Truncate(slot)
	}
	return t
}

// dueLocked begins a probe, unless one is between two tries.
func (t *task) dueLocked() {
	if t.probe == nil {
		t.probe = &underway{}
		t.job.Pool.owed += t.job.occupies()
	}
}

// overLocked ends the probe, if there is one.
func (t *task) overLocked() {
	if t.probe != nil {
		t.probe = nil
		t.job.Pool.owed -= t.job.occupies()
	}
}

// withinLocked returns how long it is until the outcome of a probe that waits, at
// most: all places are taken until then, and those that come later don't overtake.
func (t *task) withinLocked() time.Duration {
	p := t.job.Pool
	return p.owed/time.Duration(p.size.Load()) + t.job.occupies() + time.Duration(t.job.Retries)*t.job.RetryWait
}

// untilFirst returns how long after now the first probe is due.
func (t *task) untilFirst(now time.Time) time.Duration {
	wait := t.phase % min(t.job.Interval, firstWithin)
	if t.job.Interval%slot != 0 {
		return wait
	}
	now = now.Round(0)
	due := now.Add(wait).Truncate(slot)
	if due.Before(now) {
		due = due.Add(slot)
	}
	return due.Sub(now)
}

// untilNext returns how long after now the next probe is due. The times of a job
// lie on a grid that depends on nothing but its ID and interval, so that jobs
// stay spread and a restart does not bunch them. A place on the grid that comes
// less than half an interval after the last probe began is left out. The grid is one
// of the clock on the wall, which may be set: how long ago that was is not.
func untilNext(now, began time.Time, interval, phase time.Duration) time.Duration {
	age := max(now.Sub(began), 0)
	now = now.Round(0)
	earliest := now.Add(max(interval/2-age, 0))
	next := earliest.Truncate(interval).Add(phase)
	if !next.After(earliest) {
		next = next.Add(interval)
	}
	return next.Sub(now)
}
