// SPDX-License-Identifier: Apache-2.0

package bridge

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/pharos-status/pharos/bridge/spool"
)

// How often the disk is tried: while it works, so that its failure is known before it
// matters, and while it does not, so that its recovery is.
const (
	tryWorking = 15 * time.Second
	tryFailed  = time.Second
)

// calm is for how long no notification must have been refused before a trial shows that
// the disk works. Alertmanager comes again at least every 90 s.
const calm = 3 * time.Minute

// A disk is how the data folder does. A full one may still take small writes: so once a
// notification was refused, the disk fails until one as large has been kept, or until
// nobody brings any and a trial succeeds.
type disk struct {
	spool interface {
		Err() error
		Probe() error
	}

	mu      sync.Mutex
	refused error     // why a notification was not kept
	size    int       // of the largest one that was not, in bytes
	last    time.Time // when one was not
}

// kept is told whether a notification of so many bytes was written.
func (d *disk) kept(size int, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case err == nil && size >= d.size:
		d.refused, d.size = nil, 0
	case err != nil && ofDisk(err):
		d.refused, d.size, d.last = err, max(size, d.size), time.Now()
	}
}

// ofDisk tells whether it is the disk for which the spool refused a notification.
func ofDisk(err error) bool {
	for _, other := range []error{spool.ErrFull, spool.ErrClosed, context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, other) {
			return false
		}
	}
	return true
}

// err returns nil if the disk works, and otherwise why not.
func (d *disk) err() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.refused != nil {
		return d.refused
	}
	return d.spool.Err()
}

// try writes to the disk, and returns what err does from then on.
func (d *disk) try() error {
	if d.spool.Probe() == nil {
		d.mu.Lock()
		if time.Since(d.last) >= calm {
			d.refused, d.size = nil, 0
		}
		d.mu.Unlock()
	}
	return d.err()
}

// Ready returns nil if notifications are accepted, and otherwise why not: the bridge
// does not run, or its disk failed.
func (b *Bridge) Ready() error {
	if !b.running.Load() {
		return errors.New("it is starting or ending")
	}
	if err := b.disk.err(); err != nil {
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
		err := b.disk.err()
		if err != nil || time.Since(tried) >= tryWorking {
			err, tried = b.disk.try(), time.Now()
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
