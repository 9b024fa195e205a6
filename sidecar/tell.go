// SPDX-License-Identifier: Apache-2.0

package sidecar

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/reporter"
	"github.com/pharos-status/pharos/sidecar/config"
	"github.com/pharos-status/pharos/sidecar/watch"
)

// How soon a report that was not taken is tried again: at first, and at the latest.
const (
	retryFirst = time.Second
	retryMost  = 30 * time.Second
)

// flushPatience bounds what is sent once a watch has ended: the report that is under way,
// and after it the flush, at all servers together.
const flushPatience = 5 * time.Second

// tell reports what is on the board over one route: at once when something is put there,
// which is each interval, and also if nothing is, as when a check hangs.
func (r *runner) tell(ctx context.Context, on *route, wake <-chan struct{}) {
	timer := time.NewTimer(r.patience() - time.Since(r.board.read().at))
	defer timer.Stop()
	failures := 0
	for {
		select {
		case <-ctx.Done():
			return
		case <-wake:
		case <-timer.C:
		}
		report, ok := r.report()
		if !ok {
			timer.Reset(r.patience())
			continue
		}
		errs := on.send(ctx, r, report)
		switch {
		case ctx.Err() != nil:
			return
		case len(errs) == 0:
			failures = 0
			timer.Reset(r.again())
		case !errs.transient():
			timer.Reset(r.again()) // the same would be refused again; what is new is sent at once
		default:
			failures++
			timer.Reset(backoff(failures, errs))
		}
	}
}

// again is when something is reported though nothing was seen: before the servers take
// the replica for dead.
func (r *runner) again() time.Duration {
	interval := time.Duration(r.settings.Interval)
	return interval + min(interval/2, 10*time.Second)
}

// backoff is how long to wait after so many failures in a row. What a server asks for is
// heeded.
func backoff(failures int, err error) time.Duration {
	d := min(retryFirst<<min(failures-1, 10), retryMost)
	if refused, ok := errors.AsType[*reporter.StatusError](err); ok {
		d = max(d, min(refused.RetryAfter, time.Minute))
	}
	return d
}

// report makes a report of what is on the board; false if nothing was seen yet.
func (r *runner) report() (reporter.Report, bool) {
	last := r.board.read()
	v, age := last.verdict, time.Since(last.at)
	switch {
	case age >= r.patience():
		v = watch.Verdict{Status: status.Unknown, Reason: fmt.Sprintf("the check has not ended for %v", age.Round(time.Second))}
		v.Figures.CPUShare, v.Figures.MemoryShare = math.NaN(), math.NaN()
	case !last.some:
		return reporter.Report{}, false
	}
	report := reporter.Report{
		Service: r.id.Service, Node: r.id.Node, Replica: r.id.Replica,
		Interval: time.Duration(r.settings.Interval),
		Health:   reporter.Health(v.Status.String()), Reason: v.Reason,
	}
	if r.settings.Report == config.ReportLoad {
		report.Load = &reporter.Load{CPU: ratio(v.Figures.CPUShare), RAM: ratio(v.Figures.MemoryShare)}
		if v.Status == status.Dead {
			report.Load = &reporter.Load{CPU: 1, RAM: 1} // a Vigil sees the load alone: sick is nearest to dead
		}
		if v.Status == status.Healthy && (math.IsNaN(v.Figures.CPUShare) || math.IsNaN(v.Figures.MemoryShare)) {
			report.Health, report.Reason = reporter.Unknown, "the load could not be measured"
		}
	}
	return report, true
}

// ratio returns what can be sent: what could not be measured has no load.
func ratio(share float64) float64 {
	if math.IsNaN(share) || math.IsInf(share, 0) || share < 0 {
		return 0
	}
	return share
}

// flushAll takes the replica away where it is to be flushed.
func (r *runner) flushAll(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, flushPatience)
	defer cancel()
	var flushing sync.WaitGroup
	for _, s := range r.flush {
		flushing.Go(func() {
			if err := s.flush(ctx, r.id); err != nil {
				r.log.Warn("Replica not flushed; the server takes it for dead until somebody does", "server", s.name, "err", err)
			}
		})
	}
	flushing.Wait()
}

// outlast returns a context that ends so long after ctx has: a request that is cut off may
// still be worked off by the server, after the one that follows it.
func outlast(ctx context.Context, by time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		wait(longer, by)
		cancel()
	})
	return longer, func() { stop(); cancel() }
}
