// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"database/sql"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/testkit"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/store"
)

func TestPostgreSQL(t *testing.T) {
	t.Parallel()
	server := testkit.NewPostgreSQLServer(t)
	var one sync.Mutex
	options := func(t testing.TB) store.Options {
		t.Helper()
		one.Lock()
		defer one.Unlock()
		return store.Options{Path: t.TempDir(), URL: server.Database(t)}
	}
	suite(t, options)
	for name, test := range map[string]func(t *testing.T, url string){
		"hand-over": testHandOver, "several instances": testSeveralInstances, "silence": testSilence,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, options(t).URL)
		})
	}
}

// Where PostgreSQL goes away and comes back: reading goes on, changing is refused,
// and all is well again by itself.
func TestPostgreSQLAway(t *testing.T) {
	t.Parallel()
	server := testkit.NewPostgreSQLServer(t)
	o := store.Options{Path: t.TempDir(), URL: server.Database(t)}
	another := server.Database(t)
	other := open(t, store.Options{Path: t.TempDir(), URL: o.URL})
	s := open(t, o)
	layout := statuspage.Layout{Services: []statuspage.ServiceLayout{{ID: "web"}}}
	require.NoError(t, s.SaveLayout(t.Context(), layout))
	change(t, s, func(tx *store.Tx) error { return tx.PutIncident(incident("i", at)) })
	want, err := s.Contents(t.Context())
	require.NoError(t, err)
	leader := stand(t, s)
	wait(t, leader.begun)

	server.Stop(t)
	wait(t, leader.ended)
	require.False(t, s.Leads())
	away := func(s *store.Store) {
		got, err := s.Contents(t.Context())
		require.ErrorIs(t, err, store.ErrAway)
		require.Empty(t, cmp.Diff(want, got))
		l, err := s.Layout(t.Context())
		require.NoError(t, err)
		require.Empty(t, cmp.Diff(layout, l))
		require.ErrorIs(t, s.Change(t.Context(), "anna", func(tx *store.Tx) error { return tx.DeleteIncident("i") }), store.ErrAway)
		_, err = s.Days(t.Context(), day(1), day(2))
		require.ErrorIs(t, err, store.ErrAway)
	}
	away(s)
	restarted := open(t, o)
	away(restarted)
	empty := open(t, store.Options{Path: t.TempDir(), URL: o.URL})
	got, err := empty.Contents(t.Context())
	require.ErrorIs(t, err, store.ErrAway)
	require.Empty(t, got)
	_, err = empty.Layout(t.Context())
	require.ErrorIs(t, err, store.ErrAway)
	ofAnother := store.Options{Path: t.TempDir(), URL: another}
	data, err := os.ReadFile(filepath.Join(o.Path, "statuspage-copy.json"))
	require.NoError(t, err)
	for _, text := range []string{string(data), `{"half`} {
		require.NoError(t, os.WriteFile(filepath.Join(ofAnother.Path, "statuspage-copy.json"), []byte(text), 0o600))
		got, err = open(t, ofAnother).Contents(t.Context())
		require.ErrorIs(t, err, store.ErrAway)
		require.Empty(t, got, "a copy of another database, or half a copy")
	}

	server.Start(t)
	for _, s := range []*store.Store{s, other, restarted, empty} {
		require.Eventually(t, func() bool {
			return s.Change(t.Context(), "anna", func(tx *store.Tx) error { return tx.PutIncident(incident("j", at)) }) == nil
		}, patience, 50*time.Millisecond)
		got, err := s.Contents(t.Context())
		require.NoError(t, err)
		require.Len(t, got.Incidents, 2)
		require.Equal(t, want.Revision+1, got.Revision)
	}
	wait(t, leader.begun)
}

// Where the connection of the leader breaks another one leads, and it stops before.
func testHandOver(t *testing.T, url string) {
	t.Helper()
	leader := stand(t, open(t, store.Options{Path: t.TempDir(), URL: url}))
	wait(t, leader.begun)
	next := stand(t, open(t, store.Options{Path: t.TempDir(), URL: url}))
	db, err := sql.Open("pgx", url)
	require.NoError(t, err)
	defer db.Close()
	begun := time.Now()
	_, err = db.ExecContext(t.Context(), "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted")
	require.NoError(t, err)
	select {
	case <-next.begun:
		t.Logf("another one leads after %s", time.Since(begun))
		wait(t, leader.ended)
	case <-leader.ended: // and may win again
	case <-time.After(patience):
		t.Fatal("the leader goes on")
	}
	require.Eventually(t, func() bool { return leader.store.Leads() != next.store.Leads() }, patience, 10*time.Millisecond)
}

// One instance sees at once what another one changes.
func testSeveralInstances(t *testing.T, url string) {
	t.Helper()
	stores := make([]*store.Store, 4)
	var all sync.WaitGroup
	for n := range stores { // all at once: one of them makes the tables
		folder := t.TempDir()
		all.Go(func() {
			s, err := store.Open(t.Context(), store.Options{Path: folder, URL: url, Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Error(err)
				return
			}
			stores[n] = s
		})
	}
	all.Wait()
	for _, s := range stores {
		require.NotNil(t, s)
		t.Cleanup(func() { require.NoError(t, s.Close()) })
	}
	a, b := stores[0], stores[1]
	before, err := b.Contents(t.Context())
	require.NoError(t, err)
	change(t, a, func(tx *store.Tx) error { return tx.PutIncident(incident("i", at)) })
	revision, err := b.Revision(t.Context())
	require.NoError(t, err)
	require.Greater(t, revision, before.Revision)
	got, err := b.Contents(t.Context())
	require.NoError(t, err)
	require.Equal(t, revision, got.Revision)
	require.Len(t, got.Incidents, 1)
}

// Where the server falls silent, which no broken connection tells, a call ends in
// time and those after it at once; who leads stops, and all is well again by itself.
func testSilence(t *testing.T, url string) {
	t.Helper()
	wire := newWire(t, url)
	s := open(t, store.Options{Path: t.TempDir(), URL: wire.url})
	change(t, s, func(tx *store.Tx) error { return tx.PutIncident(incident("i", at)) })
	leader := stand(t, s)
	wait(t, leader.begun)
	wire.cut()
	begun := time.Now()
	_, err := s.Contents(t.Context())
	require.ErrorIs(t, err, store.ErrAway)
	require.Less(t, time.Since(begun), patience)
	begun = time.Now()
	for range 100 {
		_, err = s.Revision(t.Context())
		require.ErrorIs(t, err, store.ErrAway)
	}
	require.Less(t, time.Since(begun), time.Second, "none of them waits")
	wait(t, leader.ended)
	wire.mend()
	require.Eventually(t, func() bool {
		c, err := s.Contents(t.Context())
		return err == nil && len(c.Incidents) == 1
	}, patience, 50*time.Millisecond)
	wait(t, leader.begun)
}

func TestPostgreSQLRefusals(t *testing.T) {
	t.Parallel()
	o := store.Options{Path: t.TempDir(), Logger: slog.New(slog.DiscardHandler)}
	for _, url := range []string{"postgres://u:s3cret@host:notaport/db", "mysql://u:s3cret@host/db", "postgres://u:s3cret@[::1/db"} {
		o.URL = url
		_, err := store.Open(t.Context(), o)
		require.ErrorContains(t, err, "want postgres://")
		require.NotContains(t, err.Error(), "s3cret")
	}
}
