// SPDX-License-Identifier: Apache-2.0

package state_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/status"
)

func TestReportSurvivesCrashWithItsAge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		s := open(t, folder, nodes())
		id, at := push.Replica("x"), time.Now()
		require.NoError(t, s.Report(id, report(30*time.Second, 0.95, 0.5)))

		time.Sleep(40 * time.Second)
		s = crash(t, folder, nodes())
		check(t, s, id, status.Sick, status.Load)
		r := find(s, id)
		require.True(t, at.Equal(r.At))
		require.InDelta(t, 0.95, *r.CPU, 0)

		time.Sleep(10*time.Second - 1)
		check(t, s, id, status.Sick, status.Load)
		time.Sleep(time.Nanosecond)
		check(t, s, id, status.Dead, status.Late)
	})
}

func TestReportThatFellDueWhileDownIsUnknown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		s := open(t, folder, nodes())
		id, quiet := push.Replica("x"), push.Replica("quiet")
		require.NoError(t, s.Report(id, report(30*time.Second, 0, 0)))
		require.NoError(t, s.Report(quiet, report(30*time.Second, 0, 0)))

		time.Sleep(time.Hour)
		s = crash(t, folder, nodes())
		stop := run(t, s)
		check(t, s, id, status.Unknown, status.None)
		require.Equal(t, "no report since Pharos has started again", find(s, id).Detail)

		time.Sleep(50*time.Second - 1)
		check(t, s, id, status.Unknown, status.None)
		require.NoError(t, s.Report(id, report(30*time.Second, 0, 0)))
		time.Sleep(time.Nanosecond)
		check(t, s, id, status.Healthy, status.None)
		check(t, s, quiet, status.Dead, status.Late)
		stop()
	})
}

func TestReportThatFellDueStaysDead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		s := open(t, folder, nodes())
		stop := run(t, s)
		id := push.Replica("x")
		require.NoError(t, s.Report(id, report(30*time.Second, 0, 0)))
		time.Sleep(50 * time.Second)
		synctest.Wait()
		left := kill(t, folder)
		stop()

		time.Sleep(time.Hour)
		s = open(t, left, nodes())
		check(t, s, id, status.Dead, status.Late)
		s.Configure(nodes())
		check(t, s, id, status.Dead, status.Late)
		require.NoError(t, s.Report(id, report(30*time.Second, 0, 0)))
		check(t, s, id, status.Healthy, status.None)
	})
}

func TestReportedDeathSurvivesALongStop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		s := open(t, folder, nodes())
		dead, sick := local.Replica("dead"), local.Replica("sick")
		require.NoError(t, s.Report(dead, state.Report{Interval: time.Minute, Health: status.Dead}))
		require.NoError(t, s.Report(sick, state.Report{Interval: time.Minute, Health: status.Sick}))

		time.Sleep(time.Hour)
		s = crash(t, folder, nodes())
		check(t, s, dead, status.Dead, status.Reported)
		check(t, s, sick, status.Unknown, status.None)
	})
}

// What a replica said of itself is kept, and judged anew by other limits.
func TestHealthAndWordsSurviveARestart(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s := open(t, folder, nodes())
	all := map[string]state.Report{
		"sick":   judged(0, status.Sick, "disk is full"),
		"busy":   judged(0.5, status.Healthy, "3 jobs"),
		"untold": {Interval: time.Minute, Load: &state.Load{}, Unknown: true, Detail: "no permission"},
		"load":   judged(0, status.Unknown, ""),
	}
	for name, r := range all {
		require.NoError(t, s.Report(push.Replica(name), r))
	}
	require.NoError(t, s.Report(local.Replica("x"), state.Report{Interval: time.Minute, Health: status.Dead, Detail: "no such host"}))
	stricter := nodes()
	stricter[0].CPUSickAbove = 0.4
	s = crash(t, folder, stricter)
	for name, want := range map[string]string{
		"sick":   "sick reported disk is full",
		"busy":   "sick load CPU load is 0.50, sick above 0.40; 3 jobs",
		"untold": "unknown reported no permission",
		"load":   "healthy  ",
	} {
		r := find(s, push.Replica(name))
		require.Equal(t, want, fmt.Sprintf("%v %s %s", r.Status, r.Reason, r.Detail))
	}
	require.Equal(t, "no such host", find(s, local.Replica("x")).Detail)
	require.NoError(t, s.Report(push.Replica("sick"), report(time.Minute, 0, 0)))
	check(t, s, push.Replica("sick"), status.Healthy, status.None)
	require.Empty(t, find(s, push.Replica("sick")).Detail, "each report replaces all of the one before")
}

