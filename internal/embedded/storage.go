// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"errors"
	"fmt"
	"log/slog"
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
	maxSizedBlock        = 7 * 24 * time.Hour
)

// openStorage opens the time series database, which repairs by itself what an
// unclean end has left.
func (p *prom) openStorage(dir string) error {
	if err := writable(dir); err != nil {
		return err
	}
	o := tsdb.DefaultOptions()
	retention, size := retained(p.o)
	o.RetentionDuration = retention.Milliseconds()
	o.MaxBytes = size
	o.FsSizeFunc = runtime.FsSize
	o.MinBlockDuration = p.o.MinBlockDuration.Milliseconds()
	o.MaxBlockDuration = longestBlock(p.o, retention, size).Milliseconds()
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

// retained returns for how long and up to how many bytes history is kept, 0 for
// no limit: what prometheus.yml says, else the options. A bad file is for those
// to report who read it in earnest.
func retained(o Options) (time.Duration, int64) {
	quiet := o
	quiet.Logger = slog.New(slog.DiscardHandler)
	c, err := loadPrometheus(quiet)
	if err != nil {
		return o.RetentionTime, o.RetentionSize
	}
	r := c.StorageConfig.TSDBConfig.Retention
	return time.Duration(r.Time), int64(r.Size)
}

// longestBlock returns what blocks are merged to at most. A block goes as a whole,
// so that long ones would outlive a short retention, or take too much with them
// when the size is limited.
func longestBlock(o Options, retention time.Duration, size int64) time.Duration {
	longest := o.MaxBlockDuration
	if retention > 0 {
		longest = min(longest, retention/10)
	}
	if size > 0 {
		longest = min(longest, maxSizedBlock)
	}
	return max(longest, o.MinBlockDuration)
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
