// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"sync"
	"time"
)

// A task is a function of the application's, a check or the meter, that is called
// at each report. At most one call of it is under way.
type task struct {
	name   string
	call   Check
	worst  Health        // how bad it can make the replica
	limit  time.Duration // for a call; one that takes longer hangs
	late   func()        // told of a call for which nobody waited any more, and that changes the health
	logger *slog.Logger

	mu      sync.Mutex
	running bool          // a call has not returned
	settled chan struct{} // closed when it is known what the call has found, or that it hangs
	known   bool          // settled is closed
	awaited bool          // the next report waits for it
	result  CheckState    // of the last call that is known
}

// heeded is the share of its limit that the context of a call lasts: one that heeds
// it can tell by itself what it waited for.
const heeded = 0.9

// start begins a call, unless one is under way, and returns a channel that is closed
// when the result is known.
func (t *task) start(ctx context.Context, group *sync.WaitGroup) <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.awaited = true
	if t.running {
		return t.settled
	}
	t.running, t.known, t.settled = true, false, make(chan struct{})
	hung := time.AfterFunc(t.limit, func() { t.settle(t.failed(fmt.Sprintf("no answer within %v", t.limit))) })
	group.Go(func() {
		found := t.failed("it has ended its goroutine")
		defer func() { // even if the call ends the goroutine
			hung.Stop()
			if ctx.Err() == nil { // what was ended from here has found nothing
				t.settle(found)
			}
			t.mu.Lock()
			t.running = false
			t.mu.Unlock()
		}()
		found = t.run(ctx)
	})
	return t.settled
}

// leave lets the next report go out without the call that is under way.
func (t *task) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.awaited = false
}

// settle takes the result of the call, unless it hangs and that is its result.
func (t *task) settle(result CheckState) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.known {
		return
	}
	t.known = true
	changed := t.result.Health != result.Health
	t.result = result
	close(t.settled)
	if changed && !t.awaited {
		t.late()
	}
}

func (t *task) run(ctx context.Context) (found CheckState) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(heeded*float64(t.limit)))
	defer cancel()
	defer func() {
		if cause := recover(); cause != nil {
			found = t.failed(fmt.Sprintf("panic: %v", cause))
			if found != t.state() {
				t.logger.Error("A check of the application panicked", "check", t.name, "panic", found.Reason, "stack", string(debug.Stack()))
			}
		}
	}()
	err := t.call(ctx)
	if err == nil {
		return CheckState{Health: Healthy}
	}
	text := fmt.Sprint(err) // bears an error that panics
	found = t.failed(strings.TrimPrefix(text, ErrSick.Error()+": "))
	if errors.Is(err, ErrSick) {
		found.Health = Sick
	}
	return found
}

func (t *task) failed(reason string) CheckState {
	return CheckState{Health: t.worst, Reason: clean(t.name + ": " + reason)}
}

// state returns the result of the last call that is known; before, the zero value.
func (t *task) state() CheckState {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.result
}

func (t *task) isRunning() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.running
}
