// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"slices"

	bolt "go.etcd.io/bbolt"

	"github.com/pharos-status/pharos/internal/boltfile"
)

// fileFormat is that of the records.
const fileFormat = "1"

// The buckets of the file. The keys of submissions, payloads and entries are their
// ids, in eight bytes; the sequence of submissions is the last id that was given
// away, for whatever.
const (
	inMeta        = "meta"        // "format" and "salt"
	inSubmissions = "submissions" // submissionRecord, as JSON
	inPayloads    = "payloads"    // of submissions
	inEntries     = "entries"     // entryRecord, as JSON
	inDigests     = "digests"     // notes: when it was made, in eight bytes, and a digest
	inEnds        = "ends"        // notes
	inReserve     = "reserve"     // what Probe wrote last
)

func buckets() []string {
	return []string{inMeta, inSubmissions, inPayloads, inEntries, inDigests, inEnds, inReserve}
}

// fileIn returns the file of the data folder.
func fileIn(folder string) boltfile.File {
	return boltfile.File{Folder: folder, Name: "bridge.db", Without: "with no notification waiting"}
}

// A content is all that is in a file, but payloads.
type content struct {
	salt        []byte
	last        uint64 // the last id that was given away
	submissions []submissionRecord
	entries     []entryRecord
	notes       [2][]noteRecord // of the memories
}

// readFile returns what is in the file, and makes what a new one needs. It closes
// db if there is an error, unless that is [boltfile.ErrDamaged].
func (s *Spool) readFile() (all content, err error) {
	db, file := s.db, s.file
	read := func(tx *bolt.Tx) error { return s.check(tx, &all) }
	err = file.Guard(func() error {
		if err := db.View(read); !errors.Is(err, errNew) {
			return err
		}
		if err := makeFile(db, file); err != nil {
			return err
		}
		return db.View(read)
	})
	switch {
	case errors.Is(err, boltfile.ErrDamaged):
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
func makeFile(db *bolt.DB, file boltfile.File) error {
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
		return fmt.Errorf("write %s: %w", file.Path(), err)
	}
	folder, err := os.Open(file.Folder)
	if err != nil {
		return fmt.Errorf("open the data folder: %w", err)
	}
	if err := errors.Join(folder.Sync(), folder.Close()); err != nil {
		return fmt.Errorf("write the data folder: %w", err)
	}
	return nil
}

// check reads the file, or returns errNew.
func (s *Spool) check(tx *bolt.Tx, all *content) error {
	file, known := s.file, 0
	err := tx.ForEach(func(name []byte, _ *bolt.Bucket) error {
		if !slices.Contains(buckets(), string(name)) {
			return fmt.Errorf("%s is not a spool of pharos_bridge: it has a bucket %q; move it away, or choose another data folder with --storage.path", file.Path(), name)
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
		return file.Damaged(errors.New("something is missing"))
	}
	meta := tx.Bucket([]byte(inMeta))
	if format := string(meta.Get([]byte("format"))); format != fileFormat {
		return fmt.Errorf("%s has format %q, and this version of Pharos reads format %s; start the version that wrote it, or move the file away", file.Path(), format, fileFormat)
	}
	all.salt = bytes.Clone(meta.Get([]byte("salt")))
	if err := s.readAll(tx, all); err != nil {
		return file.Damaged(err)
	}
	return nil
}

func (s *Spool) readAll(tx *bolt.Tx, all *content) error {
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
		all.entries, all.last = append(all.entries, r), max(all.last, r.id)
		return err
	})
	if err != nil {
		return err
	}
	for i, m := range s.memories() {
		err := tx.Bucket([]byte(m.bucket)).ForEach(func(key, value []byte) error {
			r, err := m.decode(key, value)
			all.notes[i] = append(all.notes[i], r)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
