// SPDX-License-Identifier: Apache-2.0

package sidecar

import (
	"context"
	"log/slog"
	"sync"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/sidecar/config"
	"github.com/pharos-status/pharos/sidecar/watch"
)

// A Seen is what a watch saw.
type Seen struct {
	ID      status.ID
	Verdict watch.Verdict
}

// Once has every watch look, all at the same time, and reports nothing. What it returns
// is in the order of the configuration.
func Once(ctx context.Context, c *config.Config, o watch.HostOptions) ([]Seen, error) {
	host := watch.NewHost(o)
	defer host.Close()
	runners := make([]*runner, len(c.Watch))
	for i := range c.Watch {
		w, err := host.Watch(&c.Watch[i]) //nolint:contextcheck // what is made asks nobody until it looks
		if err != nil {
			return nil, err
		}
		runners[i] = &runner{settings: &c.Watch[i], watch: w, log: slog.New(slog.DiscardHandler)}
	}
	all := make([]Seen, len(runners))
	var looking sync.WaitGroup
	for i, r := range runners {
		looking.Go(func() {
			v, _ := r.first(ctx, true)
			all[i] = Seen{r.settings.ID(), v}
		})
	}
	looking.Wait()
	return all, ctx.Err()
}
