// SPDX-License-Identifier: Apache-2.0

package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/pharos-status/pharos/internal/status"
)

const (
	fileName    = "state.db"
	fileFormat  = "1"             // of the records
	lockTimeout = 2 * time.Second // to wait for another process to let the file go
)

// bucketReplicas holds a record, as JSON, for each service\x00node\x00replica.
func bucketReplicas() []byte { return []byte("replicas") }

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
func readFile(db *bolt.DB, file string) (all map[status.ID]record, err error) {
	all = map[status.ID]record{}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if cause := recover(); cause != nil {
			all, err = nil, damaged(file, fmt.Errorf("%v", cause))
		}
	}()
	err = db.Update(func(tx *bolt.Tx) error {
		if err := checkFormat(tx, file); err != nil {
			return err
		}
		b, err := tx.CreateBucketIfNotExists(bucketReplicas())
		if err != nil {
			return fmt.Errorf("write %s: %w", file, err)
		}
		return b.ForEach(func(key, value []byte) error {
			id, rec, err := decode(key, value)
			if err != nil {
				return damaged(file, err)
			}
			all[id] = rec
			return nil
		})
	})
	if err != nil {
		return nil, errors.Join(err, db.Close())
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

// saveFile writes changes in one transaction.
func saveFile(db *bolt.DB, changes map[status.ID]change) error {
	return db.Update(func(tx *bolt.Tx) error {
		b := tx.Bucket(bucketReplicas())
		for id, c := range changes {
			if err := put(b, id, c.record); err != nil {
				return err
			}
		}
		return nil
	})
}

func put(b *bolt.Bucket, id status.ID, rec *record) error {
	key := encodeKey(id)
	if rec == nil {
		return b.Delete(key)
	}
	value, err := json.Marshal(rec)
	if err != nil {
		return fmt.Errorf("encode %s: %w", id, err)
	}
	return b.Put(key, value)
}

// encodeKey relies on the IDs of services and nodes having no control characters.
func encodeKey(id status.ID) []byte {
	return []byte(id.Service + "\x00" + id.Node + "\x00" + id.Replica)
}

func decode(key, value []byte) (status.ID, record, error) {
	parts := strings.SplitN(string(key), "\x00", 3)
	if len(parts) != 3 {
		return status.ID{}, record{}, fmt.Errorf("key %q", key)
	}
	var rec record
	if err := json.Unmarshal(value, &rec); err != nil {
		return status.ID{}, record{}, fmt.Errorf("record %q: %w", key, err)
	}
	return status.ID{Service: parts[0], Node: parts[1], Replica: parts[2]}, rec, nil
}
