// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

const (
	fileName    = "bridge.db"
	fileFormat  = "1"             // of the records
	lockTimeout = 2 * time.Second // to wait for another process to let the file go
)

// The buckets of the file. The keys of submissions, payloads and entries are their
// ids, in eight bytes; the sequence of submissions is the last id that was given
// away, for whatever.
const (
	inMeta        = "meta"        // "format" and "salt"
	inSubmissions = "submissions" // submissionRecord, as JSON
	inPayloads    = "payloads"    // of submissions
	inEntries     = "entries"     // entryRecord, as JSON
	inDigests     = "digests"     // digest and channel → when it was accepted, in eight bytes
)

func buckets() []string {
	return []string{inMeta, inSubmissions, inPayloads, inEntries, inDigests}
}

// openFile opens the file in the data folder, or makes both.
func openFile(folder string) (db *bolt.DB, file string, err error) {
	file = filepath.Join(folder, fileName)
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return nil, "", notWritable(folder, err)
	}
	err = guard(file, func() error {
		db, err = bolt.Open(file, 0o600, &bolt.Options{Timeout: lockTimeout, FreelistType: bolt.FreelistMapType})
		return err
	})
	switch {
	case err == nil:
		return db, file, nil
	case errors.Is(err, errDamaged):
		return nil, "", err
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, "", fmt.Errorf("open %s: another process uses it; stop that process, or choose another data folder with --storage.path", file)
	case errors.Is(err, os.ErrPermission):
		return nil, "", notWritable(folder, err)
	}
	if pathError, ok := errors.AsType[*os.PathError](err); ok {
		return nil, "", fmt.Errorf("open the data folder: %w", pathError)
	}
	return nil, "", damaged(file, err)
}

func notWritable(folder string, err error) error {
	return fmt.Errorf("data folder %s is not writable: %w; give it to the user that Pharos runs as, or choose another one with --storage.path", folder, err)
}

// errDamaged is in the error of a file at which bbolt panicked: then its database is
// not safe to call, not even to close it.
var errDamaged = errors.New("its pages make no sense")

// guard calls what uses bbolt, which may panic on a damaged file, or read where the
// file has ended.
func guard(file string, use func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if cause := recover(); cause != nil {
			err = damaged(file, fmt.Errorf("%w: %v", errDamaged, cause))
		}
	}()
	return use()
}

func damaged(file string, err error) error {
	return fmt.Errorf("%s is damaged (%w); move it away to start with no notification waiting, or restore it from a backup", file, err)
}

// A content is all that is in a file, but payloads.
type content struct {
	salt        []byte
	last        uint64 // the last id that was given away
	submissions []submissionRecord
	entries     []entryRecord
	digests     []digestRecord
}

// readFile returns what is in the file, and makes what a new one needs. It closes
// db if there is an error, unless that is errDamaged.
func readFile(db *bolt.DB, file string) (all content, err error) {
	read := func(tx *bolt.Tx) error { return all.check(tx, file) }
	err = guard(file, func() error {
		if err := db.View(read); !errors.Is(err, errNew) {
			return err
		}
		if err := makeFile(db, file); err != nil {
			return err
		}
		return db.View(read)
	})
	switch {
	case errors.Is(err, errDamaged):
		return content{}, err
	case err != nil:
		return content{}, errors.Join(err, db.Close())
	}
	return all, nil
}

// errNew is of a file that has nothing in it.
var errNew = errors.New("the file is new")

// makeFile makes what a new file needs, and sees to it that its name is on disk
// like what is in it.
func makeFile(db *bolt.DB, file string) error {
	err := db.Update(func(tx *bolt.Tx) error {
		for _, name := range buckets() {
			if _, err := tx.CreateBucket([]byte(name)); err != nil {
				return err
			}
		}
		meta := tx.Bucket([]byte(inMeta))
		return errors.Join(meta.Put([]byte("format"), []byte(fileFormat)), meta.Put([]byte("salt"), []byte(rand.Text())))
	})
	if err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	folder, err := os.Open(filepath.Dir(file))
	if err != nil {
		return fmt.Errorf("open the data folder: %w", err)
	}
	if err := errors.Join(folder.Sync(), folder.Close()); err != nil {
		return fmt.Errorf("write the data folder: %w", err)
	}
	return nil
}

// check reads the file, or returns errNew.
func (all *content) check(tx *bolt.Tx, file string) error {
	known := 0
	err := tx.ForEach(func(name []byte, _ *bolt.Bucket) error {
		if !slices.Contains(buckets(), string(name)) {
			return fmt.Errorf("%s is not a spool of pharos_bridge: it has a bucket %q; move it away, or choose another data folder with --storage.path", file, name)
		}
		known++
		return nil
	})
	switch {
	case err != nil:
		return err
	case known == 0:
		return errNew
	case known < len(buckets()):
		return damaged(file, errors.New("something is missing"))
	}
	meta := tx.Bucket([]byte(inMeta))
	if format := string(meta.Get([]byte("format"))); format != fileFormat {
		return fmt.Errorf("%s has format %q, and this version of Pharos reads format %s; start the version that wrote it, or move the file away", file, format, fileFormat)
	}
	all.salt = bytes.Clone(meta.Get([]byte("salt")))
	if err := all.read(tx); err != nil {
		return damaged(file, err)
	}
	return nil
}

func (all *content) read(tx *bolt.Tx) error {
	submissions, payloads := tx.Bucket([]byte(inSubmissions)), tx.Bucket([]byte(inPayloads))
	all.last = submissions.Sequence()
	err := submissions.ForEach(func(key, value []byte) error {
		r, err := decodeSubmission(key, value, payloads.Get(key))
		all.submissions, all.last = append(all.submissions, r), max(all.last, r.id)
		return err
	})
	if err != nil {
		return err
	}
	err = tx.Bucket([]byte(inEntries)).ForEach(func(key, value []byte) error {
		r, err := decodeEntry(key, value)
		all.entries, all.last = append(all.entries, r), max(all.last, r.id, r.Order)
		return err
	})
	if err != nil {
		return err
	}
	return tx.Bucket([]byte(inDigests)).ForEach(func(key, value []byte) error {
		r, err := decodeDigest(key, value)
		all.digests = append(all.digests, r)
		return err
	})
}
