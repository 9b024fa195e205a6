// SPDX-License-Identifier: Apache-2.0

// Package store keeps what the status page itself must remember: announcements
// and the last layout, in one file. The data of the page is none of its
// business: that is Prometheus'.
package store

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"go.etcd.io/bbolt"

	"github.com/pharos-status/pharos/internal/boltfile"
)

// Options are the settings of a [Store].
type Options struct {
	Path   string       // the data folder; made if it is not there
	Logger *slog.Logger // required
}

// A Store is the open file. It is safe for concurrent use; what it returns
// belongs to the caller. A change is on disk before the call returns.
type Store struct {
	file boltfile.File
	db   *bbolt.DB

	mu     sync.Mutex
	layout []byte // as it stands in the file
}

// Open opens the file in the data folder, and makes it if there is none. Only
// one process can have it open.
func Open(o Options) (*Store, error) {
	if o.Logger == nil {
		return nil, errors.New("store: Options.Logger is required")
	}
	file := fileIn(o.Path)
	db, err := openFile(file, o.Logger)
	if err != nil {
		return nil, err
	}
	s := &Store{file: file, db: db}
	if err := db.View(func(tx *bbolt.Tx) error {
		s.layout = append(s.layout, tx.Bucket(bucketPage()).Get(keyLayout())...)
		return nil
	}); err != nil {
		return nil, errors.Join(fmt.Errorf("read %s: %w", db.Path(), err), db.Close())
	}
	return s, nil
}

// Close closes the file. No call may follow.
func (s *Store) Close() error {
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("close the store: %w", err)
	}
	return nil
}
