// SPDX-License-Identifier: Apache-2.0

package state

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"github.com/pharos-status/pharos/internal/status"
)

func TestTake(t *testing.T) {
	t.Parallel()
	s := newStore(t, nil)
	node := pushNode().ID
	require.Equal(t, []error{}, s.Take(nil))
	before := transactions(s)
	long := strings.Repeat("x", 300)
	errs := s.Take([]Message{
		{ID: node.Replica("a"), Report: calm()},
		{ID: node.Replica("b"), Report: calm()},
		{ID: node.Replica("c"), Report: Report{}},
		{ID: status.ID{Service: "web", Node: "none", Replica: "d"}, Report: calm()},
		{ID: node.Replica("none"), Flush: true},
		{ID: node.Replica("b"), Flush: true},
		{ID: node.Replica(long), Report: calm()},
	})
	require.NoError(t, errs[0])
	require.NoError(t, errs[1])
	require.ErrorIs(t, errs[2], ErrInvalid)
	require.ErrorIs(t, errs[3], ErrUnknownNode)
	require.ErrorIs(t, errs[4], ErrUnknownReplica)
	require.NoError(t, errs[5])
	require.NoError(t, errs[6])
	require.Equal(t, 1, transactions(s)-before, "they share a write")
	all := s.Snapshot(time.Now())
	require.Len(t, all, 2)
	require.Equal(t, "a", all[0].ID.Replica)
	require.Equal(t, status.Shorten(long), all[1].ID.Replica)

	left := readAll(t, s)
	require.Len(t, left.replicas, 2, "it is on disk")
}

func TestTakeWithABrokenDisk(t *testing.T) {
	t.Parallel()
	s := newStore(t, nil)
	node := pushNode().ID
	require.NoError(t, s.Report(node.Replica("a"), calm()))
	require.NoError(t, s.Report(node.Replica("b"), calm()))
	good := s.db
	broken, err := bolt.Open(t.TempDir()+"/broken.db", 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, broken.Close())
	s.db = broken
	errs := s.Take([]Message{
		{ID: node.Replica("a"), Report: calm()},
		{ID: node.Replica("b"), Flush: true},
		{ID: node.Replica("c"), Report: calm()},
	})
	require.NoError(t, errs[0], "it only repeats")
	require.ErrorContains(t, errs[1], "database not open")
	require.ErrorContains(t, errs[2], "database not open")
	require.Len(t, s.Snapshot(time.Now()), 3, "what can't be flushed stays")

	s.db = good
	require.Equal(t, []error{nil}, s.Take([]Message{{ID: node.Replica("c"), Flush: true}}))
	require.Len(t, readAll(t, s).replicas, 2, "what was put back is not deleted later")
}

func readAll(t *testing.T, s *Store) (all restored) {
	t.Helper()
	require.NoError(t, s.db.View(func(tx *bolt.Tx) (err error) {
		all, err = readRecords(tx.Bucket(bucketReplicas()), tx.Bucket(bucketQueues()))
		return err
	}))
	return all
}

// Replicas that come and go leave nothing behind, whether anybody drains or not.
func TestWhatIsGoneTakesNoMemory(t *testing.T) {
	t.Parallel()
	for name, drained := range map[string]bool{"drained": true, "never drained": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStore(t, nil)
			for i := range 100 {
				id := pushNode().ID.Replica(strconv.Itoa(i))
				require.NoError(t, s.Report(id, calm()))
				if drained {
					s.Drain(time.Now())
				}
				require.NoError(t, s.Flush(id))
				if drained {
					require.Len(t, s.Drain(time.Now()), 1)
				}
			}
			require.Empty(t, s.touched)
			require.Empty(t, s.gone)
			require.Empty(t, s.dropped)
			require.Empty(t, s.dirty)
			require.Zero(t, s.reported)
		})
	}
}
