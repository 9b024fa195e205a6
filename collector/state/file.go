// SPDX-License-Identifier: Apache-2.0

package state

import (
	"errors"
	"fmt"

	bolt "go.etcd.io/bbolt"

	"github.com/pharos-status/pharos/internal/boltfile"
)

// fileFormat is that of the records.
const fileFormat = "1"

// bucketReplicas holds a record, as JSON, for each service\x00node\x00replica.
func bucketReplicas() []byte { return []byte("replicas") }

// bucketQueues holds a queueRecord, as JSON, for each service\x00node.
func bucketQueues() []byte { return []byte("queues") }

// bucketMeta holds the format of the records under the key "format".
func bucketMeta() []byte { return []byte("meta") }

// fileIn returns the file of the data folder.
func fileIn(folder string) boltfile.File {
	return boltfile.File{Folder: folder, Name: "state.db", Without: "without what was known"}
}

// readFile returns all records of the file. It closes db if there is an error,
// unless that is [boltfile.ErrDamaged].
func readFile(db *bolt.DB, file boltfile.File) (all restored, err error) {
	err = file.Guard(func() error {
		return db.Update(func(tx *bolt.Tx) error {
			all, err = readBuckets(tx, file)
			return err
		})
	})
	switch {
	case errors.Is(err, boltfile.ErrDamaged):
		return restored{}, err
	case err != nil:
		return restored{}, errors.Join(err, db.Close())
	}
	return all, nil
}

func readBuckets(tx *bolt.Tx, file boltfile.File) (restored, error) {
	if err := checkFormat(tx, file); err != nil {
		return restored{}, err
	}
	replicas, err := tx.CreateBucketIfNotExists(bucketReplicas())
	if err != nil {
		return restored{}, fmt.Errorf("write %s: %w", file.Path(), err)
	}
	queues, err := tx.CreateBucketIfNotExists(bucketQueues())
	if err != nil {
		return restored{}, fmt.Errorf("write %s: %w", file.Path(), err)
	}
	all, err := readRecords(replicas, queues)
	if err != nil {
		return restored{}, file.Damaged(err)
	}
	return all, nil
}

func checkFormat(tx *bolt.Tx, file boltfile.File) error {
	b, err := tx.CreateBucketIfNotExists(bucketMeta())
	if err != nil {
		return fmt.Errorf("write %s: %w", file.Path(), err)
	}
	switch format := string(b.Get([]byte("format"))); format {
	case fileFormat:
		return nil
	case "":
		return b.Put([]byte("format"), []byte(fileFormat))
	default:
		return fmt.Errorf("%s has format %q, and this version of Pharos reads format %s; start the version that wrote it, or move the file away", file.Path(), format, fileFormat)
	}
}
