// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"context"
	"fmt"
	"hash/fnv"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/status"
)

// firstWithin is how soon a new job has its first probe, unless its interval is
// shorter still.
const firstWithin = 10 * time.Second

// A Job is one target to probe again and again. It is not changed once it has
// been given to a [Scheduler], which knows it by its address.
type Job struct {
	ID        status.ID
	Prober    probe.Prober
	Limits    probe.Limits  // Timeout is also the time limit of each try; it must be positive
	Interval  time.Duration // between two probes; positive
	Retries   int           // how often a dead target is tried again before it is called dead
	RetryWait time.Duration // before each retry
	Pool      Pool          // required
}

// A Pool bounds how many probes run at a time, over all jobs that have it.
type Pool chan struct{}

// NewPool returns a Pool for n probes at a time, one at least.
func NewPool(n int) Pool { return make(Pool, max(n, 1)) }

// An Outcome is what came of one probe, its retries included.
type Outcome struct {
	Job     *Job
	Verdict probe.Verdict
	Result  probe.Result
	Lag     time.Duration // how late the probe began, waiting for its pool included
}

// loop probes until ctx is done.
func (s *Scheduler) loop(ctx context.Context, j *Job) {
	hash := j.hash()
	wait := time.Duration(hash % uint64(min(j.Interval, firstWithin)))
	phase := time.Duration(hash % uint64(j.Interval))
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		due := time.Now().Add(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
		began := time.Now()
		outcome, ok := s.run(ctx, j)
		if !ok {
			return
		}
		outcome.Lag = max(outcome.Lag+began.Sub(due), 0)
		s.record(outcome)
		wait = untilNext(time.Now(), began, j.Interval, phase)
		timer.Reset(wait)
	}
}

// untilNext returns how long after now the next probe is due. The times of a job
// lie on a grid that depends on nothing but its ID and interval, so that jobs
// stay spread and a restart does not bunch them. A place on the grid that comes
// less than half an interval after the last probe began is left out.
func untilNext(now, began time.Time, interval, phase time.Duration) time.Duration {
	earliest := began.Round(0).Add(interval / 2)
	if now = now.Round(0); earliest.Before(now) {
		earliest = now
	}
	next := earliest.Truncate(interval).Add(phase)
	if !next.After(earliest) {
		next = next.Add(interval)
	}
	return next.Sub(now)
}

// run probes once, and again while the target is dead and retries are left. It
// returns false if ctx ended before: what was seen then means nothing. The lag in
// the outcome is the wait for the pool before the first try.
func (s *Scheduler) run(ctx context.Context, j *Job) (o Outcome, ok bool) {
	o.Job = j
	for try := 0; ; try++ {
		asked := time.Now()
		select {
		case j.Pool <- struct{}{}:
		case <-ctx.Done():
			return o, false
		}
		if try == 0 {
			o.Lag = time.Since(asked)
		}
		o.Result = s.try(ctx, j)
		<-j.Pool
		if ctx.Err() != nil {
			return o, false
		}
		o.Verdict = j.Limits.Judge(o.Result)
		if o.Verdict.Status != status.Dead || try >= j.Retries {
			return o, true
		}
		if !sleep(ctx, j.RetryWait) {
			return o, false
		}
	}
}

// try probes once, within the time limit. A prober that panics has told nothing
// of its target.
func (s *Scheduler) try(ctx context.Context, j *Job) (r probe.Result) {
	start := time.Now()
	defer func() {
		if cause := recover(); cause != nil {
			s.logger.LogAttrs(ctx, slog.LevelError, "A probe panicked; its replica is unknown. This is a fault of the program: please report it",
				slog.String("id", j.ID.String()), slog.Any("panic", cause), slog.String("stack", string(debug.Stack())))
			r = probe.Result{At: start, Took: time.Since(start), Err: &probe.Failure{
				Status: status.Unknown, Reason: status.Protocol, Err: fmt.Errorf("the probe panicked: %v", cause),
			}}
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, j.Limits.Timeout)
	defer cancel()
	return j.Prober.Probe(ctx)
}

// sleep waits, and tells whether the wait was not cut short.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// hash returns a number that is the same for the same ID in every process.
func (j *Job) hash() uint64 {
	h := fnv.New64a()
	for _, part := range []string{j.ID.Service, j.ID.Node, j.ID.Replica} {
		_, _ = h.Write([]byte(part)) // never fails
		_, _ = h.Write([]byte{0})
	}
	return h.Sum64()
}
