// SPDX-License-Identifier: Apache-2.0

package state_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/status"
)

func TestDrain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, t.TempDir(), nodes())
		stop := run(t, s)
		defer stop()
		<-s.Changed()
		require.Len(t, s.Drain(time.Now()), 2, "everything at first")
		require.Empty(t, s.Drain(time.Now()))

		id := push.Replica("x")
		require.NoError(t, s.Report(id, report(30*time.Second, 0, 0)))
		<-s.Changed()
		changes := s.Drain(time.Now())
		require.Len(t, changes, 1)
		require.Nil(t, changes[0].Before)
		require.Equal(t, status.Healthy, changes[0].After.Status)

		require.NoError(t, s.Report(id, report(30*time.Second, 0.1, 0)))
		require.Empty(t, s.Changed(), "nothing but the load has changed")

		s.Record(poll.Replica("a"), probe.Verdict{Status: status.Dead, Reason: status.DNS}, probe.Result{At: time.Now()})
		s.Record(poll.Replica("a"), probe.Verdict{Status: status.Dead, Reason: status.Timeout}, probe.Result{At: time.Now()})
		<-s.Changed()
		changes = s.Drain(time.Now())
		require.Len(t, changes, 1)
		require.Equal(t, status.Timeout, changes[0].After.Reason)

		start := time.Now()
		<-s.Changed() // wakes by the deadline alone
		require.Equal(t, 50*time.Second, time.Since(start))
		changes = s.Drain(time.Now())
		require.Len(t, changes, 1)
		require.Equal(t, status.Healthy, changes[0].Before.Status)
		require.Equal(t, status.Late, changes[0].After.Reason)

		require.NoError(t, s.Flush(id))
		<-s.Changed()
		changes = s.Drain(time.Now())
		require.Len(t, changes, 1)
		require.Nil(t, changes[0].After)
		require.Equal(t, status.Dead, changes[0].Before.Status)
	})
}

func TestDrainNoticesDeadlinesByItself(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), nodes())
	require.NoError(t, s.Report(push.Replica("x"), report(30*time.Second, 0, 0)))
	s.Drain(time.Now())
	changes := s.Drain(time.Now().Add(time.Minute))
	require.Len(t, changes, 1)
	require.Equal(t, status.Dead, changes[0].After.Status)
}

func TestClockThatIsSetBack(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), nodes())
	id := push.Replica("x")
	require.NoError(t, s.Report(id, report(30*time.Second, 0, 0)))
	past := time.Unix(0, 0)
	require.Len(t, s.Snapshot(past), 3)
	require.Len(t, s.Drain(past), 3)
	check(t, s, id, status.Healthy, status.None)
}
