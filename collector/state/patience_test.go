// SPDX-License-Identifier: Apache-2.0

package state_test

import (
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/status"
)

// Nodes that are discovered after the start find what an earlier run left of
// them, as long as the store is patient.
func TestNodesThatComeLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		s := open(t, folder, queued())
		id, late := push.Replica("x"), local.Replica("late")
		require.NoError(t, s.Report(id, report(time.Hour, 2, 0)))
		require.NoError(t, s.Report(late, state.Report{Interval: time.Hour, Health: status.Healthy}))
		s.Queue(push, reading(600, 0))
		s.Record(poll.Replica("a"), probe.Verdict{Status: status.Dead, Reason: status.TLS}, probe.Result{At: time.Now()})
		require.NoError(t, s.Close())

		s, err := state.Open(state.Options{Path: folder, Logger: slog.New(slog.DiscardHandler), Patience: time.Minute})
		require.NoError(t, err)
		s.Configure(nil)
		stop := run(t, s)
		require.Empty(t, s.Snapshot(time.Now()))
		time.Sleep(30 * time.Second)
		some := []state.Node{queued()[0], queued()[2]}
		s.Configure(some)
		check(t, s, id, status.Sick, status.Load)
		check(t, s, poll.Replica("a"), status.Dead, status.TLS)
		require.Equal(t, 600, s.Queues(time.Now())[0].Ready)

		time.Sleep(31 * time.Second)
		s.Configure(queued())
		require.Nil(t, find(s, late), "its node has come too late")
		time.Sleep(time.Minute)
		stop()
		s = open(t, folder, queued())
		require.Nil(t, find(s, late), "for good")
		check(t, s, id, status.Sick, status.Load)
	})
}
