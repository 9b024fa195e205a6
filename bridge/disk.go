// SPDX-License-Identifier: Apache-2.0

package bridge

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// How often the disk is tried: while it works, so that its failure is known before it
// matters, and while it does not, so that its recovery is.
const (
	tryWorking = 15 * time.Second
	tryFailed  = time.Second
)

// Ready returns nil if notifications are accepted, and otherwise why not: the bridge
// does not run, or its disk failed.
func (b *Bridge) Ready() error {
	if !b.running.Load() {
		return errors.New("it is starting or ending")
	}
	if err := b.spool.Err(); err != nil {
		return fmt.Errorf("the data folder can't be written: %w", err)
	}
	return nil
}

// watchDisk tries the disk until ctx is done, and tells when it fails and when it works
// again.
func (b *Bridge) watchDisk(ctx context.Context) error {
	tick := time.NewTicker(tryFailed)
	defer tick.Stop()
	tried := time.Now()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		err := b.spool.Err()
		if err != nil || time.Since(tried) >= tryWorking {
			err, tried = b.spool.Probe(), time.Now() //nolint:contextcheck // a write ends by itself
		}
		b.tellDisk(err)
	}
}

// tellDisk logs that the disk fails, or works again, unless that was said before.
func (b *Bridge) tellDisk(err error) {
	switch before := b.failed.Swap(err != nil); {
	case err != nil && !before:
		b.o.Logger.Error("The data folder can't be written, so nothing is accepted", "err", err)
	case err == nil && before:
		b.o.Logger.Info("The data folder can be written again")
	}
}
