// SPDX-License-Identifier: Apache-2.0

package store

import (
	"fmt"
	"log/slog"
	"strconv"

	"go.etcd.io/bbolt"

	"github.com/pharos-status/pharos/internal/boltfile"
)

// migrations returns the steps that bring a file from each format to the next:
// the first one makes an empty file one of format 1. A step that was released is
// never changed; a new format is a new step.
func migrations() []func(*bbolt.Tx) error {
	return []func(*bbolt.Tx) error{
		func(tx *bbolt.Tx) error {
			for _, name := range [][]byte{bucketPage(), bucketAnnouncements()} {
				if _, err := tx.CreateBucket(name); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// migrate brings the file to the newest format, wholly or not at all.
func migrate(db *bbolt.DB, file boltfile.File, logger *slog.Logger) error {
	steps := migrations()
	return db.Update(func(tx *bbolt.Tx) error {
		meta, err := tx.CreateBucketIfNotExists(bucketMeta())
		if err != nil {
			return fmt.Errorf("write %s: %w", db.Path(), err)
		}
		format, err := readFormat(meta)
		if err != nil {
			return file.Damaged(err)
		}
		if format > len(steps) {
			return fmt.Errorf("%s has format %d, and this version of Pharos reads formats up to %d; start the version that wrote it, or move the file away",
				db.Path(), format, len(steps))
		}
		for from, step := range steps[format:] {
			if err := step(tx); err != nil {
				return fmt.Errorf("bring %s to format %d: %w", db.Path(), format+from+1, err)
			}
		}
		if format > 0 && format < len(steps) { // a new file is no news
			logger.Info("Brought the store to a new format", "file", db.Path(), "from", format, "to", len(steps))
		}
		return meta.Put(keyFormat(), strconv.AppendInt(nil, int64(len(steps)), 10))
	})
}

func readFormat(meta *bbolt.Bucket) (int, error) {
	text := meta.Get(keyFormat())
	if text == nil {
		return 0, nil
	}
	format, err := strconv.Atoi(string(text))
	if err != nil || format < 1 {
		return 0, fmt.Errorf("its format is %q", text)
	}
	return format, nil
}
