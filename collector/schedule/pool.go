// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"sync/atomic"
	"time"
)

// A Pool bounds how many probes run at a time, over all jobs that have it; they
// must be those of one [Scheduler]. Two Pools are equal if they are the same.
type Pool struct{ *places }

// NewPool returns a Pool for n probes at a time, one at least.
func NewPool(n int) Pool {
	p := Pool{&places{}}
	p.Resize(n)
	return p
}

// Resize lets n probes run at a time from now on, one at least. It may be called at
// any time; those under way go on.
func (p Pool) Resize(n int) { p.size.Store(int64(max(n, 1))) }

// Size returns how many probes run at a time.
func (p Pool) Size() int { return int(p.size.Load()) }

// Running returns how many probes run now. It may be more than Size for a while
// after the pool was made smaller.
func (p Pool) Running() int { return int(p.taken.Load()) }

// places are those of a pool. The scheduler's mutex guards them; size and taken may
// be read without it.
type places struct {
	size, taken atomic.Int64
	// Who has begun goes on before anybody begins: else each try would cost the
	// wait once more, and a probe its tries times the wait.
	begun, fresh fifo
	owed         time.Duration // how long the places are needed for the probes that are due and not over, at most
}

// takeLocked has a task wait for a place, and returns the task that has one now, if
// any does.
func (p *places) takeLocked(t *task) *task {
	t.state = queued
	if t.probe.tries > 0 {
		p.begun.push(t)
	} else {
		p.fresh.push(t)
	}
	return p.nextLocked()
}

// giveLocked takes a place back, and returns the task that has it then, if any does.
func (p *places) giveLocked() *task {
	p.taken.Add(-1)
	return p.nextLocked()
}

// nextLocked gives a place that is free to the task that is next.
func (p *places) nextLocked() *task {
	if p.taken.Load() >= p.size.Load() {
		return nil
	}
	t := p.begun.pop()
	if t == nil {
		t = p.fresh.pop()
	}
	if t != nil {
		p.taken.Add(1)
		t.state = running
	}
	return t
}

// A fifo is tasks that wait, in order.
type fifo struct{ first, last *task }

func (f *fifo) push(t *task) {
	if f.first == nil {
		f.first = t
	} else {
		f.last.next = t
	}
	f.last = t
}

// pop returns the task that has waited longest, unless it has been stopped meanwhile.
func (f *fifo) pop() *task {
	for f.first != nil {
		t := f.first
		f.first, t.next = t.next, nil
		if t.state == queued {
			return t
		}
	}
	return nil
}
