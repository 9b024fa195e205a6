// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"encoding/json"
	"errors"
	"fmt"
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
