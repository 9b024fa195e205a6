// SPDX-License-Identifier: Apache-2.0

package state

import (
	"context"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"
	"go.uber.org/goleak"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/status"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func pushNode() Node {
	return Node{ID: status.NodeID{Service: "web", Node: "sockets"}, Mode: Push, DeadAfter: 20 * time.Second, CPUSickAbove: 0.9, RAMSickAbove: 0.9}
}

func newStore(tb testing.TB, log *strings.Builder) *Store {
	tb.Helper()
	if log == nil {
		log = &strings.Builder{}
	}
	s, err := Open(Options{Path: tb.TempDir(), Logger: slog.New(slog.NewTextHandler(log, nil))})
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = s.Close() })
	s.Configure([]Node{pushNode()})
	return s
}

func calm() Report { return Report{Interval: 30 * time.Second, Load: &Load{}} }

func TestManyReportsShareTheirWrites(t *testing.T) {
	t.Parallel()
	s := newStore(t, nil)
	before := transactions(s)
	var wg sync.WaitGroup
	const many = 500
	s.disk.Lock() // a slow disk: all reports arrive while one write lasts
	for i := range many {
		wg.Go(func() {
			if err := s.Report(pushNode().ID.Replica(strconv.Itoa(i)), calm()); err != nil {
				t.Error(err)
			}
		})
	}
	for s.pending() < many {
		s.Snapshot(time.Now()) // readers don't wait for the disk
	}
	s.disk.Unlock()
	wg.Wait()
	require.LessOrEqual(t, transactions(s)-before, 2)
	require.Len(t, s.Snapshot(time.Now()), many)
}

// What nobody must wait for the disk for does not, however slow it is.
func TestSlowDiskHoldsNothingUp(t *testing.T) {
	t.Parallel()
	s := newStore(t, nil)
	id := pushNode().ID.Replica("x")
	require.NoError(t, s.Report(id, calm()))
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.writeBehind(ctx)
	}()
	s.disk.Lock()
	for range 1000 {
		require.NoError(t, s.Report(id, calm()), "a report that repeats the status")
		require.Equal(t, []error{nil}, s.Take([]Message{{ID: id, Report: calm()}}))
		s.Queue(id.NodeID(), Queue{Ready: 1, At: time.Now()})
		s.Record(id, probe.Verdict{}, probe.Result{})
		require.Len(t, s.Snapshot(time.Now()), 1)
		s.Drain(time.Now())
	}
	s.disk.Unlock()
	stop()
	<-done
}

func (s *Store) pending() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.dirty)
}

// transactions returns how many there were that wrote.
func transactions(s *Store) int {
	var id int
	_ = s.db.View(func(tx *bolt.Tx) error { id = tx.ID(); return nil })
	return id
}

func TestDiskThatFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		s := newStore(t, &log)
		id := pushNode().ID.Replica("x")
		require.NoError(t, s.Report(id, calm()))

		good := s.db
		broken, err := bolt.Open(t.TempDir()+"/broken.db", 0o600, nil)
		require.NoError(t, err)
		require.NoError(t, broken.Close())
		s.db = broken

		require.NoError(t, s.Report(id, calm()), "nobody knows yet")
		require.ErrorContains(t, s.Flush(id), "write "+s.file.Path()+": database not open")
		require.Equal(t, 1, strings.Count(log.String(), "level=ERROR"), "the first to come upon it tells")
		require.Len(t, s.Snapshot(time.Now()), 1, "what can't be flushed stays")
		require.ErrorContains(t, s.Report(id, calm()), "database not open", "now a repeated report can't be promised either")

		done := make(chan struct{})
		ctx, stop := context.WithCancel(t.Context())
		go func() {
			defer close(done)
			s.writeBehind(ctx)
		}()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		s.disk.Lock()
		s.db = good
		s.disk.Unlock()
		time.Sleep(time.Second)
		synctest.Wait()
		require.NoError(t, s.Report(id, calm()))
		stop()
		<-done
		require.Equal(t, 1, strings.Count(log.String(), "level=ERROR"), "an outage is told once:\n%s", log.String())
		require.Equal(t, 1, strings.Count(log.String(), "The state is kept again"))
	})
}

// What never reached the disk need not be deleted from there.
func TestDiskThatFailsWhileReplicasComeAndGo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t, nil)
		n := pushNode()
		n.ForgetAfter = time.Second
		s.Configure([]Node{n})
		kept := n.ID.Replica("kept")
		require.NoError(t, s.Report(kept, calm()))
		good := s.db
		broken, err := bolt.Open(t.TempDir()+"/broken.db", 0o600, nil)
		require.NoError(t, err)
		require.NoError(t, broken.Close())
		s.db = broken
		for i := range 100 {
			require.Error(t, s.Report(n.ID.Replica(strconv.Itoa(i)), calm()))
		}
		time.Sleep(time.Hour)
		require.Empty(t, s.Drain(time.Now()), "all are forgotten")
		require.Equal(t, map[status.ID]bool{kept: true}, s.dropped)
		s.db = good
	})
}

func TestTooMany(t *testing.T) {
	t.Parallel()
	s := newStore(t, nil)
	other := pushNode()
	other.ID.Node = "other"
	s.Configure([]Node{pushNode(), other})
	s.SetLimits(Limits{ReplicasPerNode: 2, Replicas: 3})
	id := pushNode().ID
	require.NoError(t, s.Report(id.Replica("a"), calm()))
	require.NoError(t, s.Report(id.Replica("b"), calm()))
	err := s.Report(id.Replica("c"), calm())
	require.ErrorIs(t, err, ErrTooMany)
	require.EqualError(t, err, "too many replicas: node web:sockets has 2; flush those that are gone, or set forget_after")
	require.NoError(t, s.Report(id.Replica("a"), calm()))
	require.NoError(t, s.Report(other.ID.Replica("d"), calm()))
	require.EqualError(t, s.Report(other.ID.Replica("e"), calm()), "too many replicas: there are 3; flush those that are gone, or set forget_after")

	require.NoError(t, s.Flush(id.Replica("a")))
	require.NoError(t, s.Report(other.ID.Replica("e"), calm()), "there is room again")
	s.SetLimits(Limits{ReplicasPerNode: 1, Replicas: 1})
	require.NoError(t, s.Report(other.ID.Replica("d"), calm()), "those that are there stay")
	s.SetLimits(Limits{})
	require.NoError(t, s.Report(id.Replica("f"), calm()), "the limits are the defaults")
	s.Configure([]Node{other})
	s.SetLimits(Limits{ReplicasPerNode: 3, Replicas: 3})
	require.NoError(t, s.Report(other.ID.Replica("f"), calm()), "those of a node that is gone don't count")
	require.Len(t, s.Snapshot(time.Now()), 3)
}

func TestClipKeepsCharactersWhole(t *testing.T) {
	t.Parallel()
	require.Equal(t, "short", clip("short"))
	require.Equal(t, strings.Repeat("ä", maxDetailBytes/2-1)+"x…", clip(strings.Repeat("ä", maxDetailBytes/2-1)+"xä"))
}
