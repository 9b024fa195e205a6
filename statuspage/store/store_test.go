// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/store"
)

// at is a time that both databases keep exactly.
var at = time.Date(2026, 3, 1, 12, 30, 0, 250e6, time.UTC)

// open opens a store that is closed at the end of the test.
func open(t testing.TB, o store.Options) *store.Store {
	t.Helper()
	o.Logger = slog.New(slog.DiscardHandler)
	s, err := store.Open(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func change(t testing.TB, s *store.Store, f func(tx *store.Tx) error) {
	t.Helper()
	require.NoError(t, s.Change(t.Context(), "anna", f))
}

func incident(id string, started time.Time) statuspage.Incident {
	return statuspage.Incident{
		ID: id, Title: "Slow — ünïcode", Impact: statuspage.ImpactMajor, Components: []statuspage.Ref{{Service: "web", Node: "a/b"}},
		Started: started, Created: started, Updated: started, Draft: true, Alert: "PharosNodeDead",
		Updates: []statuspage.Update{{ID: id + "u", Phase: statuspage.Identified, Text: "We *know*.", Time: started, Created: started}},
	}
}

// A fixture is what a test of both databases has: a store of its own.
type fixture struct {
	*testing.T
	store   *store.Store
	options store.Options
}

// suite is what both databases do.
func suite(t *testing.T, options func(t testing.TB) store.Options) {
	t.Helper()
	for name, test := range map[string]func(t *fixture){
		"contents": testContents, "journal": testJournal, "refusal": testRefusal, "revision": testRevision,
		"concurrent changes": testConcurrent, "not found": testNotFound, "templates": testTemplates, "layout": testLayout,
		"days": testDays, "spent": testSpent, "sessions": testSessions, "subscribers": testSubscribers,
		"deliveries": testDeliveries, "fan": testFan, "fan in pieces": testFanInPieces, "journal is bounded": testJournalBounded, "journal of updates": testJournalOfUpdates, "panic": testPanic, "election": testElection,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options(t)
			test(&fixture{t, open(t, o), o})
		})
	}
}

func TestSQLite(t *testing.T) {
	t.Parallel()
	suite(t, func(t testing.TB) store.Options {
		t.Helper()
		return store.Options{Path: t.TempDir()}
	})
}

func testContents(t *fixture) {
	s, o := t.store, t.options
	empty, err := s.Contents(t.Context())
	require.NoError(t, err)
	require.Empty(t, empty.Incidents)
	want := store.Contents{
		Incidents: []statuspage.Incident{incident("new", at.Add(time.Hour)), incident("a", at), incident("b", at)},
		Maintenances: []statuspage.Maintenance{
			{
				ID: "m2", Title: "Later", Start: at.Add(time.Hour), End: at.Add(2 * time.Hour), RRule: "FREQ=DAILY", TimeZone: "Europe/Berlin",
				Cuts: []statuspage.Cut{{Start: at, End: at}}, Sequence: 3, Cancelled: true, Updates: []statuspage.Update{{ID: "x", Phase: statuspage.Completed}},
			},
			{ID: "m1", Title: "Once", Components: []statuspage.Ref{{Service: "web"}}, Start: at, End: at.Add(time.Minute), TimeZone: "UTC"},
		},
		Announcements: []statuspage.Announcement{{ID: "n", Title: "New", Text: "x", Time: at.Add(time.Second)}, {ID: "o", Title: "Old", Time: at}},
		Corrections: []statuspage.Correction{{
			ID: "c", Components: []statuspage.Ref{{Service: "web"}}, From: at, To: at.Add(time.Hour),
			Status: status.Healthy, Reason: "the probe was wrong", Created: at,
		}},
	}
	change(t, s, func(tx *store.Tx) error {
		var errs []error
		for _, i := range []int{2, 0, 1} {
			errs = append(errs, tx.PutIncident(want.Incidents[i]))
		}
		for _, m := range want.Maintenances {
			errs = append(errs, tx.PutMaintenance(m))
		}
		for _, a := range want.Announcements {
			errs = append(errs, tx.PutAnnouncement(a))
		}
		for _, c := range want.Corrections {
			errs = append(errs, tx.PutCorrection(c))
		}
		return errors.Join(errs...)
	})
	s = open(t, o)
	for range 2 { // the second is from memory
		got, err := s.Contents(t.Context())
		require.NoError(t, err)
		require.Equal(t, empty.Revision+1, got.Revision)
		want.Revision = got.Revision
		require.Empty(t, cmp.Diff(want, got))
		got.Incidents[0].Updates[0].Text = "the caller's own"
		got.Incidents[1].Components[0].Node = "the caller's own"
		got.Maintenances[0].Cuts[0].End = time.Time{}
	}
	change(t, s, func(tx *store.Tx) error {
		i, err := tx.Incident("a")
		require.Empty(t, cmp.Diff(want.Incidents[1], i))
		i.Title = "Solved"
		all, err2 := tx.Maintenances()
		require.Empty(t, cmp.Diff(want.Maintenances, all))
		m, err3 := tx.Maintenance("m1")
		require.Equal(t, "Once", m.Title)
		return errors.Join(err, err2, err3, tx.PutIncident(i), tx.DeleteIncident("new"), tx.DeleteMaintenance("m2"),
			tx.DeleteAnnouncement("o"), tx.DeleteCorrection("c"))
	})
	got, err := s.Contents(t.Context())
	require.NoError(t, err)
	require.Equal(t, "Solved", got.Incidents[0].Title)
	require.Len(t, got.Incidents, 2)
	require.Len(t, got.Maintenances, 1)
	require.Len(t, got.Announcements, 1)
	require.Empty(t, got.Corrections)
}

