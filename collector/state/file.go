// SPDX-License-Identifier: Apache-2.0

package state

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

const (
	fileName    = "state.db"
	fileFormat  = "1"             // of the records
	lockTimeout = 2 * time.Second // to wait for another process to let the file go
)

// bucketReplicas holds a record, as JSON, for each service\x00node\x00replica.
func bucketReplicas() []byte { return []byte("replicas") }

// bucketQueues holds a queueRecord, as JSON, for each service\x00node.
func bucketQueues() []byte { return []byte("queues") }

// bucketMeta holds the format of the records under the key "format".
func bucketMeta() []byte { return []byte("meta") }

// openFile opens the file in the data folder, or makes both.
func openFile(folder string) (db *bolt.DB, file string, err error) {
	file = filepath.Join(folder, fileName)
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return nil, "", notWritable(folder, err)
	}
	// A damaged file may make bbolt panic, or read where the file has ended.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if cause := recover(); cause != nil {
			db, err = nil, damaged(file, fmt.Errorf("%v", cause))
		}
	}()
	db, err = bolt.Open(file, 0o600, &bolt.Options{Timeout: lockTimeout, FreelistType: bolt.FreelistMapType})
	switch {
	case err == nil:
		return db, file, nil
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

func damaged(file string, err error) error {
	return fmt.Errorf("%s is damaged (%w); move it away to start without what was known, or restore it from a backup", file, err)
}

// readFile returns all records of the file. It closes db if there is an error,
// unless the file is so damaged that bbolt panics: then nothing is safe to call.
func readFile(db *bolt.DB, file string) (all restored, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if cause := recover(); cause != nil {
			all, err = restored{}, damaged(file, fmt.Errorf("%v", cause))
		}
	}()
	err = db.Update(func(tx *bolt.Tx) error {
		if err := checkFormat(tx, file); err != nil {
			return err
		}
		replicas, err := tx.CreateBucketIfNotExists(bucketReplicas())
		if err != nil {
			return fmt.Errorf("write %s: %w", file, err)
		}
		queues, err := tx.CreateBucketIfNotExists(bucketQueues())
		if err != nil {
			return fmt.Errorf("write %s: %w", file, err)
		}
		if all, err = readRecords(replicas, queues); err != nil {
			return damaged(file, err)
		}
		return nil
	})
	if err != nil {
		return restored{}, errors.Join(err, db.Close())
	}
	return all, nil
}

func checkFormat(tx *bolt.Tx, file string) error {
	b, err := tx.CreateBucketIfNotExists(bucketMeta())
	if err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	switch format := string(b.Get([]byte("format"))); format {
	case fileFormat:
		return nil
	case "":
		return b.Put([]byte("format"), []byte(fileFormat))
	default:
		return fmt.Errorf("%s has format %q, and this version of Pharos reads format %s; start the version that wrote it, or move the file away", file, format, fileFormat)
	}
}
