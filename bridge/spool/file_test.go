// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"
)

func openIn(folder string) error {
	s, err := Open(Options{Path: folder, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	return s.Close()
}

func TestOptions(t *testing.T) {
	t.Parallel()
	_, err := Open(Options{Logger: slog.New(slog.DiscardHandler)})
	require.EqualError(t, err, "open the spool: Options.Path is empty")
	_, err = Open(Options{Path: t.TempDir()})
	require.EqualError(t, err, "open the spool: Options.Logger is nil")
	_, err = Open(Options{Path: t.TempDir(), Logger: slog.New(slog.DiscardHandler), MaxBytes: -1})
	require.EqualError(t, err, "open the spool: a limit in its Options is negative")
}

func TestOpenMakesTheFolder(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "a", "b")
	require.NoError(t, openIn(folder))
	info, err := os.Stat(filepath.Join(folder, "bridge.db"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())
}

func TestOpenNotWritable(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "data")
	require.NoError(t, os.WriteFile(folder, nil, 0o600))
	require.EqualError(t, openIn(folder), "data folder "+folder+" is not writable: mkdir "+folder+
		": not a directory; give it to the user that Pharos runs as, or choose another one with --storage.path")
}

func TestOpenTwice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, Options{})
		require.EqualError(t, openIn(s.options.Path), "open "+s.file.Path()+": another process uses it; stop that process, or choose another data folder with --storage.path")
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
			require.ErrorContains(t, err, "); move it away to start with no notification waiting, or restore it from a backup")
			left, err := os.ReadFile(file)
			require.NoError(t, err)
			require.Equal(t, bad, left, "it is not touched")
		})
	}
}

// onDisk returns what is in the file.
func (s *Spool) onDisk(tb interface {
	Helper()
	Fatal(args ...any)
},
) content {
	tb.Helper()
	var all content
	if err := s.db.View(func(tx *bolt.Tx) error { return s.readAll(tx, &all) }); err != nil {
		tb.Fatal(err)
	}
	return all
}

// put changes the file of a spool that is closed.
func put(tb testing.TB, folder string, change func(*bolt.Tx) error) {
	tb.Helper()
	db, err := bolt.Open(fileIn(folder).Path(), 0o600, nil)
	require.NoError(tb, err)
	require.NoError(tb, db.Update(change))
	require.NoError(tb, db.Close())
}

func TestOpenBadContent(t *testing.T) {
	t.Parallel()
	const damaged = "bridge.db is damaged ("
	id := string(encodeID(7))
	good := `{"channel":"sms","digest":"` + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" + `","accepted":1}`
	for name, tc := range map[string]struct{ bucket, key, value, want string }{
		"submission": {inSubmissions, id, "{", damaged + "submission 7: unexpected end of JSON input); move it away"},
		"digest":     {inSubmissions, id, `{"digest":"AAAA"}`, damaged + "submission 7: digest of 3 bytes"},
		"payload":    {inSubmissions, id, good, damaged + "submission 7: no payload"},
		"entry":      {inEntries, id, "[]", damaged + "entry 7: json: cannot unmarshal array"},
		"nothing":    {inEntries, id, `{"submission":8}`, damaged + "entry 7 belongs to nothing"},
		"attempts":   {inEntries, id, `{"attempts":-1}`, damaged + "entry 7: attempts -1"},
		"key":        {inEntries, "x", "{}", damaged + `key "x")`},
		"large key":  {inEntries, "\xff\xff\xff\xff\xff\xff\xff\xff", "{}", damaged + `key "\xff`},
		"remembered": {inDigests, "x", "y", damaged + `note "x" in digests)`},
		"format":     {inMeta, "format", "2", `bridge.db has format "2", and this version of Pharos reads format 1; start the version that wrote it, or move the file away`},
		"foreign":    {"replicas", "x", "y", `bridge.db is not a spool of pharos_bridge: it has a bucket "replicas"; move it away, or choose another data folder with --storage.path`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			require.NoError(t, openIn(folder))
			put(t, folder, func(tx *bolt.Tx) error {
				b, err := tx.CreateBucketIfNotExists([]byte(tc.bucket))
				require.NoError(t, err)
				return b.Put([]byte(tc.key), []byte(tc.value))
			})
			require.ErrorContains(t, openIn(folder), tc.want)
		})
	}
	folder := t.TempDir()
	require.NoError(t, openIn(folder))
	put(t, folder, func(tx *bolt.Tx) error { return tx.DeleteBucket([]byte(inPayloads)) })
	require.ErrorContains(t, openIn(folder), damaged+"something is missing")
}

