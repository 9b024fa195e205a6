// SPDX-License-Identifier: Apache-2.0

package schedule

// A Pool bounds how many probes run at a time, over all jobs that have it; they
// must be those of one [Scheduler]. Two Pools are equal if they are the same.
type Pool struct{ *places }

// NewPool returns a Pool for n probes at a time, one at least.
func NewPool(n int) Pool { return Pool{&places{free: max(n, 1)}} }

// places are those of a pool. The scheduler's mutex guards them.
type places struct {
	free        int
	first, last *task // who waits for one, in order
}

// takeLocked takes a place for a task. If there is none, the task waits for it.
func (p *places) takeLocked(t *task) bool {
	if p.free > 0 {
		p.free--
		return true
	}
	t.state = queued
	if p.first == nil {
		p.first = t
	} else {
		p.last.next = t
	}
	p.last = t
	return false
}

// giveLocked gives a place on to the task that has waited longest, which it returns,
// or back.
func (p *places) giveLocked() *task {
	for p.first != nil {
		t := p.first
		p.first, t.next = t.next, nil
		if t.state == queued { // else it has been stopped meanwhile
			return t
		}
	}
	p.free++
	return nil
}
