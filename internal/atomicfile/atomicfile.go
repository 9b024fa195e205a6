// SPDX-License-Identifier: Apache-2.0

// Package atomicfile writes files that are there whole or not at all: whoever
// reads one at the same time, or after a crash, finds the old one or the new one.
package atomicfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Write has write fill a new file of the same folder, and puts it in the place of
// the one at path, with that mode. If anything goes wrong the old one stays, and
// nothing is left behind. The name of the new file begins with a dot and ends in
// .tmp until then.
func Write(path string, mode fs.FileMode, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	err = errors.Join(write(f), f.Chmod(mode), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