func TestForgetWaitsForASecondChance(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		all, folder := nodes(), t.TempDir()
		all[0].ForgetAfter = time.Minute
		s := open(t, folder, all)
		id := push.Replica("x")
		require.NoError(t, s.Report(id, report(30*time.Second, 0, 0)))
		time.Sleep(time.Hour)
		s = crash(t, folder, all)
		check(t, s, id, status.Unknown, status.None)
		time.Sleep(50*time.Second - 1)
		check(t, s, id, status.Unknown, status.None)
		time.Sleep(time.Nanosecond)
		require.Nil(t, find(s, id))
	})
}

func TestVerdictSurvivesRestartWhileItIsFresh(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		s := open(t, folder, nodes())
		id := poll.Replica("a")
		s.Record(id, probe.Verdict{Status: status.Dead, Reason: status.TLS, Detail: "expired"}, probe.Result{At: time.Now(), Took: time.Second})
		require.NoError(t, s.Close())

		time.Sleep(4 * time.Minute)
		s = open(t, folder, nodes())
		stop := run(t, s)
		check(t, s, id, status.Dead, status.TLS)
		require.Equal(t, time.Second, find(s, id).Took)
		<-s.Changed()
		s.Drain(time.Now())

		start := time.Now()
		<-s.Changed()
		require.Equal(t, 10*time.Second, time.Since(start), "2 × interval + timeout after the probe")
		check(t, s, id, status.Unknown, status.None)
		stop()
	})
}

// A kill -9 at any time finds the verdict on disk fresh enough, however short the
// interval of the replica and however long that of its neighbour.
func TestRepeatedVerdictsSurviveACrash(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		folder, all := t.TempDir(), nodes()
		all[2].Replicas[0].Interval, all[2].Replicas[0].Timeout = time.Second, time.Second
		all[2].Replicas[1].Interval = time.Hour
		s := open(t, folder, all)
		stop := run(t, s)
		id := poll.Replica("a")
		for range 20 {
			s.Record(id, probe.Verdict{Status: status.Dead, Reason: status.Connect}, probe.Result{At: time.Now()})
			time.Sleep(time.Second - 1)
			synctest.Wait()
			check(t, crash(t, folder, all), id, status.Dead, status.Connect)
			time.Sleep(time.Nanosecond)
		}
		left := kill(t, folder)
		time.Sleep(3 * time.Second)
		check(t, open(t, left, all), id, status.Unknown, status.None)
		stop()
	})
}

func TestVerdictOfStoppedProbesEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, t.TempDir(), nodes())
		stop := run(t, s)
		id := poll.Replica("a")
		s.Record(id, probe.Verdict{Status: status.Healthy}, probe.Result{At: time.Now()})
		s.Drain(time.Now())
		const holds = 2*2*time.Minute + 3*10*time.Second + 2*time.Second + 5*time.Second
		time.Sleep(holds - 1)
		check(t, s, id, status.Healthy, status.None)
		time.Sleep(time.Nanosecond)
		check(t, s, id, status.Unknown, status.None)
		require.Equal(t, "the last probe is too long ago", find(s, id).Detail)
		synctest.Wait()
		<-s.Changed()
		require.Len(t, s.Drain(time.Now()), 1)

		s.Record(id, probe.Verdict{Status: status.Healthy}, probe.Result{At: time.Now()})
		check(t, s, id, status.Healthy, status.None)
		time.Sleep(4 * time.Minute)
		faster := nodes()
		faster[2].Replicas[0].Interval = time.Second
		s.Configure(faster)
		check(t, s, id, status.Healthy, status.None)
		stop()
	})
}

