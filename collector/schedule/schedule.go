// SPDX-License-Identifier: Apache-2.0

// Package schedule decides when to probe: it spreads jobs over their intervals,
// bounds how many run at a time, and tries dead targets again. What a probe does
// is left to the package probe, and what becomes of its outcome to the caller.
package schedule

import (
	"container/heap"
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pharos-status/pharos/internal/status"
)

// Options are the settings of a [Scheduler].
type Options struct {
	Record func(Outcome) // required; called from many goroutines; must not block for long
	Logger *slog.Logger  // required

	// Waits, if given, is told of each probe and each retry that is due and has to
	// wait for its pool, and within what time its outcome comes even if everything
	// before it hangs. It is called by Run, and must not block for long.
	Waits func(j *Job, within time.Duration)
}

// A Scheduler runs jobs. One timer wakes it for those that are due, and there are
// as many goroutines as probes under way, and a few to spare: a job that sleeps has
// none, and a slow target holds up nothing but itself and its place in the pool.
type Scheduler struct {
	record  func(Outcome)
	waits   func(*Job, time.Duration)
	logger  *slog.Logger
	updates chan []*Job   // capacity 1: the latest jobs that Run has not seen yet
	spare   chan *task    // what workers that have nothing to do wait for
	idle    atomic.Int64  // how many of them there are
	wake    chan struct{} // capacity 1: somebody is due before wakeAt
	epoch   time.Time     // times are since then, by a clock that nobody sets

	updating sync.Mutex // held by Update, so that the latest of two callers wins

	mu     sync.Mutex // held for moments only; guards all that follows, and all tasks and pools
	round  uint32     // counts updates
	tasks  map[*Job]*task
	ending map[status.ID]*task // those that have been stopped while they ran
	asleep sleepers
	wakeAt time.Duration // when Run wakes by itself
	left   int           // of those that run once
	done   func()        // called when none is left
}

// New returns a Scheduler without jobs.
func New(o Options) *Scheduler {
	return &Scheduler{
		record: o.Record, waits: o.Waits, logger: o.Logger, epoch: time.Now(),
		updates: make(chan []*Job, 1), spare: make(chan *task), wake: make(chan struct{}, 1),
		tasks: map[*Job]*task{}, ending: map[status.ID]*task{},
	}
}

// Update replaces the jobs; IDs must differ. A job that is among the old ones and
// the new ones, as the same pointer, goes on undisturbed. Any other is stopped or
// started: a probe under way of a job that is stopped is not recorded. Update
// may be called at any time, and does not wait until the change has happened.
func (s *Scheduler) Update(jobs []*Job) {
	s.updating.Lock()
	defer s.updating.Unlock()
	select {
	case <-s.updates:
	default:
	}
	s.updates <- jobs // never blocks: only Update sends, and there is room now
}

// Run runs the jobs until ctx is done, and returns nil once the last of them has
// ended. It is called once.
func (s *Scheduler) Run(ctx context.Context) error {
	var workers sync.WaitGroup
	defer workers.Wait()
	defer close(s.spare)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case jobs := <-s.updates:
			s.apply(jobs)
		case <-s.wake:
		case <-timer.C:
		}
		due, waiting, wait := s.takeDue()
		timer.Reset(wait)
		for _, t := range due {
			select {
			case s.spare <- t:
			default:
				workers.Go(func() { s.work(ctx, t) })
			}
		}
		for _, w := range waiting {
			s.waits(w.Job, w.within)
		}
	}
}

// apply stops and starts what differs.
func (s *Scheduler) apply(jobs []*Job) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.round++
	var added []*Job
	for _, j := range jobs {
		if t := s.tasks[j]; t != nil {
			t.round = s.round
		} else {
			added = append(added, j)
		}
	}
	for j, t := range s.tasks {
		if t.round != s.round {
			delete(s.tasks, j)
			s.stopLocked(t)
		}
	}
	now := time.Now()
	for _, j := range added {
		t := newTask(j)
		t.round, s.tasks[j] = s.round, t
		if old := s.ending[j.ID]; old != nil { // no replica is probed twice at a time
			t.state, old.probe.heir = behind, t
			continue
		}
		s.sleepLocked(t, now, t.untilFirst(now))
	}
}

func (s *Scheduler) stopLocked(t *task) {
	switch t.state {
	case sleeping:
		heap.Remove(&s.asleep, int(t.place))
		t.overLocked()
	case running:
		s.ending[t.job.ID] = t
		if t.probe.limit != nil { // else it is about to begin
			t.probe.limit.end()
		}
	case queued:
		t.overLocked()
	case behind, stopped:
	}
	t.state = stopped
}

// sleepLocked has a task sleep.
func (s *Scheduler) sleepLocked(t *task, now time.Time, wait time.Duration) {
	t.state, t.due = sleeping, now.Sub(s.epoch)+wait
	heap.Push(&s.asleep, t)
	if t.due < s.wakeAt {
		s.wakeAt = t.due
		select {
		case s.wake <- struct{}{}:
		default:
		}
	}
}

// A waiting is a job that waits for its pool, and when it is done at the latest.
type waiting struct {
	*Job
	within time.Duration
}

// takeDue returns the tasks that have a place in their pool now that others are due,
// those of the others that wait for one, and how long it is until the next one is
// due. None is taken early.
func (s *Scheduler) takeDue() (due []*task, late []waiting, wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Since(s.epoch)
	for len(s.asleep) > 0 && s.asleep[0].due <= now {
		t := s.asleep[0].task
		heap.Pop(&s.asleep)
		t.dueLocked()
		if next := t.job.Pool.takeLocked(t); next != nil {
			due = append(due, next)
		}
		if t.state == queued && s.waits != nil {
			late = append(late, waiting{t.job, t.withinLocked()})
		}
	}
	wait = time.Hour
	if len(s.asleep) > 0 {
		wait = s.asleep[0].due - now
	}
	s.wakeAt = now + wait
	return due, late, wait
}
