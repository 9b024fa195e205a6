// SPDX-License-Identifier: Apache-2.0

// Package probe asks one target whether it is well, once: a file for each
// protocol, and script.go for scripts.
//
// A probe knows nothing of intervals, retries, metrics or configuration files;
// those belong to the packages schedule, collector and config.
package probe

import (
	"context"
	"time"
)

// A Prober performs one probe. Probe returns once ctx is done, and is safe for
// concurrent use. It returns no error: a probe that failed is a result like any
// other, and the error in it says why.
type Prober interface {
	Probe(ctx context.Context) Result
}

// The Func type makes a Prober of a function that returns nil if the target is
// well, and otherwise an error, best a [*Failure]. It writes what it sees to t.
type Func func(ctx context.Context, t *Trace) error

// Probe implements [Prober].
func (f Func) Probe(ctx context.Context) Result {
	r := begin()
	r.Err = f(ctx, &r.Trace)
	r.Took = time.Since(r.At)
	return r
}

// A Result is what one probe saw.
type Result struct {
	At   time.Time     // when the probe began
	Took time.Duration // how long it took
	Err  error         // why the target is not well; nil if it is
	Note string        // what a target that is well said of itself, one line; mostly empty
	Trace
}

// begin returns a Result for a probe that begins now.
func begin() Result {
	now := time.Now()
	return Result{At: now, Trace: Trace{start: now}}
}
