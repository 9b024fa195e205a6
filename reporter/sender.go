// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// A sender sends each report to the first of its targets that takes it. It has a
// goroutine of its own.
type sender struct {
	targets                []*target
	service, node, replica string
	interval               time.Duration
	keep                   bool        // the replica, when it is stopped
	inbox                  chan Report // holds the newest one

	mu    sync.Mutex
	ended bool  // run has returned
	err   error // of the flush
}

// maxHold is how long a server may ask to be left alone.
const maxHold = 5 * time.Minute

// offer gives the sender a report, in place of one that it has not taken yet. It is
// called by one goroutine at a time, and never blocks.
func (s *sender) offer(r Report) {
	select {
	case <-s.inbox:
	default:
	}
	s.inbox <- r
}

// run sends until stop is closed, and then has the server forget the replica. Its
// contexts end the reports that are being sent, and all requests.
func (s *sender) run(sending, flushing context.Context, stop <-chan struct{}) {
	s.sendUntil(sending, stop)
	var err error
	if !s.keep {
		err = s.flush(flushing)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended, s.err = true, err
}

// outcome returns what was wrong when run ended, or that it has not.
func (s *sender) outcome() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ended {
		return fmt.Errorf("reporting replica %q: the transport has not ended a request in time", s.replica)
	}
	return s.err
}

func (s *sender) sendUntil(ctx context.Context, stop <-chan struct{}) {
	retry := time.NewTimer(s.interval)
	retry.Stop()
	defer retry.Stop()
	var newest Report
	failures := 0
	for {
		select {
		case <-stop:
			return
		case newest = <-s.inbox:
			if failures > 0 {
				continue // until it is time to try again
			}
		case <-retry.C:
		}
		select {
		case <-stop: // both at the same time
			return
		default:
		}
		if again, wait := s.send(ctx, newest); again {
			failures++
			retry.Reset(max(wait, s.backoff(failures)))
		} else {
			failures = 0
		}
	}
}

// send tries the targets one after the other. If none has taken the report, and
// trying again may help, it returns how long to wait with that at least.
func (s *sender) send(ctx context.Context, r Report) (again bool, wait time.Duration) {
	wait = maxHold
	for _, t := range s.targets {
		if ctx.Err() != nil {
			return false, 0
		}
		err := errHeld
		if time.Until(t.held) <= 0 {
			err = t.attempt(ctx, r)
		}
		if err == nil {
			return false, 0
		}
		if temporary(err) {
			again, wait = true, min(wait, max(0, time.Until(t.held)))
		}
	}
	return again, wait
}

var errHeld = errors.New("the server has asked to be left alone")

// temporary tells whether what is wrong may pass. All else takes somebody to mend
// it, here or on the server.
func temporary(err error) bool {
	var refused *StatusError
	if !errors.As(err, &refused) {
		return true
	}
	switch refused.Code {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	}
	return refused.Code >= http.StatusInternalServerError
}

// backoff returns how long to wait after some failures: from a fifteenth of the
// interval to half of it, spread so that reporters don't come back all at once.
func (s *sender) backoff(failures int) time.Duration {
	wait := min(s.interval/15<<min(failures-1, 3), s.interval/2)
	return time.Duration(float64(wait) * (0.8 + 0.4*rand.Float64()))
}

// flush has the replica forgotten by all targets that may have heard of it, at the
// same time. One that does not know it, by 404, says nothing of the others.
func (s *sender) flush(ctx context.Context) error {
	errs := make([]error, len(s.targets))
	var forgotten atomic.Bool
	var asking sync.WaitGroup
	for i, t := range s.targets {
		if !t.tried {
			continue
		}
		asking.Go(func() {
			err := guarded(func() error { return t.client.Flush(ctx, s.service, s.node, s.replica) })
			var refused *StatusError
			switch {
			case err == nil:
				forgotten.Store(true)
			case errors.As(err, &refused) && refused.Code == http.StatusNotFound:
			default:
				errs[i] = fmt.Errorf("flushing replica %q at %s: %w", s.replica, t.client.Endpoint, err)
			}
		})
	}
	asking.Wait()
	if forgotten.Load() {
		return nil // the targets are ways to the same server
	}
	return errors.Join(errs...)
}
