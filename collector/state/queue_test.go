// SPDX-License-Identifier: Apache-2.0

package state_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/status"
)

// holds is how long a reading holds with the limits of queued.
const holds = 3*15*time.Second + 5*time.Second

// queued is a configuration whose push node has a queue.
func queued() []state.Node {
	all := nodes()
	all[0].Queue = &state.QueueLimits{
		Name: "client", Interval: 15 * time.Second,
		ReadyHealthyBelow: 500, NackHealthyBelow: 100, ReadyDeadAbove: 20000, NackDeadAbove: 5000,
	}
	return all
}

func reading(ready, unacknowledged int) state.Queue {
	return state.Queue{Ready: ready, Unacknowledged: unacknowledged, At: time.Now()}
}

func TestQueueIsJudged(t *testing.T) {
	t.Parallel()
	limits := *queued()[0].Queue
	for name, tc := range map[string]struct {
		ready, nack int
		want        status.Status
		detail      string
	}{
		"empty":          {0, 0, status.Healthy, ""},
		"below":          {499, 99, status.Healthy, ""},
		"ready at limit": {500, 0, status.Sick, "500 messages are ready in queue client, sick from 500"},
		"nack at limit":  {0, 100, status.Sick, "100 messages are not acknowledged in queue client, sick from 100"},
		"ready sick":     {20000, 5000, status.Sick, "20000 messages are ready in queue client, sick from 500"},
		"ready dead":     {20001, 0, status.Dead, "20001 messages are ready in queue client, dead above 20000"},
		"nack dead":      {500, 5001, status.Dead, "5001 messages are not acknowledged in queue client, dead above 5000"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := probe.Verdict{Status: tc.want, Detail: tc.detail}
			if tc.want != status.Healthy {
				want.Reason = status.Queue
			}
			require.Equal(t, want, limits.Judge(state.Queue{Ready: tc.ready, Unacknowledged: tc.nack}))
		})
	}
	require.Equal(t, status.Healthy, state.QueueLimits{}.Judge(state.Queue{Ready: 1e9, Unacknowledged: 1e9}).Status, "0 is no limit")
}

// The order is Vigil's: late, then load, then the queue.
func TestQueueSpeaksForReplicasThatAreWellOtherwise(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, t.TempDir(), queued())
		calm, busy := push.Replica("calm"), push.Replica("busy")
		require.NoError(t, s.Report(calm, report(30*time.Second, 0, 0)))
		require.NoError(t, s.Report(busy, report(30*time.Second, 1, 0)))
		s.Queue(push, reading(30000, 0))
		check(t, s, calm, status.Dead, status.Queue)
		require.Equal(t, "30000 messages are ready in queue client, dead above 20000", find(s, calm).Detail)
		check(t, s, busy, status.Sick, status.Load)

		s.Queue(push, reading(0, 100))
		check(t, s, calm, status.Sick, status.Queue)
		s.Queue(push, reading(0, 0))
		check(t, s, calm, status.Healthy, status.None)

		time.Sleep(50 * time.Second)
		s.Queue(push, reading(600, 0))
		check(t, s, calm, status.Dead, status.Late)
	})
}

// A health that comes with the load counts besides both: the worst of all is shown.
func TestQueueAndHealth(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), queued())
	id := push.Replica("x")
	for name, tc := range map[string]struct {
		ready  int
		cpu    float64
		health status.Status
		want   status.Status
		reason status.Reason
		detail string
	}{
		"all is well":      {0, 0, status.Healthy, status.Healthy, status.None, "full"},
		"health":           {0, 0, status.Dead, status.Dead, status.Reported, "full"},
		"health above":     {600, 0, status.Dead, status.Dead, status.Reported, "full"},
		"health below":     {30000, 0, status.Sick, status.Dead, status.Queue, "30000 messages are ready in queue client, dead above 20000; full"},
		"both sick":        {600, 0, status.Sick, status.Sick, status.Queue, "600 messages are ready in queue client, sick from 500; full"},
		"load comes first": {30000, 1, status.Sick, status.Sick, status.Load, "CPU load is 1.00, sick above 0.90; full"},
		"health above all": {600, 1, status.Dead, status.Dead, status.Reported, "full"},
	} {
		s.Queue(push, reading(tc.ready, 0))
		require.NoError(t, s.Report(id, judged(tc.cpu, tc.health, "full")))
		check(t, s, id, tc.want, tc.reason)
		require.Equal(t, tc.detail, find(s, id).Detail, name)
	}
}

