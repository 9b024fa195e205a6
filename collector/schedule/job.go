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

// hash returns a number that is the same for the same ID in every process.
func (j *Job) hash() uint64 {
	h := fnv.New64a()
	for _, part := range []string{j.ID.Service, j.ID.Node, j.ID.Replica} {
		_, _ = h.Write([]byte(part)) // never fails
		_, _ = h.Write([]byte{0})
	}
	return h.Sum64()
}

// occupies returns how long a probe needs a place in the pool, at most.
func (j *Job) occupies() time.Duration { return time.Duration(j.Retries+1) * j.Limits.Timeout }

// An Outcome is what came of one probe, its retries included.
type Outcome struct {
	Job     *Job
	Verdict probe.Verdict
	Result  probe.Result
	Lag     time.Duration // how late the probe began, waiting for its pool included
}

// try probes once. A prober that panics has told nothing of its target.
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
	return j.Prober.Probe(ctx)
}
