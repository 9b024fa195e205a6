// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/store"
)

func testJournal(t *fixture) {
	s := t.store
	i := incident("i", at)
	change(t, s, func(tx *store.Tx) error { return tx.PutIncident(i) })
	changed := i
	changed.Title = "Solved"
	require.NoError(t, s.Change(t.Context(), "bob\x00 \xff"+strings.Repeat("ü", 3000), func(tx *store.Tx) error {
		return errors.Join(tx.PutIncident(changed), tx.PutIncident(changed), tx.PutAnnouncement(statuspage.Announcement{ID: "n", Title: "News"}))
	}))
	change(t, s, func(tx *store.Tx) error { return tx.DeleteIncident("i") })

	entries, err := s.Journal(t.Context(), "", 0, 10)
	require.NoError(t, err)
	var lines []string
	for _, e := range entries {
		author, _, _ := strings.Cut(e.Author, "ü")
		lines = append(lines, fmt.Sprintf("%s %s %s %s: %s", author, e.Action, e.Kind, e.Subject, e.Title))
		require.LessOrEqual(t, len(e.Author), 1000)
		require.WithinDuration(t, time.Now(), e.Time, time.Minute)
	}
	require.Equal(t, []string{
		"anna deleted incident i: Solved", "bob � created announcement n: News",
		"bob � changed incident i: Solved", "anna created incident i: Slow — ünïcode",
	}, lines)
	var before, after statuspage.Incident
	require.NoError(t, json.Unmarshal(entries[2].Before, &before))
	require.NoError(t, json.Unmarshal(entries[2].After, &after))
	require.Empty(t, before.Updates, "they did not change")
	require.Empty(t, after.Updates)
	before.Updates, after.Updates = i.Updates, i.Updates
	require.Empty(t, cmp.Diff([]statuspage.Incident{i, changed}, []statuspage.Incident{before, after}))
	require.Nil(t, entries[0].After)
	require.Nil(t, entries[3].Before)

	page, err := s.Journal(t.Context(), "i", entries[0].ID, 1)
	require.NoError(t, err)
	require.Equal(t, entries[2:3], page)
	for _, limit := range []int{0, -1} {
		page, err = s.Journal(t.Context(), "", 0, limit)
		require.NoError(t, err)
		require.Empty(t, page)
	}
}

// testJournalBounded: what is old goes, and what is too much of one kind, which does not
// crowd out another one.
func testJournalBounded(t *fixture) {
	s := t.store
	fill := func(kind, id string, many int, at time.Time) {
		require.NoError(t, s.Exec(t.Context(), fmt.Sprintf(`INSERT INTO journal (time, author, action, kind, subject, title)
			WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
			SELECT %d, 'author ' || (i %% 3), 'changed', '%s', '%s', '' FROM n`, many, at.UnixMilli(), kind, id)))
	}
	now := time.Now()
	fill("incident", "old", 10, now.AddDate(0, 0, -401))
	fill("incident", "young", 10, now.AddDate(0, 0, -399))
	fill("subscriber", "many", 12_000, now)
	for range 100 { // one of them is the hundredth
		change(t, s, func(tx *store.Tx) error { return tx.PutTemplate(statuspage.Template{ID: "t", Name: rand.Text()}) })
	}
	count := func(subject string) (n int) {
		for before := int64(0); ; {
			page, err := s.Journal(t.Context(), subject, before, 1000)
			require.NoError(t, err)
			if len(page) == 0 {
				return n
			}
			n, before = n+len(page), page[len(page)-1].ID
		}
	}
	require.Equal(t, []int{0, 10, 10_000, 100}, []int{count("old"), count("young"), count("many"), count("t")})
	authors, err := s.Authors(t.Context(), "many")
	require.NoError(t, err)
	require.Equal(t, []string{"author 0", "author 1", "author 2"}, authors)
	authors, err = s.Authors(t.Context(), "nobody's")
	require.NoError(t, err)
	require.Empty(t, authors)
}

// testJournalOfUpdates: a change keeps the updates that differ, and not all of them twice.
func testJournalOfUpdates(t *fixture) {
	s := t.store
	m := statuspage.Maintenance{ID: "m", Title: "Disks", Start: at, End: at.Add(time.Hour)}
	for n := range 3 {
		m.Updates = append(m.Updates, statuspage.Update{ID: fmt.Sprint("u", n), Text: "Text.", Time: at})
		m.Cuts = append(m.Cuts, statuspage.Cut{Start: at.AddDate(0, 0, n), End: at.AddDate(0, 0, n)})
	}
	change(t, s, func(tx *store.Tx) error { return tx.PutMaintenance(m) })
	next := m
	next.Updates = append(slices.Clone(m.Updates[1:]), statuspage.Update{ID: "new", Text: "Text.", Time: at})
	next.Updates[0].Text = "Corrected."
	next.Cuts = m.Cuts[:2]
	change(t, s, func(tx *store.Tx) error { return tx.PutMaintenance(next) })
	change(t, s, func(tx *store.Tx) error { return tx.DeleteMaintenance("m") })
	entries, err := s.Journal(t.Context(), "m", 0, 10)
	require.NoError(t, err)
	read := func(document []byte) (m statuspage.Maintenance) {
		require.NoError(t, json.Unmarshal(document, &m))
		return m
	}
	require.Empty(t, cmp.Diff(m, read(entries[2].After)), "what was created is whole")
	require.Empty(t, cmp.Diff(next, read(entries[0].Before)), "and what was deleted")
	was, is := m, next
	was.Updates, was.Cuts = m.Updates[:2], m.Cuts[2:]
	is.Updates, is.Cuts = []statuspage.Update{next.Updates[0], next.Updates[2]}, []statuspage.Cut{}
	require.Empty(t, cmp.Diff(was, read(entries[1].Before)))
	require.Empty(t, cmp.Diff(is, read(entries[1].After)))
}
