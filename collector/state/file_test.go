// SPDX-License-Identifier: Apache-2.0

package state

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"github.com/pharos-status/pharos/internal/status"
)

func openIn(folder string) error {
	s, err := Open(Options{Path: folder, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	return s.Close()
}

func TestOpenMakesTheFolder(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "a", "b")
	require.NoError(t, openIn(folder))
	require.FileExists(t, filepath.Join(folder, "state.db"))
}

func TestOpenNotWritable(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "data")
	require.NoError(t, os.WriteFile(folder, nil, 0o600))
	require.EqualError(t, openIn(folder), "data folder "+folder+" is not writable: mkdir "+folder+
		": not a directory; give it to the user that Pharos runs as, or choose another one with --storage.path")

	if os.Geteuid() != 0 { // root may write everywhere
		folder = t.TempDir()
		require.NoError(t, os.Chmod(folder, 0o500))
		require.EqualError(t, openIn(folder), "data folder "+folder+" is not writable: open "+folder+
			"/state.db: permission denied; give it to the user that Pharos runs as, or choose another one with --storage.path")
	}
}

func TestOpenTwice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t, nil)
		folder := s.file.Folder
		require.EqualError(t, openIn(folder), "open "+folder+"/state.db: another process uses it; stop that process, or choose another data folder with --storage.path")
	})
}

func TestOpenDamaged(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(data []byte) []byte{
		"no database": func([]byte) []byte { return []byte("hello") },
		"garbage": func(data []byte) []byte {
			for i := range data {
				data[i] = byte(i * 7)
			}
			return data
		},
		"cut off":  func(data []byte) []byte { return data[:2*os.Getpagesize()+100] },
		"no pages": func(data []byte) []byte { clear(data[2*os.Getpagesize():]); return data },
		"bad pages": func(data []byte) []byte {
			for i := 2 * os.Getpagesize(); i < len(data); i += os.Getpagesize() {
				copy(data[i:], "garbage garbage garbage garbage")
			}
			return data
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			file := fileIn(folder).Path()
			require.NoError(t, openIn(folder))
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			bad := damage(data)
			require.NoError(t, os.WriteFile(file, bad, 0o600))

			err = openIn(folder)
			require.ErrorContains(t, err, file+" is damaged (")
			require.ErrorContains(t, err, "); move it away to start without what was known, or restore it from a backup")
			left, err := os.ReadFile(file)
			require.NoError(t, err)
			require.Equal(t, bad, left, "it is not touched")
		})
	}
}

func TestOpenBadContent(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ bucket, key, value, want string }{
		"record": {"replicas", "a\x00b\x00c", "{", "state.db is damaged (record \"a\\x00b\\x00c\": unexpected end of JSON input); move it away"},
		"queue":  {"queues", "a\x00b", "[]", "state.db is damaged (record \"a\\x00b\": json: cannot unmarshal array"},
		"key":    {"replicas", "a", "{}", "state.db is damaged (key \"a\"); move it away"},
		"format": {"meta", "format", "2", `state.db has format "2", and this version of Pharos reads format 1; start the version that wrote it, or move the file away`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			require.NoError(t, openIn(folder))
			db, err := bolt.Open(fileIn(folder).Path(), 0o600, nil)
			require.NoError(t, err)
			require.NoError(t, db.Update(func(tx *bolt.Tx) error {
				return tx.Bucket([]byte(tc.bucket)).Put([]byte(tc.key), []byte(tc.value))
			}))
			require.NoError(t, db.Close())
			require.ErrorContains(t, openIn(folder), tc.want)
		})
	}
}

