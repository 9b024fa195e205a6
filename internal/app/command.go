// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
)

// UntilSignal returns a context that is done when the process is asked to end by
// SIGINT or SIGTERM. A second signal ends the process at once.
func UntilSignal(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // gives the signals their default effect back
	return ctx, stop
}

// ReloadOnHangup returns a Component that calls reload at each SIGHUP and logs
// what came of it.
func ReloadOnHangup(reload func() error, log *slog.Logger) Component {
	return Func(func(ctx context.Context) error {
		hangup := make(chan os.Signal, 1)
		signal.Notify(hangup, syscall.SIGHUP)
		defer signal.Stop(hangup)
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-hangup:
			}
			if err := reload(); err != nil {
				log.Error("Configuration not reloaded; the old one goes on", "err", err)
				continue
			}
			log.Info("Configuration reloaded")
		}
	})
}
