// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/prometheus/prometheus/scrape"
	"github.com/prometheus/prometheus/storage/remote"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/util/compression"
	"github.com/prometheus/prometheus/util/runtime"
)

// Sizes that suit thousands of series rather than Prometheus' millions.
const (
	walSegmentSize       = 16 << 20
	chunkWriteBufferSize = 64 << 10
	stripeSize           = 1 << 11
)

// openStorage opens the time series database, which repairs by itself what an
// unclean end has left.
func (p *prom) openStorage(dir string) error {
	if err := writable(dir); err != nil {
		return err
	}
	o := tsdb.DefaultOptions()
	o.RetentionDuration = p.o.RetentionTime.Milliseconds()
	o.MaxBytes = p.o.RetentionSize
	o.FsSizeFunc = runtime.FsSize
	o.MinBlockDuration = p.o.MinBlockDuration.Milliseconds()
	o.MaxBlockDuration = p.o.MaxBlockDuration.Milliseconds()
	o.WALCompression = compression.Snappy
	o.WALSegmentSize = walSegmentSize
	o.HeadChunksWriteBufferSize = chunkWriteBufferSize
	o.StripeSize = stripeSize
	if p.o.testBlockReload > 0 {
		o.BlockReloadInterval = p.o.testBlockReload
	}
	p.stats = tsdb.NewDBStats()
	db, err := tsdb.Open(dir, p.log("tsdb"), p.o.Registerer, o, p.stats)
	if errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EWOULDBLOCK) {
		return fmt.Errorf("open the history in %s: another process uses it; stop that one, or choose another folder with --storage.path", dir)
	}
	if err != nil {
		return fmt.Errorf("open the history in %s: %w", dir, err)
	}
	p.db = db
	p.lastSeen = newestSample(db)
	p.remote = remote.NewStorage(p.log("remote"), p.o.Registerer, db.StartTime, dir, remoteFlushDeadline, readyScrapes{p}, false)
	db.SetWriteNotified(p.remote)
	return nil
}

// newestSample returns the time of the newest sample, in ms; 0 if there is none.
func newestSample(db *tsdb.DB) int64 {
	newest := max(0, db.Head().MaxTime())
	for _, b := range db.Blocks() {
		newest = max(newest, b.MaxTime()-1)
	}
	return newest
}

// readyScrapes implements [remote.ReadyScrapeManager].
type readyScrapes struct{ p *prom }

// Get implements [remote.ReadyScrapeManager].
func (r readyScrapes) Get() (*scrape.Manager, error) { return r.p.scrape, nil }

// writable makes the folder, and tells what to do where that cannot be.
func writable(dir string) error {
	err := os.MkdirAll(dir, 0o755)
	if err == nil {
		var probe *os.File
		if probe, err = os.CreateTemp(dir, ".writable-*"); err == nil {
			err = errors.Join(probe.Close(), os.Remove(probe.Name()))
		}
	}
	if err != nil {
		return fmt.Errorf("data folder %s is not writable: %w; give it to the user that Pharos runs as, or choose another one with --storage.path", filepath.Clean(dir), err)
	}
	return nil
}

// scrapeTolerance is how late a scrape may begin and still be stamped with the
// time at which it was due. Even intervals compress eight times better.
const scrapeTolerance = 100 * time.Millisecond

var aligned sync.Once //nolint:gochecknoglobals // guards the global below

// alignScrapes raises the tolerance of 2 ms that package scrape has in a global.
// Scrapes of all engines of the process read it, so it is set before the first.
func alignScrapes() {
	aligned.Do(func() { scrape.ScrapeTimestampTolerance = scrapeTolerance })
}