// A clock that was set back while Pharos was down makes no report younger than
// the start.
func TestReportFromTheFuture(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t, nil)
		folder := s.file.Folder
		id := pushNode().ID.Replica("x")
		require.NoError(t, s.Close())
		db, err := bolt.Open(s.file.Path(), 0o600, nil)
		require.NoError(t, err)
		future := record{Mode: Push, At: time.Now().Add(24 * time.Hour), Interval: 30 * time.Second}
		require.NoError(t, saveFile(db, batch{puts: []put{{id: id, record: future}}}))
		require.NoError(t, db.Close())

		s, err = Open(Options{Path: folder, Logger: slog.New(slog.DiscardHandler)})
		require.NoError(t, err)
		s.Configure([]Node{pushNode()})
		start := time.Now()
		require.Equal(t, start, s.Snapshot(start)[0].At)
		require.Equal(t, status.Healthy, s.Snapshot(start.Add(50*time.Second - 1))[0].Status)
		require.Equal(t, status.Dead, s.Snapshot(start.Add(50 * time.Second))[0].Status)
		require.NoError(t, s.Close())
	})
}

// Records as they were before reports had words, and a health beside the load.
func TestOldRecords(t *testing.T) {
	t.Parallel()
	relayed := Node{ID: status.NodeID{Service: "lan", Node: "gateway"}, Mode: Local, DeadAfter: time.Minute}
	s := newStore(t, nil)
	require.NoError(t, s.Close())
	db, err := bolt.Open(s.file.Path(), 0o600, nil)
	require.NoError(t, err)
	at := time.Now().Format(time.RFC3339Nano)
	require.NoError(t, db.Update(func(tx *bolt.Tx) error {
		b := tx.Bucket(bucketReplicas())
		return errors.Join(
			b.Put(encodeKey(pushNode().ID.Replica("x")), []byte(`{"mode":"push","at":"`+at+`","interval":30000000000,"cpu":0.25,"ram":0.5}`)),
			b.Put(encodeKey(relayed.ID.Replica("y")), []byte(`{"mode":"local","at":"`+at+`","status":"sick","interval":30000000000}`)),
		)
	}))
	require.NoError(t, db.Close())

	s, err = Open(Options{Path: s.file.Folder, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	s.Configure([]Node{pushNode(), relayed})
	all := s.Snapshot(time.Now())
	require.Equal(t, status.Sick, all[0].Status)
	require.Equal(t, "reported as sick", all[0].Detail)
	require.Equal(t, status.Healthy, all[1].Status)
	require.Empty(t, all[1].Detail)
	require.InDelta(t, 0.25, *all[1].CPU, 0)
}

// How old a verdict from the future is, nobody can tell.
func TestVerdictFromTheFuture(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		probes := Node{
			ID: status.NodeID{Service: "web", Node: "api"}, Mode: Poll,
			Replicas: []Probed{{Name: "a", Interval: time.Minute, Timeout: time.Second}},
		}
		queued := pushNode()
		queued.Queue = &QueueLimits{Name: "client", Interval: 15 * time.Second}
		for name, tc := range map[string]struct {
			ahead         time.Duration
			probe, report status.Status
		}{
			"now":    {0, status.Healthy, status.Healthy},
			"future": {1, status.Unknown, status.Unknown},
		} {
			s := newStore(t, nil)
			require.NoError(t, s.Report(pushNode().ID.Replica("x"), calm()))
			require.NoError(t, s.Close())
			db, err := bolt.Open(s.file.Path(), 0o600, nil)
			require.NoError(t, err)
			at := time.Now().Add(tc.ahead)
			require.NoError(t, saveFile(db, batch{
				puts:   []put{{id: probes.ID.Replica("a"), record: record{Mode: Poll, At: at, Status: status.Healthy}}},
				queues: map[status.NodeID]*queueRecord{queued.ID: {Name: "client", At: at}},
			}))
			require.NoError(t, db.Close())

			s, err = Open(Options{Path: s.file.Folder, Logger: slog.New(slog.DiscardHandler)})
			require.NoError(t, err)
			s.Configure([]Node{probes, queued})
			all := s.Snapshot(time.Now())
			require.Equal(t, tc.probe, all[0].Status, name)
			require.Equal(t, tc.report, all[1].Status, name)
			require.NoError(t, s.Close())
		}
	})
}
