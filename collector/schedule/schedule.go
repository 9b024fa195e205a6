// SPDX-License-Identifier: Apache-2.0

// Package schedule decides when to probe: it spreads jobs over their intervals,
// bounds how many run at a time, and tries dead targets again. What a probe does
// is left to the package probe, and what becomes of its outcome to the caller.
package schedule

import (
	"context"
	"log/slog"
	"sync"

	"github.com/pharos-status/pharos/internal/status"
)

// Options are the settings of a [Scheduler].
type Options struct {
	Record func(Outcome) // required; called from many goroutines; must not block for long
	Logger *slog.Logger  // required
}

// A Scheduler runs jobs. Each has a goroutine that mostly sleeps, so a slow
// target holds up nothing but itself and its place in the pool.
type Scheduler struct {
	record  func(Outcome)
	logger  *slog.Logger
	updates chan []*Job // capacity 1: the latest jobs that Run has not seen yet
	mu      sync.Mutex  // held by Update, so that the latest of two callers wins
}

// New returns a Scheduler without jobs.
func New(o Options) *Scheduler {
	return &Scheduler{record: o.Record, logger: o.Logger, updates: make(chan []*Job, 1)}
}

// Update replaces the jobs; IDs must differ. A job that is among the old ones and
// the new ones, as the same pointer, goes on undisturbed. Any other is stopped or
// started: a probe under way of a job that is stopped is not recorded. Update
// may be called at any time, and does not wait until the change has happened.
func (s *Scheduler) Update(jobs []*Job) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.updates:
	default:
	}
	s.updates <- jobs // never blocks: only Update sends, and there is room now
}

// A task is a job that runs.
type task struct {
	job    *Job
	cancel context.CancelFunc
	done   chan struct{} // closed when its last probe has ended
}

// Run runs the jobs until ctx is done, and returns nil once the last of them has
// ended. It is called once.
func (s *Scheduler) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	tasks := map[status.ID]*task{}
	for {
		select {
		case <-ctx.Done():
			return nil
		case jobs := <-s.updates:
			tasks = s.apply(ctx, &wg, tasks, jobs)
		}
	}
}

// apply stops and starts what differs, and returns the tasks that run then. It
// waits for those that it stops, so that no replica is probed twice at a time.
func (s *Scheduler) apply(ctx context.Context, wg *sync.WaitGroup, old map[status.ID]*task, jobs []*Job) map[status.ID]*task {
	tasks := make(map[status.ID]*task, len(jobs))
	for _, j := range jobs {
		if t := old[j.ID]; t != nil && t.job == j {
			tasks[j.ID] = t
		}
	}
	var stopped []*task
	for id, t := range old {
		if tasks[id] == nil {
			t.cancel()
			stopped = append(stopped, t)
		}
	}
	for _, t := range stopped {
		<-t.done
	}
	for _, j := range jobs {
		if tasks[j.ID] == nil {
			tasks[j.ID] = s.start(ctx, wg, j)
		}
	}
	return tasks
}

func (s *Scheduler) start(ctx context.Context, wg *sync.WaitGroup, j *Job) *task {
	ctx, cancel := context.WithCancel(ctx)
	t := &task{job: j, cancel: cancel, done: make(chan struct{})}
	wg.Go(func() {
		defer close(t.done)
		defer cancel()
		s.loop(ctx, j)
	})
	return t
}
