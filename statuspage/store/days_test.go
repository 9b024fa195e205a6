// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/store"
)

func day(n int) time.Time { return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC) }

func testDays(t *fixture) {
	s := t.store
	type days = map[time.Time]statuspage.Minutes
	a, b := status.NodeID{Service: "web", Node: "a"}, status.NodeID{Service: "web", Node: "b"}
	require.NoError(t, s.KeepDays(t.Context(), statuspage.Intervals{
		Nodes:    map[status.NodeID]days{a: {day(1): {1, 1439}, day(2): {0, 1440}, day(3): {0, 0, 65535, 0, 7}}},
		Services: map[string]days{"web": {day(2): {0, 1440}}},
	}))
	require.NoError(t, s.KeepDays(t.Context(), statuspage.Intervals{
		Nodes: map[status.NodeID]days{a: {day(2): {0, 0, 0, 1440}}, b: {day(2): {}}},
	}))
	require.NoError(t, s.KeepDays(t.Context(), statuspage.Intervals{
		Nodes:    map[status.NodeID]days{a: {day(2): {0, 0, 300}}},
		Services: map[string]days{"web": {day(2): {0, 0, 1439}}},
	}), "who saw less does not count")
	require.NoError(t, s.KeepDays(t.Context(), statuspage.Intervals{}))
	got, err := s.Days(t.Context(), day(2), day(9))
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(statuspage.Intervals{
		Nodes:    map[status.NodeID]days{a: {day(2): {0, 0, 0, 1440}, day(3): {0, 0, 65535, 0, 7}}, b: {day(2): {}}},
		Services: map[string]days{"web": {day(2): {0, 1440}}},
	}, got))
	got, err = s.Days(t.Context(), day(1), day(1))
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(statuspage.Intervals{Nodes: map[status.NodeID]days{a: {day(1): {1, 1439}}}, Services: map[string]days{}}, got))
	got, err = s.Days(t.Context(), day(4), day(9))
	require.NoError(t, err)
	require.Empty(t, got.Nodes)
	require.Empty(t, got.Services)
}

func testSpent(t *fixture) {
	s := t.store
	type days = map[time.Time]statuspage.Minutes
	spent := statuspage.Intervals{
		Nodes:    map[status.NodeID]days{{Service: "web", Node: "a"}: {day(1): {0, 60}, day(2): {0, 0, 0, 30}}},
		Services: map[string]days{"web": {day(1): {0, 60}}},
	}
	c := statuspage.Correction{ID: "c", Components: []statuspage.Ref{{Service: "web"}}, From: at, To: at.Add(time.Hour)}
	require.NoError(t, s.KeepSpent(t.Context(), "c", spent), "of no correction that there is: to no effect")
	all := func() map[string]statuspage.Intervals {
		got, err := s.Spent(t.Context())
		require.NoError(t, err)
		return got
	}
	require.Empty(t, all())
	change(t, s, func(tx *store.Tx) error { return tx.PutCorrection(c) })
	for range 2 {
		require.NoError(t, s.KeepSpent(t.Context(), "c", spent))
		require.Empty(t, cmp.Diff(map[string]statuspage.Intervals{"c": spent}, all()))
	}
	c.Reason = "said better"
	change(t, s, func(tx *store.Tx) error { return tx.PutCorrection(c) })
	require.Len(t, all(), 1)
	c.To = c.To.Add(time.Minute)
	change(t, s, func(tx *store.Tx) error { return tx.PutCorrection(c) })
	require.Empty(t, all(), "of another interval")
	require.NoError(t, s.KeepSpent(t.Context(), "c", spent))
	change(t, s, func(tx *store.Tx) error { return tx.DeleteCorrection("c") })
	require.Empty(t, all())
}

// quarter is 90 days of 1,000 nodes.
func quarter() statuspage.Intervals {
	all := statuspage.Intervals{Nodes: map[status.NodeID]map[time.Time]statuspage.Minutes{}, Services: map[string]map[time.Time]statuspage.Minutes{}}
	days := map[time.Time]statuspage.Minutes{}
	for n := range 90 {
		days[day(1+n)] = statuspage.Minutes{0, 1440 - uint16(n), 0, uint16(n)}
	}
	for n := range 1000 {
		service := fmt.Sprintf("service-%d", n/10)
		all.Nodes[status.NodeID{Service: service, Node: fmt.Sprintf("node-%d", n)}] = days
		all.Services[service] = days
	}
	return all
}

func BenchmarkDays(b *testing.B) {
	s := open(b, store.Options{Path: b.TempDir()})
	all := quarter()
	b.Run("keep", func(b *testing.B) {
		for b.Loop() {
			require.NoError(b, s.KeepDays(b.Context(), all))
		}
	})
	b.Run("load", func(b *testing.B) {
		for b.Loop() {
			got, err := s.Days(b.Context(), day(1), day(90))
			require.NoError(b, err)
			require.Len(b, got.Nodes, 1000)
		}
	})
}
