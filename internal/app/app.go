// SPDX-License-Identifier: Apache-2.0

// Package app runs the parts of a program together: components that start in
// order and stop in the reverse order, HTTP listeners among them. It knows
// nothing of what the parts do.
package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// A Component works until ctx is done, then cleans up and returns. Run is
// called once. Returning before ctx is done ends the whole program.
type Component interface {
	Run(ctx context.Context) error
}

// A Part is a named Component.
type Part struct {
	Name string
	Component
}

// Func makes a Component of a function.
type Func func(ctx context.Context) error

// Run implements [Component].
func (f Func) Run(ctx context.Context) error { return f(ctx) }

// Run starts the parts in order, and waits until ctx is done or one of them
// returns. Then it stops them one after the other, last first, so that a part
// may rely on those before it until it has ended. It returns the errors of all
// parts, each prefixed with the part's name.
func Run(ctx context.Context, parts ...Part) error {
	first := make(chan struct{}, len(parts))
	running := make([]*task, 0, len(parts))
	for _, p := range parts {
		running = append(running, start(context.WithoutCancel(ctx), p, first))
	}
	select {
	case <-ctx.Done():
	case <-first:
	}
	var errs error
	for _, t := range slices.Backward(running) {
		errs = errors.Join(t.stop(), errs)
	}
	return errs
}

// A task is a part that runs.
type task struct {
	name   string
	cancel context.CancelFunc
	done   chan struct{}
	err    error // valid once done is closed
}

// start starts a part in a context of its own: parts stop in order, not all at once.
func start(ctx context.Context, p Part, ended chan<- struct{}) *task {
	ctx, cancel := context.WithCancel(ctx)
	t := &task{name: p.Name, cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(t.done)
		t.err = p.Run(ctx)
		ended <- struct{}{}
	}()
	return t
}

func (t *task) stop() error {
	t.cancel()
	<-t.done
	if t.err == nil || errors.Is(t.err, context.Canceled) {
		return nil
	}
	return fmt.Errorf("%s: %w", t.name, t.err)
}
