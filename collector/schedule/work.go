// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"context"
	"time"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/status"
)

// maxSpare is how many workers wait for another task when there is none. Their
// stacks have grown to what a probe needs, and to grow that of a new goroutine takes
// longer than all else that the scheduler does.
const maxSpare = 64

// work does one try of t, which has a place in its pool, then one of each task that
// waits for the place, and then what comes.
func (s *Scheduler) work(ctx context.Context, t *task) {
	for {
		for t != nil {
			t = s.step(ctx, t)
		}
		if s.idle.Add(1) > maxSpare {
			s.idle.Add(-1)
			return
		}
		var ok bool
		t, ok = <-s.spare
		s.idle.Add(-1)
		if !ok {
			return
		}
	}
}

// step does one try of t, and returns the task that has the place then.
func (s *Scheduler) step(ctx context.Context, t *task) (next *task) {
	within := newLimit(ctx, t.job.Limits.Timeout)
	defer within.end()
	var result probe.Result
	if ctx.Err() == nil && s.begin(t, within) {
		result = s.try(within, t.job) //nolint:contextcheck // within is made of ctx
	}
	next = s.giveOn(ctx, t.job.Pool)
	if ctx.Err() == nil { // else what was seen means nothing
		s.settle(t, result)
	}
	return next
}

// begin notes that a try begins. It returns false if the task has been stopped.
func (s *Scheduler) begin(t *task, within *limit) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t.state == stopped {
		return false
	}
	if t.probe.tries == 0 {
		t.probe.began = time.Now()
		t.probe.lag = max(t.probe.began.Sub(s.epoch)-t.due, 0)
	}
	t.probe.tries++
	t.probe.limit = within
	return true
}

// giveOn gives a place in a pool to the task that it returns, or back.
func (s *Scheduler) giveOn(ctx context.Context, p Pool) *task {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() != nil {
		p.taken.Add(-1)
		return nil
	}
	return p.giveLocked()
}

// settle makes of a try what follows from it: another try, an outcome, or nothing if
// the task has been stopped. The task sleeps then, unless it has been stopped.
func (s *Scheduler) settle(t *task, r probe.Result) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t.state == stopped {
		s.buryLocked(t)
		return
	}
	verdict := t.job.Limits.Judge(r)
	if verdict.Status == status.Dead && t.probe.tries <= t.job.Retries {
		s.sleepLocked(t, time.Now(), t.job.RetryWait)
		return
	}
	outcome := Outcome{Job: t.job, Verdict: verdict, Result: r, Lag: t.probe.lag}
	s.mu.Unlock()
	s.record(outcome)
	s.mu.Lock()
	if t.state == stopped {
		s.buryLocked(t)
		return
	}
	began := t.probe.began
	t.overLocked()
	if t.once {
		s.onceLocked()
		return
	}
	now := time.Now()
	s.sleepLocked(t, now, untilNext(now, began, t.job.Interval, t.phase))
}

// buryLocked lets the task begin that waits for the end of t, which was stopped.
func (s *Scheduler) buryLocked(t *task) {
	delete(s.ending, t.job.ID)
	heir := t.probe.heir
	t.overLocked()
	if heir != nil && heir.state == behind {
		now := time.Now()
		s.sleepLocked(heir, now, heir.untilFirst(now))
	}
}
