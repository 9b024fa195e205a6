// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"context"
	"time"
)

// Once runs each of the jobs one time, its retries included, at once but for
// what their pools hold back, and returns when the last of them has been
// recorded. Those that ctx ends are not recorded. It takes the place of Run.
func (s *Scheduler) Once(ctx context.Context, jobs []*Job) {
	if len(jobs) == 0 {
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.addOnce(jobs, cancel)
	_ = s.Run(ctx) // returns nil
}

// addOnce has jobs that are due at once, and calls done when all of them are done.
func (s *Scheduler) addOnce(jobs []*Job, done func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left, s.done = len(jobs), done
	for _, j := range jobs {
		t := newTask(j)
		t.once = true
		s.sleepLocked(t, time.Now(), 0)
	}
}

// onceLocked notes that one of them is done.
func (s *Scheduler) onceLocked() {
	if s.left--; s.left == 0 {
		s.done()
	}
}
