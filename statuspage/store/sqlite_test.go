// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/store"
)

func sqliteFile(o store.Options) string { return filepath.Join(o.Path, "statuspage.sqlite") }

func TestSQLiteInOddFolder(t *testing.T) {
	t.Parallel()
	o := store.Options{Path: filepath.Join(t.TempDir(), "a b", "50%25?#ü&")}
	s := open(t, o)
	change(t, s, func(tx *store.Tx) error { return tx.PutIncident(incident("i", at)) })
	require.FileExists(t, sqliteFile(o))
}

func TestSQLiteDamaged(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(file []byte) []byte{
		"not a database": func([]byte) []byte { return []byte(strings.Repeat("what? ", 1000)) },
		"cut off":        func(file []byte) []byte { return file[:len(file)/2] },
		"overwritten": func(file []byte) []byte {
			for i := len(file) / 4; i < len(file); i++ {
				file[i] ^= 0x5a
			}
			return file
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := store.Options{Path: t.TempDir(), Logger: slog.New(slog.DiscardHandler)}
			s, err := store.Open(t.Context(), o)
			require.NoError(t, err)
			for n := range 100 {
				change(t, s, func(tx *store.Tx) error { return tx.PutIncident(incident(strconv.Itoa(n), at)) })
			}
			require.NoError(t, s.Close())
			file, err := os.ReadFile(sqliteFile(o))
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(sqliteFile(o), damage(file), 0o600))
			_, err = store.Open(t.Context(), o)
			require.ErrorContains(t, err, sqliteFile(o)+" is damaged; restore it from a backup")
			require.NotErrorIs(t, err, store.ErrAway)
		})
	}
}

func TestSQLiteOfNewerVersion(t *testing.T) {
	t.Parallel()
	o := store.Options{Path: t.TempDir(), Logger: slog.New(slog.DiscardHandler)}
	s, err := store.Open(t.Context(), o)
	require.NoError(t, err)
	require.NoError(t, s.Exec(t.Context(), "INSERT INTO statuspage_schema (version_id, is_applied) VALUES (999, 1)"))
	require.NoError(t, s.Close())
	_, err = store.Open(t.Context(), o)
	require.ErrorContains(t, err, "written by a newer version")
}

func TestSQLiteDiskFull(t *testing.T) {
	t.Parallel()
	s := open(t, store.Options{Path: t.TempDir()})
	change(t, s, func(tx *store.Tx) error { return tx.PutIncident(incident("i", at)) })
	require.NoError(t, s.Exec(t.Context(), "PRAGMA max_page_count = 1")) // no more than there are
	large := incident("large", at)
	large.Updates[0].Text = strings.Repeat("x", 1<<20)
	err := s.Change(t.Context(), "anna", func(tx *store.Tx) error { return tx.PutIncident(large) })
	require.ErrorIs(t, err, store.ErrAway)
	require.ErrorContains(t, err, "full")
	c, err := s.Contents(t.Context())
	require.NoError(t, err, "it can still be read")
	require.Len(t, c.Incidents, 1)
	require.NoError(t, s.Exec(t.Context(), "PRAGMA max_page_count = 1000000"))
	change(t, s, func(tx *store.Tx) error { return tx.PutIncident(large) })
}

// What is erased is not in the file any more, nor in the one beside it.
func TestSQLiteErases(t *testing.T) {
	t.Parallel()
	o := store.Options{Path: t.TempDir()}
	s := open(t, o)
	x := subscriber("a")
	x.Address = "canary@example.com"
	require.NoError(t, s.PutSubscriber(t.Context(), "visitor", x))
	require.True(t, onDisk(t, o, "canary"))
	require.NoError(t, s.EraseSubscriber(t.Context(), "anna", "a"))
	require.False(t, onDisk(t, o, "canary"))
}

