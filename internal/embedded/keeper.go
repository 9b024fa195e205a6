// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"
)

const (
	// saveDelay is how long changes are gathered before they are written.
	saveDelay = 100 * time.Millisecond
	// collectEvery is how often what has expired is forgotten.
	collectEvery = 15 * time.Minute
)

// A keeper writes what Alertmanager must not forget to a file, soon after each
// change. Alertmanager itself does so when it ends, and every 15 minutes.
type keeper struct {
	path     string
	snapshot func(io.Writer) (int64, error)
	collect  func() (int, error)
	log      *slog.Logger
	wake     chan struct{}
	mu       sync.Mutex // one save at a time
}

func newKeeper(path string, snapshot func(io.Writer) (int64, error), collect func() (int, error), log *slog.Logger) *keeper {
	return &keeper{path: path, snapshot: snapshot, collect: collect, log: log, wake: make(chan struct{}, 1)}
}

// changed asks for a save. It never blocks.
func (k *keeper) changed() {
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// run saves after changes, and a last time when stop is closed.
func (k *keeper) run(stop <-chan struct{}) {
	collection := time.NewTicker(collectEvery)
	defer collection.Stop()
	var save <-chan time.Time
	for {
		select {
		case <-stop:
			k.try(k.save)
			return
		case <-k.wake:
			if save == nil {
				save = time.After(saveDelay)
			}
		case <-save:
			save = nil
			k.try(k.save)
		case <-collection.C:
			k.try(func() error { _, err := k.collect(); return errors.Join(err, k.save()) })
		}
	}
}

func (k *keeper) try(act func() error) {
	if err := act(); err != nil {
		k.log.Error("State of Alertmanager not saved; a crash would lose its last changes", "err", err)
	}
}

// save writes the file; when it returns nil, what was before the call is
// durable. The old file stays until the new one is whole.
func (k *keeper) save() (err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	temporary := k.path + ".tmp"
	out, err := os.Create(temporary)
	if err != nil {
		return fmt.Errorf("save %s: %w", k.path, err)
	}
	_, err = k.snapshot(out)
	if err == nil {
		err = out.Sync()
	}
	if err = errors.Join(err, out.Close()); err == nil {
		err = os.Rename(temporary, k.path)
	}
	if err == nil {
		err = syncFolder(filepath.Dir(k.path))
	}
	if err != nil {
		return fmt.Errorf("save %s: %w", k.path, err)
	}
	return nil
}

// syncFolder makes a rename in the folder durable.
func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
