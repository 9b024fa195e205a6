// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// A target is an endpoint, and how it goes with it.
type target struct {
	client Client
	logger *slog.Logger

	// Of the goroutine of its sender:
	tried bool      // it may have heard of the replica
	held  time.Time // until then it has asked to be left alone
	wrong string    // what is wrong with it, as it was logged

	mu    sync.Mutex
	state EndpointState
}

// attempt sends a report, and notes how it went.
func (t *target) attempt(ctx context.Context, r Report) error {
	t.tried = true
	err := guarded(func() error { return t.client.Report(ctx, r) })
	if ctx.Err() != nil {
		return err // it was cut off from here
	}
	var refused *StatusError
	if errors.As(err, &refused) {
		t.held = time.Now().Add(min(refused.RetryAfter, maxHold))
	}
	t.note(err)
	t.log(err)
	return err
}

func (t *target) note(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err != nil {
		t.state.Failures++
		t.state.Error = err.Error()
		return
	}
	t.state.Reports++
	t.state.LastReport, t.state.Error = time.Now(), ""
}

// log tells what differs from the attempt before. The texts of what may pass differ
// by ports and times in them, and are taken as one.
func (t *target) log(err error) {
	wrong := ""
	switch {
	case err == nil:
	case temporary(err):
		wrong = "may pass"
	default:
		wrong = err.Error()
	}
	switch {
	case wrong == t.wrong:
	case err != nil:
		t.logger.Warn("A report was not taken; reporting goes on", "endpoint", t.client.Endpoint.URL, "err", err)
	default:
		t.logger.Info("Reports are taken again", "endpoint", t.client.Endpoint.URL)
	}
	t.wrong = wrong
}

func (t *target) snapshot() EndpointState {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.state
}

// guarded makes a request by a transport of the application's, which may panic, and
// so may its errors where they are looked at.
func guarded(request func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("the transport panicked: %v", cause)
		}
	}()
	if err = request(); err != nil {
		_ = err.Error()
		_ = errors.As(err, new(*StatusError))
	}
	return err
}
