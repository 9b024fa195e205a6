// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"context"
	"sync"
	"time"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/status"
)

// A deferredProber stands for one that could not be made, for want of a file
// that the configuration names. It tries again at each probe, and until then its
// replica is unknown: a key that is away says nothing of the target, and keeps no
// other target from being watched.
type deferredProber struct {
	try func() (probe.Prober, error)

	mu   sync.Mutex
	made probe.Prober
}

// Probe implements [probe.Prober].
func (d *deferredProber) Probe(ctx context.Context) probe.Result {
	prober, err := d.prober()
	if err != nil {
		return probe.Result{At: time.Now(), Err: &probe.Failure{Status: status.Unknown, Reason: status.Permission, Err: err}}
	}
	return prober.Probe(ctx)
}

func (d *deferredProber) prober() (_ probe.Prober, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.made == nil {
		d.made, err = d.try()
	}
	return d.made, err
}
