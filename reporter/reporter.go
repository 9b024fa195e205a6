// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

// A Reporter reports until it is stopped. It is made by [Start]. Its methods may be
// called by several goroutines at once. Those of a nil Reporter do nothing, so that
// an application may go on without one where [Start] has returned an error.
type Reporter struct {
	options Options
	meter   *task   // nil in mode Local
	checks  []*task // by name
	senders []*sender

	asked chan struct{} // ReportNow was called
	late  chan struct{} // a call has ended for which no report waited

	stopOnce sync.Once
	stopping chan struct{}      // closed by the first Stop
	halt     context.CancelFunc // ends the loop and the calls
	cut      context.CancelFunc // ends the reports that are being sent
	abort    context.CancelFunc // ends all requests
	unwatch  func() bool        // lets go of the context of Start
	close    func()             // lets go of the connections
	workers  sync.WaitGroup     // the loop and the senders
	calls    sync.WaitGroup     // of the tasks
	stopped  chan struct{}      // closed when all has ended, or the time for it
	err      error              // of the stop; read when stopped is closed

	mu   sync.Mutex
	load *Load // the last one; never written to
}

// How long a stop takes, whatever servers, checks and the transport do.
const (
	cutAfter   = 2500 * time.Millisecond // for the reports that are being sent
	abortAfter = 4500 * time.Millisecond // for all requests, of those that heed their context
	stopLimit  = 5 * time.Second
)

// Stop ends reporting, and has the servers forget the replica unless
// Options.KeepLast. It waits until all goroutines have ended, at most until ctx does,
// and in any case at most 5 seconds: a server that is away holds up no application that
// ends. What does not heed its context, a check or the transport, is left behind then.
//
// A report that is being sent is let to its end first, for half of that time, or the
// server might hear of the replica once more after it has forgotten it. That may still
// happen with a server that works off a report for which the reporter did not wait.
//
// The error says what could not be done in time, or which server has not forgotten
// the replica: it will take it for dead. Calling Stop again is harmless; it waits too.
func (r *Reporter) Stop(ctx context.Context) error {
	if r == nil {
		return nil
	}
	r.stopOnce.Do(func() {
		r.unwatch()
		close(r.stopping)
		r.halt()
		go r.finish()
	})
	select {
	case <-r.stopped:
		return r.err
	default:
	}
	select {
	case <-r.stopped:
		return r.err
	case <-ctx.Done():
		r.abort()
		return fmt.Errorf("stopping the reporter: %w", ctx.Err())
	}
}

// finish waits until all has ended, or the time for it.
func (r *Reporter) finish() {
	defer close(r.stopped)
	defer time.AfterFunc(cutAfter, r.cut).Stop()
	defer time.AfterFunc(abortAfter, r.abort).Stop()
	ended := make(chan struct{})
	go func() {
		r.workers.Wait()
		r.abort()
		r.close()
		r.calls.Wait()
		close(ended)
	}()
	limit := time.NewTimer(stopLimit)
	defer limit.Stop()
	select {
	case <-ended:
	case <-limit.C:
	}
	var errs []error
	for _, s := range r.senders {
		errs = append(errs, s.outcome())
	}
	if running := r.running(); len(running) > 0 {
		errs = append(errs, fmt.Errorf("waiting for %s: no answer within %v", strings.Join(running, ", "), stopLimit))
	}
	r.err = errors.Join(errs...)
}

// ReportNow asks for a report soon: something has changed. It does not wait for
// it, and costs next to nothing: of calls within a second the next report tells all.
func (r *Reporter) ReportNow() {
	if r != nil {
		notify(r.asked)
	}
}

// notify sends to a channel that holds one note, unless it does.
func notify(to chan<- struct{}) {
	select {
	case to <- struct{}{}:
	default:
	}
}