// A submission that nothing refers to is dropped with the next write.
func TestOpenDropsWhatIsLeftOver(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	accept(t, s, say("1"))
	require.NoError(t, s.Close())
	put(t, s.options.Path, func(tx *bolt.Tx) error { return tx.Bucket([]byte(inEntries)).Delete(encodeID(2)) })
	require.NoError(t, openIn(s.options.Path))
	s = open(t, Options{Path: s.options.Path})
	all := s.onDisk(t)
	require.Empty(t, all.submissions)
	require.EqualValues(t, 2, all.last, "no id is given twice")
	accept(t, s, say("2"))
	require.EqualValues(t, 4, take(t, s, alice()).ID)
}

// FuzzOpen opens files of which the records are not what was written. Either that is
// an error, or all that waits can be taken.
func FuzzOpen(f *testing.F) {
	s := open(f, Options{})
	n := say("1", "alice", "bob")
	n.Topics, n.Outages = []string{"x"}, []string{"y"}
	accept(f, s, n)
	ended(f)(s.Bury(take(f, s, bob()).ID, "refused", "no"))
	var values [][]byte
	require.NoError(f, s.db.View(func(tx *bolt.Tx) error {
		for _, b := range []string{inSubmissions, inEntries, inDigests} {
			err := tx.Bucket([]byte(b)).ForEach(func(_, v []byte) error {
				values = append(values, append([]byte(nil), v...))
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	}))
	f.Add(values[0], values[1], values[2], []byte{}, values[3])
	folder := f.TempDir()
	require.NoError(f, openIn(folder))
	empty, err := os.ReadFile(fileIn(folder).Path())
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, submission, alive, dead, key, note []byte) {
		folder := t.TempDir()
		require.NoError(t, os.WriteFile(fileIn(folder).Path(), empty, 0o600))
		put(t, folder, func(tx *bolt.Tx) error {
			for _, w := range []write{
				{inSubmissions, encodeID(1), submission},
				{inPayloads, encodeID(1), []byte("1")},
				{inEntries, encodeID(2), alive},
				{inEntries, encodeID(3), dead},
				{inDigests, append(make([]byte, 32), key...), note},
				{inEnds, make([]byte, 32), note},
			} {
				if w.value != nil {
					require.NoError(t, w.do(tx.Bucket([]byte(w.bucket))))
				}
			}
			return nil
		})
		s, err := Open(Options{Path: folder, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			return
		}
		for _, letter := range s.DeadLetters("") {
			ended(t)(s.Revive(letter.ID))
		}
		for lanes := s.Lanes(); len(lanes) > 0; lanes = s.Lanes() {
			require.NoError(t, s.Delivered(take(t, s, lanes[0]).ID))
		}
		require.Zero(t, s.index.bytes)
		require.Zero(t, s.index.busy)
		require.Empty(t, s.index.topics)
		require.Empty(t, s.index.outages)
		require.NoError(t, s.Close())
	})
}

// FuzzRecord decodes records, and checks that what they say is kept.
func FuzzRecord(f *testing.F) {
	f.Add([]byte("12345678"), []byte(`{"submission":1,"recipient":"a","order":2,"since":3,"attempts":4,"unsure":true,"death":{"at":5,"outcome":"refused","reason":"x"}}`))
	f.Add([]byte("12345678"), []byte(`{"channel":"sms","digest":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","accepted":1,"group":"g","topics":["a"]}`))
	f.Fuzz(func(t *testing.T, key, value []byte) {
		if r, err := decodeEntry(key, value); err == nil {
			of := &submission{submissionRecord: submissionRecord{id: r.Submission, Channel: "sms"}}
			value, err := json.Marshal(r.entry(of).record())
			require.NoError(t, err)
			again, err := decodeEntry(encodeID(r.id), value)
			require.NoError(t, err)
			require.Empty(t, cmp.Diff(r, again, cmp.AllowUnexported(entryRecord{})))
		}
		if r, err := decodeSubmission(key, value, []byte{}); err == nil {
			value, err := json.Marshal(r)
			require.NoError(t, err)
			again, err := decodeSubmission(encodeID(r.id), value, []byte{})
			require.NoError(t, err)
			require.Equal(t, len(r.Topics), len(again.Topics))
		}
		m := newMemory(inEnds, time.Minute, 8)
		if r, err := m.decode(key, value); err == nil {
			m.put(r.key, r.note)
			w := m.writes(m.differ)[0]
			again, err := m.decode(w.key, w.value)
			require.NoError(t, err)
			require.Equal(t, r, again)
		}
	})
}
