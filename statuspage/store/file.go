// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

const (
	fileName    = "statuspage.db"
	lockTimeout = 2 * time.Second // to wait for another process to let the file go
)

// The file has these buckets, and in them these keys.
func bucketMeta() []byte          { return []byte("meta") }
func keyFormat() []byte           { return []byte("format") } // a decimal number
func bucketPage() []byte          { return []byte("page") }
func keyLayout() []byte           { return []byte("layout") }        // JSON of the layout
func bucketAnnouncements() []byte { return []byte("announcements") } // big-endian number → JSON of a record

func openFile(folder string, logger *slog.Logger) (db *bbolt.DB, err error) {
	file := filepath.Join(folder, fileName)
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return nil, notWritable(folder, err)
	}
	// A damaged file may make bbolt panic, or read where the file has ended.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if cause := recover(); cause != nil {
			db, err = nil, damaged(file, fmt.Errorf("%v", cause))
		}
	}()
	db, err = bbolt.Open(file, 0o600, &bbolt.Options{Timeout: lockTimeout})
	if err != nil {
		return nil, openError(folder, file, err)
	}
	if err := migrate(db, logger); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func openError(folder, file string, err error) error {
	var pathError *fs.PathError
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return fmt.Errorf("open %s: another process uses it; stop that process, or choose another data folder with --storage.path", file)
	case errors.As(err, &pathError):
		return notWritable(folder, err)
	}
	return damaged(file, err)
}

func notWritable(folder string, err error) error {
	return fmt.Errorf("data folder %s is not writable: %w; give it to the user that Pharos runs as, or choose another one with --storage.path", folder, err)
}

func damaged(file string, err error) error {
	return fmt.Errorf("%s is damaged (%w); restore it from a backup, or move it away to start without announcements", file, err)
}
