// SPDX-License-Identifier: Apache-2.0

package boltfile_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/pharos-status/pharos/internal/boltfile"
)

func file(folder string) boltfile.File {
	return boltfile.File{Folder: folder, Name: "some.db", Without: "without a memory"}
}

func TestOpenMakesFolderAndFile(t *testing.T) {
	t.Parallel()
	f := file(filepath.Join(t.TempDir(), "new", "folder"))

	db, err := f.Open()
	require.NoError(t, err)
	info, err := os.Stat(f.Path())
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	_, err = f.Open()
	require.EqualError(t, err, "open "+f.Path()+": another process uses it; stop that process, or choose another data folder with --storage.path")
	require.NoError(t, db.Close())
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	t.Run("the folder is a file", func(t *testing.T) {
		t.Parallel()
		name := filepath.Join(t.TempDir(), "data")
		require.NoError(t, os.WriteFile(name, nil, 0o600))
		_, err := file(name).Open()
		require.ErrorContains(t, err, "data folder "+name+" is not writable: ")
	})
	t.Run("the file is a folder", func(t *testing.T) {
		t.Parallel()
		f := file(t.TempDir())
		require.NoError(t, os.Mkdir(f.Path(), 0o700))
		_, err := f.Open()
		require.ErrorContains(t, err, "open the data folder: ")
	})
	for name, text := range map[string]string{"a word": "hello", "many words": string(make([]byte, 1<<16))} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := file(t.TempDir())
			require.NoError(t, os.WriteFile(f.Path(), []byte(text), 0o600))
			_, err := f.Open()
			require.ErrorContains(t, err, f.Path()+" is damaged (")
			require.ErrorContains(t, err, "); move it away to start without a memory, or restore it from a backup")
		})
	}
}

func TestGuard(t *testing.T) {
	t.Parallel()
	f := file("data")
	cause := errors.New("cause")

	require.NoError(t, f.Guard(func() error { return nil }))
	require.Equal(t, cause, f.Guard(func() error { return cause }))
	err := f.Guard(func() error { panic("page 7: bad") })
	require.ErrorIs(t, err, boltfile.ErrDamaged)
	require.EqualError(t, err, "data/some.db is damaged (its pages make no sense: page 7: bad); move it away to start without a memory, or restore it from a backup")
	err = f.Guard(func() error {
		var db *bbolt.DB
		return db.Close() // where there is nothing
	})
	require.ErrorIs(t, err, boltfile.ErrDamaged)
}
