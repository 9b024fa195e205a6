// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
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
	err                    error       // of the flush; read when run has returned
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

// run sends until stop is closed, and then has the server forget the replica.
func (s *sender) run(ctx context.Context, stop <-chan struct{}) {
	retry := time.NewTimer(s.interval)
	retry.Stop()
	defer retry.Stop()
	var newest Report
	failures := 0
	for {
		select {
		case <-stop:
			if !s.keep {
				s.err = s.flush(ctx)
			}
			return
		case newest = <-s.inbox:
			if failures > 0 {
				continue // until it is time to try again
			}
		case <-retry.C:
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

// flush has the replica forgotten by the first target that answers, if one may have
// heard of it.
func (s *sender) flush(ctx context.Context) error {
	var errs []error
	for _, t := range s.targets {
		if !t.tried {
			continue
		}
		err := guarded(func() error { return t.client.Flush(ctx, s.service, s.node, s.replica) })
		var refused *StatusError
		if err == nil || errors.As(err, &refused) && refused.Code == http.StatusNotFound {
			return nil
		}
		errs = append(errs, fmt.Errorf("flushing replica %q at %s: %w", s.replica, t.client.Endpoint, err))
	}
	return errors.Join(errs...)
}