// Where somebody reads what was there before, it is erased all the same, and from the
// files as soon as something changes after that.
func TestSQLiteErasesLater(t *testing.T) {
	t.Parallel()
	o := store.Options{Path: t.TempDir()}
	s := open(t, o)
	x := subscriber("a")
	x.Address = "canary@example.com"
	require.NoError(t, s.PutSubscriber(t.Context(), "visitor", x))
	reader, err := sql.Open("sqlite", sqliteFile(o))
	require.NoError(t, err)
	defer reader.Close()
	reading, err := reader.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	var n int
	require.NoError(t, reading.QueryRowContext(t.Context(), "SELECT count(*) FROM subscriber").Scan(&n))
	require.NoError(t, s.EraseSubscriber(t.Context(), "anna", "a"))
	_, err = s.Subscriber(t.Context(), "a")
	require.ErrorIs(t, err, store.ErrNotFound)
	require.True(t, onDisk(t, o, "canary"), "else this tests nothing")
	require.NoError(t, reading.Rollback())
	change(t, s, func(tx *store.Tx) error { return tx.PutIncident(incident("i", at)) })
	require.False(t, onDisk(t, o, "canary"))
}

func onDisk(t *testing.T, o store.Options, text string) (found bool) {
	t.Helper()
	for _, suffix := range []string{"", "-wal"} {
		data, err := os.ReadFile(sqliteFile(o) + suffix)
		require.NoError(t, err)
		found = found || bytes.Contains(data, []byte(text))
	}
	return found
}

// The check of the file takes as long as it takes, though the start has a deadline.
func TestSQLiteCheckedWithoutDeadline(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	log := slog.New(slog.NewTextHandler(writer(func(line []byte) {
		if bytes.Contains(line, []byte("new schema")) { // which comes right before the check
			cancel()
		}
	}), nil))
	s, err := store.Open(ctx, store.Options{Path: t.TempDir(), Logger: log})
	require.NoError(t, err)
	require.Error(t, ctx.Err())
	require.NoError(t, s.Close())
}

type writer func(line []byte)

func (w writer) Write(line []byte) (int, error) { w(line); return len(line), nil }

// What was acknowledged is there after the process was killed at any time.
func TestSQLiteKilled(t *testing.T) {
	if folder := os.Getenv("PHAROS_TEST_KILLED"); folder != "" {
		writeUntilKilled(t, folder)
		return
	}
	t.Parallel()
	o := store.Options{Path: t.TempDir()}
	const enough = 100
	acknowledged := 0
	for acknowledged < 2*enough { // the second process goes on where the first was killed
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSQLiteKilled$")
		cmd.Env = append(os.Environ(), "PHAROS_TEST_KILLED="+o.Path)
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		lines := bufio.NewScanner(out)
		for last := acknowledged + enough; acknowledged < last; {
			require.True(t, lines.Scan(), "it ended")
			if _, err := fmt.Sscanf(lines.Text(), "done %d", &acknowledged); err != nil {
				t.Log(lines.Text())
			}
		}
		require.NoError(t, cmd.Process.Kill())
		for lines.Scan() { // what it acknowledged before it died counts too
			_, _ = fmt.Sscanf(lines.Text(), "done %d", &acknowledged)
		}
		require.Error(t, cmd.Wait())
	}
	c, err := open(t, o).Contents(t.Context())
	require.NoError(t, err)
	there := map[string]bool{}
	for _, i := range c.Incidents {
		there[i.ID] = true
	}
	for n := range acknowledged {
		require.True(t, there[strconv.Itoa(n+1)], "incident %d of %d", n+1, acknowledged)
	}
}

func writeUntilKilled(t *testing.T, folder string) {
	t.Helper()
	s := open(t, store.Options{Path: folder})
	for {
		next := 0
		require.NoError(t, s.Change(t.Context(), "anna", func(tx *store.Tx) error {
			all, err := tx.Incidents()
			next = len(all) + 1
			if err != nil {
				return err
			}
			return tx.PutIncident(statuspage.Incident{ID: strconv.Itoa(next), Started: at})
		}))
		fmt.Fprintln(os.Stdout, "done", next)
	}
}

func BenchmarkContents(b *testing.B) {
	s := open(b, store.Options{Path: b.TempDir()})
	change(b, s, func(tx *store.Tx) error {
		for n := range 1000 {
			if err := tx.PutIncident(incident(strconv.Itoa(n), at)); err != nil {
				return err
			}
		}
		return nil
	})
	b.Run("unchanged", func(b *testing.B) {
		for b.Loop() {
			_, err := s.Contents(b.Context())
			require.NoError(b, err)
		}
	})
	b.Run("changed", func(b *testing.B) {
		for b.Loop() {
			require.NoError(b, s.Exec(b.Context(), "UPDATE revision SET number = number + 1"))
			_, err := s.Contents(b.Context())
			require.NoError(b, err)
		}
	})
}