func testRefusal(t *fixture) {
	s := t.store
	refused := errors.New("refused")
	err := s.Change(t.Context(), "anna", func(tx *store.Tx) error {
		require.NoError(t, tx.PutIncident(incident("i", at)))
		require.NoError(t, tx.Tell(store.News{Kind: store.NewsIncident, Subject: "i"}))
		return refused
	})
	require.Equal(t, refused, err, "as it is")
	c, err := s.Contents(t.Context())
	require.NoError(t, err)
	require.Empty(t, c.Incidents)
	require.Zero(t, c.Revision)
	entries, err := s.Journal(t.Context(), "", 0, 10)
	require.NoError(t, err)
	require.Empty(t, entries)
	require.Error(t, s.Change(t.Context(), "anna", func(tx *store.Tx) error { return tx.PutIncident(statuspage.Incident{}) }), "no ID")
	require.Error(t, s.Change(t.Context(), "anna", func(tx *store.Tx) error {
		return tx.PutIncident(statuspage.Incident{ID: "x", Components: []statuspage.Ref{{}}, Started: at.AddDate(9999, 0, 0)})
	}), "not to be written as JSON")
}

func testPanic(t *fixture) {
	s := t.store
	require.Panics(t, func() {
		_ = s.Change(t.Context(), "anna", func(*store.Tx) error { panic("a bug") })
	})
	change(t, s, func(tx *store.Tx) error { return tx.PutIncident(incident("i", at)) })
}

func testRevision(t *fixture) {
	s := t.store
	revision := func() int64 {
		r, err := s.Revision(t.Context())
		require.NoError(t, err)
		return r
	}
	first := revision()
	change(t, s, func(tx *store.Tx) error { return tx.PutIncident(incident("i", at)) })
	require.Equal(t, first+1, revision())
	change(t, s, func(tx *store.Tx) error { return tx.PutIncident(incident("i", at)) })
	require.Equal(t, first+1, revision(), "nothing differs")
	change(t, s, func(tx *store.Tx) error { return tx.PutTemplate(statuspage.Template{ID: "t"}) })
	require.Equal(t, first+1, revision(), "templates are not shown")
	change(t, s, func(tx *store.Tx) error { return tx.DeleteIncident("i") })
	require.Equal(t, first+2, revision())
}

