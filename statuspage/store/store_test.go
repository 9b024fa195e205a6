// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
	"go.uber.org/goleak"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func openIn(t *testing.T, folder string) *store.Store {
	t.Helper()
	s, err := store.Open(store.Options{Path: folder, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// crashed returns a folder with a copy of the store's file as it is now, which
// is what a process that was killed would leave.
func crashed(t *testing.T, folder string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(folder, "statuspage.db"))
	require.NoError(t, err)
	other := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(other, "statuspage.db"), data, 0o600))
	return other
}

func announcements(t *testing.T, s *store.Store) []statuspage.Announcement {
	t.Helper()
	all, err := s.Announcements()
	require.NoError(t, err)
	return all
}

func TestAnnouncements(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "made", "by", "open")
	s := openIn(t, folder)
	require.Empty(t, announcements(t, s))

	first, err := s.Announce("Planned work", "Tonight.\nAt ten.")
	require.NoError(t, err)
	require.NotEmpty(t, first.ID)
	require.WithinDuration(t, time.Now(), first.Time, time.Minute)
	second, err := s.Announce("Übermorgen", "☕")
	require.NoError(t, err)
	want := []statuspage.Announcement{second, first}
	require.Equal(t, want, announcements(t, s))
	require.Equal(t, want, announcements(t, openIn(t, crashed(t, folder))), "without Close")

	require.NoError(t, s.Retract(first.ID))
	require.ErrorIs(t, s.Retract(first.ID), store.ErrNotFound)
	want = want[:1]
	require.Equal(t, want, announcements(t, s))
	require.Equal(t, want, announcements(t, openIn(t, crashed(t, folder))), "without Close")
}

func TestAnnounceRefuses(t *testing.T) {
	t.Parallel()
	s := openIn(t, t.TempDir())
	for want, a := range map[string][2]string{
		"invalid announcement: the title is empty\ninvalid announcement: the text is empty": {" \n", ""},
		"invalid announcement: the text is not valid UTF-8":                                 {"a", "\xff"},
		"invalid announcement: the title is longer than 200 characters":                     {strings.Repeat("ü", 201), "a"},
		"invalid announcement: the text is longer than 10000 characters":                    {"a", strings.Repeat("ü", 10_001)},
	} {
		_, err := s.Announce(a[0], a[1])
		require.EqualError(t, err, want)
		require.ErrorIs(t, err, store.ErrInvalid)
	}
	require.Empty(t, announcements(t, s))
	_, err := s.Announce(strings.Repeat("ü", 200), strings.Repeat("ü", 10_000))
	require.NoError(t, err)
}

func TestAnnouncementsAreLimited(t *testing.T) {
	t.Parallel()
	s := openIn(t, t.TempDir())
	var group sync.WaitGroup
	for range 100 {
		group.Go(func() {
			if _, err := s.Announce("a", "b"); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	all := announcements(t, s)
	require.Len(t, all, 100)
	_, err := s.Announce("a", "b")
	require.ErrorIs(t, err, store.ErrTooMany)
	require.EqualError(t, err, "write an announcement: too many announcements: there are 100; retract one first")
	require.NoError(t, s.Retract(all[50].ID))
	_, err = s.Announce("a", "b")
	require.NoError(t, err)
}

func TestLayout(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s := openIn(t, folder)
	got, err := s.Layout()
	require.NoError(t, err)
	require.Zero(t, got)

	want := statuspage.Layout{Services: []statuspage.ServiceLayout{{
		ID: "web", Label: "Web", Nodes: []statuspage.NodeLayout{{ID: "api", Label: "API", Mode: "poll", Reveal: true, LinkURL: "https://a", LinkLabel: "b"}},
	}}}
	require.NoError(t, s.SaveLayout(want))
	for _, s := range []*store.Store{s, openIn(t, crashed(t, folder))} {
		got, err := s.Layout()
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

func TestSameLayoutIsNotWrittenAgain(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s := openIn(t, folder)
	file := func() []byte {
		data, err := os.ReadFile(filepath.Join(folder, "statuspage.db"))
		require.NoError(t, err)
		return data
	}
	layout := statuspage.Layout{Services: []statuspage.ServiceLayout{{ID: "web"}}}
	require.NoError(t, s.SaveLayout(layout))
	before := file()
	require.NoError(t, s.SaveLayout(layout))
	require.Equal(t, before, file())
	layout.Services[0].Label = "Web"
	require.NoError(t, s.SaveLayout(layout))
	require.NotEqual(t, before, file())
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	open := func(folder string) error {
		s, err := store.Open(store.Options{Path: folder, Logger: slog.New(slog.DiscardHandler)})
		if err == nil {
			require.NoError(t, s.Close())
		}
		return err
	}
	write := func(t *testing.T, data []byte) string {
		t.Helper()
		folder := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(folder, "statuspage.db"), data, 0o600))
		return folder
	}
	t.Run("a file where the folder should be", func(t *testing.T) {
		t.Parallel()
		file := filepath.Join(t.TempDir(), "data")
		require.NoError(t, os.WriteFile(file, nil, 0o600))
		require.EqualError(t, open(file), "data folder "+file+" is not writable: mkdir "+file+": not a directory; "+
			"give it to the user that Pharos runs as, or choose another one with --storage.path")
	})
	t.Run("a folder that is not ours", func(t *testing.T) {
		t.Parallel()
		const folder = "/proc/self/fd" // which takes files from nobody, root included
		require.ErrorContains(t, open(folder), "open the data folder: ")
	})
	t.Run("damaged", func(t *testing.T) {
		t.Parallel()
		folder := write(t, []byte("this is no database"))
		require.ErrorContains(t, open(folder), "statuspage.db is damaged (")
	})
	t.Run("cut off", func(t *testing.T) {
		t.Parallel()
		folder := t.TempDir()
		s := openIn(t, folder)
		require.NoError(t, s.SaveLayout(statuspage.Layout{Services: []statuspage.ServiceLayout{{ID: strings.Repeat("a", 100_000)}}}))
		whole, err := os.ReadFile(filepath.Join(folder, "statuspage.db"))
		require.NoError(t, err)
		require.ErrorContains(t, open(write(t, whole[:len(whole)/16])), "statuspage.db is damaged (")
	})
	t.Run("of a later version", func(t *testing.T) {
		t.Parallel()
		folder := t.TempDir()
		file := filepath.Join(folder, "statuspage.db")
		db, err := bbolt.Open(file, 0o600, nil)
		require.NoError(t, err)
		require.NoError(t, db.Update(func(tx *bbolt.Tx) error {
			b, err := tx.CreateBucket([]byte("meta"))
			require.NoError(t, err)
			return b.Put([]byte("format"), []byte("7"))
		}))
		require.NoError(t, db.Close())
		require.EqualError(t, open(folder), file+" has format 7, and this version of Pharos reads formats up to 1; "+
			"start the version that wrote it, or move the file away")
	})
}

func TestOpenTwice(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	openIn(t, folder)
	synctest.Test(t, func(t *testing.T) {
		_, err := store.Open(store.Options{Path: folder, Logger: slog.New(slog.DiscardHandler)})
		require.EqualError(t, err, "open "+filepath.Join(folder, "statuspage.db")+
			": another process uses it; stop that process, or choose another data folder with --storage.path")
	})
}