func TestQueueIsReadBeforeAnyReplicaReports(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), queued())
	s.Queue(push, reading(600, 1))
	s.Queue(local, reading(600, 1))
	s.Queue(status.NodeID{Service: "web", Node: "none"}, reading(600, 1))
	all := s.Queues(time.Now())
	require.Len(t, all, 1, "only nodes with a queue have one")
	require.Equal(t, push, all[0].Node)
	require.Equal(t, "client", all[0].Name)
	require.Equal(t, 600, all[0].Ready)
	require.Equal(t, 1, all[0].Unacknowledged)
	id := push.Replica("x")
	require.NoError(t, s.Report(id, report(30*time.Second, 0, 0)))
	check(t, s, id, status.Sick, status.Queue)
}

func TestQueueThatCannotBeRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, t.TempDir(), queued())
		stop := run(t, s)
		id := push.Replica("x")
		require.NoError(t, s.Report(id, report(time.Hour, 0, 0)))
		check(t, s, id, status.Unknown, status.None)
		require.Equal(t, "queue client has not been read yet", find(s, id).Detail)
		broken := errors.New("connection refused")
		s.Queue(push, state.Queue{At: time.Now(), Err: broken})
		require.Empty(t, s.Queues(time.Now()))
		check(t, s, id, status.Unknown, status.None)
		s.Drain(time.Now())
		<-s.Changed()
		<-s.StatusChanged()
		time.Sleep(10 * holds)
		check(t, s, id, status.Unknown, status.None)
		require.Equal(t, "queue client has not been read yet", find(s, id).Detail)

		s.Queue(push, reading(30000, 1))
		check(t, s, id, status.Dead, status.Queue)
		read := time.Now().UTC().Format(time.RFC3339)
		<-s.Changed()
		<-s.StatusChanged()
		require.Len(t, s.Drain(time.Now()), 1)
		time.Sleep(holds - 1)
		s.Queue(push, state.Queue{At: time.Now(), Err: broken})
		check(t, s, id, status.Dead, status.Queue)
		require.Equal(t, broken, s.Queues(time.Now())[0].Err)
		require.Empty(t, s.Changed())
		time.Sleep(time.Nanosecond)
		check(t, s, id, status.Unknown, status.None)
		require.Equal(t, "queue client has not been read since "+read, find(s, id).Detail)
		require.Empty(t, s.Queues(time.Now()))
		<-s.Changed()
		<-s.StatusChanged()
		require.Len(t, s.Drain(time.Now()), 1)

		s.Queue(push, reading(600, 1))
		require.NoError(t, s.Queues(time.Now())[0].Err)
		stop()
	})
}

func TestQueueSurvivesARestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		s := open(t, folder, queued())
		stop := run(t, s)
		id := push.Replica("x")
		require.NoError(t, s.Report(id, report(time.Hour, 0, 0)))
		s.Queue(push, reading(30000, 0))
		synctest.Wait()
		check(t, crash(t, folder, queued()), id, status.Dead, status.Queue)
		time.Sleep(15 * time.Second)
		s.Queue(push, reading(30001, 0))
		stop()

		time.Sleep(holds - 1)
		again := crash(t, folder, queued())
		check(t, again, id, status.Dead, status.Queue)
		require.Equal(t, 30001, again.Queues(time.Now())[0].Ready)
		time.Sleep(time.Nanosecond)
		check(t, again, id, status.Unknown, status.None)
		check(t, crash(t, folder, queued()), id, status.Unknown, status.None)

		other := queued()
		other[0].Queue.Name = "other"
		check(t, crash(t, folder, other), id, status.Unknown, status.None)
		without := kill(t, folder)
		require.NoError(t, open(t, without, nodes()).Close())
		check(t, open(t, without, queued()), id, status.Unknown, status.None)
	})
}

func TestConfigureQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, t.TempDir(), queued())
		id := push.Replica("x")
		require.NoError(t, s.Report(id, report(time.Hour, 0, 0)))
		s.Queue(push, reading(600, 0))
		v := find(s, id).Version
		s.Configure(queued())
		check(t, s, id, status.Sick, status.Queue)
		require.Equal(t, v, find(s, id).Version, "nothing has changed")

		stricter := queued()
		stricter[0].Queue.ReadyDeadAbove = 550
		s.Configure(stricter)
		check(t, s, id, status.Dead, status.Queue)
		v2 := find(s, id).Version
		require.Greater(t, v2, v)
		s.Configure(nodes())
		check(t, s, id, status.Healthy, status.None)
		require.Empty(t, s.Queues(time.Now()))
		require.Greater(t, find(s, id).Version, v2)

		stricter[0].Queue.Name = "other"
		s.Configure(stricter)
		check(t, s, id, status.Unknown, status.None)
	})
}
