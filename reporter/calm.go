// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"context"
	"log/slog"
)

// calm is a handler of logs that panics in no case: what its like of the
// application's panics with is dropped, there being nowhere to tell it.
type calm struct{ slog.Handler }

// Enabled implements [slog.Handler].
func (h calm) Enabled(ctx context.Context, level slog.Level) (enabled bool) {
	defer ignorePanic()
	return h.Handler.Enabled(ctx, level)
}

// Handle implements [slog.Handler].
func (h calm) Handle(ctx context.Context, r slog.Record) error {
	defer ignorePanic()
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements [slog.Handler].
func (h calm) WithAttrs(attrs []slog.Attr) (derived slog.Handler) {
	derived = h
	defer ignorePanic()
	return calm{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements [slog.Handler].
func (h calm) WithGroup(name string) (derived slog.Handler) {
	derived = h
	defer ignorePanic()
	return calm{h.Handler.WithGroup(name)}
}

func ignorePanic() { _ = recover() }
