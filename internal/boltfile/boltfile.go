// SPDX-License-Identifier: Apache-2.0

// Package boltfile opens a file of bbolt in the data folder, and says of whatever may
// be wrong with it what to do. What is in the file is left to those who open it.
package boltfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// lockTimeout is how long to wait for another process to let the file go.
const lockTimeout = 2 * time.Second

// ErrDamaged is in the error of a file at which bbolt panicked: then its database is
// not safe to call, not even to close it.
var ErrDamaged = errors.New("its pages make no sense")

// A File is where a database is, and what it is for.
type File struct {
	Folder  string // the data folder
	Name    string // of the file in it
	Without string // what a start without the file is like, such as "without announcements"
}

// Path returns the name of the file with its folder.
func (f File) Path() string { return filepath.Join(f.Folder, f.Name) }

// Open opens the file, for its owner alone, and makes it and the folder if they are not
// there. It waits for a moment if another process uses the file.
func (f File) Open() (db *bbolt.DB, err error) {
	if err := os.MkdirAll(f.Folder, 0o750); err != nil {
		return nil, f.notWritable(err)
	}
	err = f.Guard(func() error {
		db, err = bbolt.Open(f.Path(), 0o600, &bbolt.Options{Timeout: lockTimeout, FreelistType: bbolt.FreelistMapType})
		return err
	})
	switch {
	case err == nil:
		return db, nil
	case errors.Is(err, ErrDamaged):
		return nil, err
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, fmt.Errorf("open %s: another process uses it; stop that process, or choose another data folder with --storage.path", f.Path())
	case errors.Is(err, os.ErrPermission):
		return nil, f.notWritable(err)
	}
	if pathError, ok := errors.AsType[*os.PathError](err); ok {
		return nil, fmt.Errorf("open the data folder: %w", pathError)
	}
	return nil, f.Damaged(err)
}

// Guard calls what uses the database. On a damaged file bbolt may panic, or read where
// the file has ended: Guard returns an error then, in which ErrDamaged is.
func (f File) Guard(use func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if cause := recover(); cause != nil {
			err = f.Damaged(fmt.Errorf("%w: %v", ErrDamaged, cause))
		}
	}()
	return use()
}

// Damaged returns the error of a file in which there is what can't be.
func (f File) Damaged(err error) error {
	return fmt.Errorf("%s is damaged (%w); move it away to start %s, or restore it from a backup", f.Path(), err, f.Without)
}

func (f File) notWritable(err error) error {
	return fmt.Errorf("data folder %s is not writable: %w; give it to the user that Pharos runs as, or choose another one with --storage.path", f.Folder, err)
}
