// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"log/slog"

	"go.etcd.io/bbolt"

	"github.com/pharos-status/pharos/internal/boltfile"
)

// The file has these buckets, and in them these keys.
func bucketMeta() []byte          { return []byte("meta") }
func keyFormat() []byte           { return []byte("format") } // a decimal number
func bucketPage() []byte          { return []byte("page") }
func keyLayout() []byte           { return []byte("layout") }        // JSON of the layout
func bucketAnnouncements() []byte { return []byte("announcements") } // big-endian number → JSON of a record

// fileIn returns the file of the data folder.
func fileIn(folder string) boltfile.File {
	return boltfile.File{Folder: folder, Name: "statuspage.db", Without: "without announcements"}
}

// openFile opens the file, and brings it to the newest format.
func openFile(file boltfile.File, logger *slog.Logger) (*bbolt.DB, error) {
	db, err := file.Open()
	if err != nil {
		return nil, err
	}
	err = file.Guard(func() error { return migrate(db, file, logger) })
	switch {
	case errors.Is(err, boltfile.ErrDamaged):
		return nil, err
	case err != nil:
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}