// A longer dead_after revives what is late, whether it fell due in this run or in
// the one before.
func TestLongerDeadAfterRevives(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		s := open(t, folder, nodes())
		stop := run(t, s)
		id := push.Replica("x")
		require.NoError(t, s.Report(id, report(30*time.Second, 0, 0)))
		time.Sleep(50 * time.Second)
		synctest.Wait()
		longer := nodes()
		longer[0].DeadAfter = time.Minute
		for name, s := range map[string]*state.Store{"live": s, "restored": crash(t, folder, nodes())} {
			check(t, s, id, status.Dead, status.Late)
			s.Configure(longer)
			require.Equal(t, status.Healthy, find(s, id).Status, name)
		}
		restarted := crash(t, folder, longer)
		stop()
		time.Sleep(40 * time.Second)
		check(t, restarted, id, status.Dead, status.Late)
		check(t, s, id, status.Dead, status.Late)
	})
}

func TestWhatIsNoLongerConfiguredIsForgotten(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s := open(t, folder, nodes())
	s.Record(poll.Replica("a"), probe.Verdict{Status: status.Healthy}, probe.Result{At: time.Now()})
	require.NoError(t, s.Report(push.Replica("x"), report(time.Minute, 0, 0)))
	require.NoError(t, s.Close())

	fewer := nodes()[1:]
	fewer[1].Replicas = []state.Probed{probed("b")}
	require.NoError(t, open(t, folder, fewer).Close())
	s = open(t, folder, nodes())
	check(t, s, poll.Replica("a"), status.Unknown, status.None)
	require.Nil(t, find(s, push.Replica("x")))
}

// What a call acknowledges survives a kill -9 that comes right after it, and
// what only repeats a status one that comes a second later. A new verdict is
// written as soon as the disk is free.
func TestDurability(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		s := open(t, folder, nodes())
		stop := run(t, s)
		id := push.Replica("x")

		require.NoError(t, s.Report(id, report(time.Hour, 0, 0)))
		check(t, crash(t, folder, nodes()), id, status.Healthy, status.None)

		require.NoError(t, s.Report(id, report(time.Hour, 2, 0)))
		check(t, crash(t, folder, nodes()), id, status.Sick, status.Load)

		time.Sleep(time.Minute)
		repeated := time.Now()
		require.NoError(t, s.Report(id, report(time.Hour, 3, 0)))
		time.Sleep(time.Second)
		synctest.Wait()
		require.True(t, repeated.Equal(find(crash(t, folder, nodes()), id).At))

		s.Record(poll.Replica("a"), probe.Verdict{Status: status.Dead, Reason: status.DNS}, probe.Result{At: time.Now()})
		synctest.Wait()
		check(t, crash(t, folder, nodes()), poll.Replica("a"), status.Dead, status.DNS)

		require.NoError(t, s.Flush(id))
		require.Nil(t, find(crash(t, folder, nodes()), id))
		stop()
	})
}

// While reports come every 100 ms, what is on disk is never older than a second.
func TestRepeatedReportsDoNotPutTheWriteOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		s := open(t, folder, nodes())
		stop := run(t, s)
		id := push.Replica("x")
		for range 50 {
			require.NoError(t, s.Report(id, report(time.Hour, 0, 0)))
			time.Sleep(100 * time.Millisecond)
			synctest.Wait()
			age := time.Since(find(crash(t, folder, nodes()), id).At)
			require.LessOrEqual(t, age, time.Second)
		}
		stop()
	})
}

func TestClosedStoreRefuses(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), nodes())
	require.NoError(t, s.Close())
	require.ErrorIs(t, s.Report(push.Replica("x"), report(time.Second, 0, 0)), state.ErrClosed)
	require.ErrorIs(t, s.Flush(push.Replica("x")), state.ErrClosed)
	require.Len(t, s.Snapshot(time.Now()), 2)
}