func testConcurrent(t *fixture) {
	s, o := t.store, t.options
	other := open(t, o)
	change(t, s, func(tx *store.Tx) error {
		return tx.PutMaintenance(statuspage.Maintenance{ID: "m", Start: at, End: at})
	})
	const workers, rounds = 8, 10
	var all sync.WaitGroup
	for n := range workers {
		all.Go(func() {
			for range rounds {
				err := []*store.Store{s, other}[n%2].Change(t.Context(), "anna", func(tx *store.Tx) error {
					m, err := tx.Maintenance("m")
					if err != nil {
						return err
					}
					m.Sequence++
					return tx.PutMaintenance(m)
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	for _, s := range []*store.Store{s, other} {
		c, err := s.Contents(t.Context())
		require.NoError(t, err)
		require.Equal(t, workers*rounds, c.Maintenances[0].Sequence)
	}
}

func testNotFound(t *fixture) {
	s := t.store
	for name, f := range map[string]func(tx *store.Tx) error{
		"incident":            func(tx *store.Tx) error { _, err := tx.Incident("x"); return err },
		"maintenance":         func(tx *store.Tx) error { _, err := tx.Maintenance("x"); return err },
		"delete incident":     func(tx *store.Tx) error { return tx.DeleteIncident("x") },
		"delete maintenance":  func(tx *store.Tx) error { return tx.DeleteMaintenance("x") },
		"delete announcement": func(tx *store.Tx) error { return tx.DeleteAnnouncement("x") },
		"delete correction":   func(tx *store.Tx) error { return tx.DeleteCorrection("x") },
		"delete template":     func(tx *store.Tx) error { return tx.DeleteTemplate("x") },
	} {
		err := s.Change(t.Context(), "anna", f)
		require.ErrorIs(t, err, store.ErrNotFound, name)
		require.NotErrorIs(t, err, store.ErrAway, name)
	}
}

func testTemplates(t *fixture) {
	s := t.store
	want := []statuspage.Template{{ID: "2", Name: "A", Phase: statuspage.Identified}, {ID: "1", Name: "B"}}
	change(t, s, func(tx *store.Tx) error { return errors.Join(tx.PutTemplate(want[1]), tx.PutTemplate(want[0])) })
	change(t, s, func(tx *store.Tx) error {
		all, err := tx.Templates()
		require.Empty(t, cmp.Diff(want, all))
		return errors.Join(err, tx.DeleteTemplate("1"))
	})
	change(t, s, func(tx *store.Tx) error {
		all, err := tx.Templates()
		require.Empty(t, cmp.Diff(want[:1], all))
		return err
	})
}

func testLayout(t *fixture) {
	s, o := t.store, t.options
	l, err := s.Layout(t.Context())
	require.NoError(t, err)
	require.Empty(t, l.Services)
	node := statuspage.NodeLayout{ID: "api", Mode: "poll", Labels: map[string]string{"team": "shop"}}
	want := statuspage.Layout{Services: []statuspage.ServiceLayout{{ID: "web", Label: "Web", Nodes: []statuspage.NodeLayout{node}}}}
	for range 2 {
		require.NoError(t, s.SaveLayout(t.Context(), want))
		l, err = open(t, o).Layout(t.Context())
		require.NoError(t, err)
		require.Empty(t, cmp.Diff(want, l))
	}
	want.Services[0].Nodes[0].Labels["team"] = "ops" // the caller may go on with what it gave
	require.NoError(t, s.SaveLayout(t.Context(), want))
	l, err = s.Layout(t.Context())
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(want, l))
}

func testSessions(t *fixture) {
	s := t.store
	now := time.Now().UTC().Truncate(time.Millisecond)
	a := store.Session{Hash: [32]byte{1, 0, 255}, User: "anna", Created: now, Expires: now.Add(time.Hour)}
	old := store.Session{Hash: [32]byte{2}, User: "bob", Created: now.Add(-2 * time.Hour), Expires: now.Add(-time.Hour)}
	for _, x := range []store.Session{a, a, old} {
		require.NoError(t, s.PutSession(t.Context(), x))
	}
	got, err := s.Session(t.Context(), a.Hash)
	require.NoError(t, err)
	require.Equal(t, a, got)
	require.NoError(t, s.DeleteSessions(t.Context(), ""))
	_, err = s.Session(t.Context(), old.Hash)
	require.ErrorIs(t, err, store.ErrNotFound)
	_, err = s.Session(t.Context(), a.Hash)
	require.NoError(t, err)
	require.NoError(t, s.DeleteSessions(t.Context(), "anna"))
	_, err = s.Session(t.Context(), a.Hash)
	require.ErrorIs(t, err, store.ErrNotFound)
	require.NoError(t, s.PutSession(t.Context(), a))
	require.NoError(t, s.DeleteSession(t.Context(), a.Hash))
	require.NoError(t, s.DeleteSession(t.Context(), a.Hash))
	_, err = s.Session(t.Context(), a.Hash)
	require.ErrorIs(t, err, store.ErrNotFound)
}
