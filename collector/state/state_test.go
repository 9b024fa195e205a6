// SPDX-License-Identifier: Apache-2.0

package state_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/status"
)

var (
	push  = status.NodeID{Service: "web", Node: "sockets"}
	local = status.NodeID{Service: "lan", Node: "gateway"}
	poll  = status.NodeID{Service: "web", Node: "api"}
)

// nodes is a configuration with a node of each kind.
func nodes() []state.Node {
	return []state.Node{
		{ID: push, Mode: state.Push, DeadAfter: 20 * time.Second, CPUSickAbove: 0.9, RAMSickAbove: 0.9},
		{ID: local, Mode: state.Local, DeadAfter: 40 * time.Second},
		{ID: poll, Mode: state.Poll, Replicas: []state.Probed{probed("a"), probed("b")}},
	}
}

func probed(name string) state.Probed {
	return state.Probed{Name: name, Interval: 2 * time.Minute, Timeout: 10 * time.Second, Retries: 2, RetryWait: time.Second}
}

func open(tb testing.TB, folder string, nodes []state.Node) *state.Store {
	tb.Helper()
	s, err := state.Open(state.Options{Path: folder, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, s.Close()) })
	s.Configure(nodes)
	return s
}

// crash opens what a store that is killed now would leave behind.
func crash(tb testing.TB, folder string, nodes []state.Node) *state.Store {
	tb.Helper()
	return open(tb, kill(tb, folder), nodes)
}

// kill returns a folder with what a store that is killed now would leave behind.
func kill(tb testing.TB, folder string) string {
	tb.Helper()
	left := tb.TempDir()
	copyDatabase(tb, folder, left)
	return left
}

func copyDatabase(t require.TestingT, from, to string) {
	data, err := os.ReadFile(filepath.Join(from, "state.db"))
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(to, 0o750))
	require.NoError(t, os.WriteFile(filepath.Join(to, "state.db"), data, 0o600))
}

// run runs the store until the function that it returns is called.
func run(t *testing.T, s *state.Store) (stop func()) {
	t.Helper()
	done := make(chan error)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { done <- s.Run(ctx) }()
	return func() {
		cancel()
		require.NoError(t, <-done)
	}
}

func report(interval time.Duration, cpu, ram float64) state.Report {
	return state.Report{Interval: interval, Load: &state.Load{CPU: cpu, RAM: ram}}
}

// judged is a report of a load and a health, with the reason in words.
func judged(cpu float64, health status.Status, words string) state.Report {
	r := report(30*time.Second, cpu, 0)
	r.Health, r.Detail = health, words
	return r
}

// find returns what is known now of a replica, or nothing.
func find(s *state.Store, id status.ID) *state.Replica {
	for _, r := range s.Snapshot(time.Now()) {
		if r.ID == id {
			return &r
		}
	}
	return nil
}

// require that a replica has a status and a reason now.
func check(t *testing.T, s *state.Store, id status.ID, want status.Status, reason status.Reason) {
	t.Helper()
	r := find(s, id)
	require.NotNil(t, r, "there is no %s", id)
	require.Equal(t, want.String(), r.Status.String())
	require.Equal(t, reason, r.Reason)
}

func TestProbedReplicaIsUnknownUntilItsFirstProbe(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), nodes())
	all := s.Snapshot(time.Now())
	require.Len(t, all, 2)
	require.Equal(t, state.Replica{ID: poll.Replica("a"), Mode: state.Poll, Interval: 2 * time.Minute, Version: all[0].Version}, all[0])
	require.Equal(t, poll.Replica("b"), all[1].ID)
}

func TestRecord(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), nodes())
	id, at := poll.Replica("a"), time.Now()
	ends := at.Add(time.Hour).Truncate(time.Second)
	events := []probe.Event{{What: "resolved", Detail: "127.0.0.1"}, {After: time.Millisecond, What: "refused"}}
	s.Record(id, probe.Verdict{Status: status.Dead, Reason: status.Connect, Detail: "refused"}, probe.Result{
		At: at, Took: time.Second, Trace: probe.Trace{
			Events: events, NotAfter: ends,
			Perfdata: []probe.Perfdatum{{Label: "load1", Unit: "ratio", Value: 0.5}},
			Steps:    []probe.Step{{Name: "login", Took: time.Second}},
		},
	})
	s.Record(poll.Replica("none"), probe.Verdict{Status: status.Dead}, probe.Result{At: at})
	s.Record(push.Replica("x"), probe.Verdict{Status: status.Dead}, probe.Result{At: at})
	require.Len(t, s.Snapshot(at), 2, "only what is configured is recorded")
	got := *find(s, id)
	require.Equal(t, state.Replica{
		ID: id, Mode: state.Poll, Status: status.Dead, Reason: status.Connect, Detail: "refused", At: at, Took: time.Second,
		Interval: 2 * time.Minute, Events: state.MakeLog(events), NotAfter: ends,
		Perfdata: []probe.Perfdatum{{Label: "load1", Unit: "ratio", Value: 0.5}},
		Steps:    []probe.Step{{Name: "login", Took: time.Second}},
		Version:  got.Version,
	}, got)

	s.Record(id, probe.Verdict{Status: status.Healthy}, probe.Result{At: at, Took: time.Second})
	got = *find(s, id)
	require.Equal(t, state.Replica{
		ID: id, Mode: state.Poll, Status: status.Healthy, At: at, Took: time.Second, Interval: 2 * time.Minute, Version: got.Version,
	}, got, "nothing is left of the probe before")
}

// What a script prints is bounded, and not kept as a whole for the sake of a word.
func TestFiguresAreBounded(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), nodes())
	id := poll.Replica("a")
	trace := probe.Trace{}
	for i := range 1000 {
		trace.Perfdata = append(trace.Perfdata, probe.Perfdatum{Label: strings.Repeat("x", 1000+i), Value: float64(i)})
		trace.Steps = append(trace.Steps, probe.Step{Name: strings.Repeat("y", 1000+i), Took: time.Duration(i)})
	}
	for range 2 {
		s.Record(id, probe.Verdict{Status: status.Healthy}, probe.Result{At: time.Now(), Trace: trace})
		got := find(s, id)
		require.Len(t, got.Perfdata, 64)
		require.Len(t, got.Steps, 64)
		require.Equal(t, probe.Perfdatum{Label: status.Shorten(trace.Perfdata[63].Label), Value: 63}, got.Perfdata[63])
		require.Equal(t, probe.Step{Name: status.Shorten(trace.Steps[63].Name), Took: 63}, got.Steps[63])
	}
}

func TestReportIsJudged(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), nodes())
	for name, tc := range map[string]struct {
		node   status.NodeID
		report state.Report
		want   status.Status
		reason status.Reason
		detail string
	}{
		"at the limit":    {push, report(30*time.Second, 0.9, 0.9), status.Healthy, status.None, ""},
		"CPU above":       {push, report(30*time.Second, 0.91, 0), status.Sick, status.Load, "CPU load is 0.91, sick above 0.90"},
		"RAM above":       {push, report(30*time.Second, 0, 4), status.Sick, status.Load, "RAM load is 4.00, sick above 0.90"},
		"relay healthy":   {local, state.Report{Interval: time.Second, Health: status.Healthy}, status.Healthy, status.None, ""},
		"relay sick":      {local, state.Report{Interval: time.Second, Health: status.Sick}, status.Sick, status.Reported, "reported as sick"},
		"relay unknown":   {local, state.Report{Interval: time.Second, Unknown: true}, status.Unknown, status.Reported, "reported as unknown"},
		"in words":        {local, state.Report{Interval: time.Second, Health: status.Dead, Detail: "no such host"}, status.Dead, status.Reported, "no such host"},
		"well, in words":  {local, state.Report{Interval: time.Second, Health: status.Healthy, Detail: "3 jobs"}, status.Healthy, status.None, "3 jobs"},
		"load and health": {push, judged(0, status.Dead, "full"), status.Dead, status.Reported, "full"},
		"load and well":   {push, judged(0.95, status.Healthy, ""), status.Sick, status.Load, "CPU load is 0.95, sick above 0.90"},
		"both sick":       {push, judged(0.95, status.Sick, "full"), status.Sick, status.Load, "CPU load is 0.95, sick above 0.90; full"},
		"load and untold": {push, state.Report{Interval: time.Second, Load: &state.Load{}, Unknown: true}, status.Unknown, status.Reported, "reported as unknown"},
		"load and words":  {push, judged(0, status.Unknown, "3 jobs"), status.Healthy, status.None, "3 jobs"},
		"long words":      {push, judged(0, status.Sick, strings.Repeat("x", 300)), status.Sick, status.Reported, status.Shorten(strings.Repeat("x", 300))},
		"relay dead":      {local, state.Report{Interval: time.Second, Health: status.Dead}, status.Dead, status.Reported, "reported as dead"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			id := tc.node.Replica(name)
			require.NoError(t, s.Report(id, tc.report))
			check(t, s, id, tc.want, tc.reason)
			require.Equal(t, tc.detail, find(s, id).Detail)
		})
	}
}

func TestReportThatIsLateIsDead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, t.TempDir(), nodes())
		id, relayed := push.Replica("x"), local.Replica("y")
		require.NoError(t, s.Report(id, report(30*time.Second, 0.5, 0.25)))
		require.NoError(t, s.Report(relayed, state.Report{Interval: 30 * time.Second, Health: status.Sick}))

		time.Sleep(50*time.Second - 1)
		check(t, s, id, status.Healthy, status.None)
		require.InDelta(t, 0.5, *find(s, id).CPU, 0)
		require.InDelta(t, 0.25, *find(s, id).RAM, 0)
		time.Sleep(time.Nanosecond)
		check(t, s, id, status.Dead, status.Late)
		require.Equal(t, "no report for 50s", find(s, id).Detail)

		time.Sleep(20*time.Second - 1)
		check(t, s, relayed, status.Sick, status.Reported)
		time.Sleep(time.Nanosecond)
		check(t, s, relayed, status.Dead, status.Late)

		require.NoError(t, s.Report(id, report(30*time.Second, 0.5, 0.25)))
		check(t, s, id, status.Healthy, status.None)
	})
}

func TestLongNameIsShortened(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), nodes())
	long := string(make([]byte, 300))
	require.NoError(t, s.Report(push.Replica(long), report(time.Second, 0, 0)))
	require.NotNil(t, find(s, push.Replica(status.Shorten(long))))
	require.NoError(t, s.Flush(push.Replica(long)))
}

func TestFlush(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), nodes())
	id := push.Replica("x")
	require.NoError(t, s.Report(id, report(time.Second, 0, 0)))
	require.NoError(t, s.Flush(id))
	require.Nil(t, find(s, id))
	require.EqualError(t, s.Flush(id), `unknown replica "x" of node web:sockets`)
	require.ErrorIs(t, s.Flush(id), state.ErrUnknownReplica)
	require.ErrorIs(t, s.Flush(poll.Replica("a")), state.ErrWrongMode)
	require.ErrorIs(t, s.Flush(status.ID{Service: "web", Node: "none"}), state.ErrUnknownNode)
}

func TestForgetAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		all, folder := nodes(), t.TempDir()
		all[0].ForgetAfter = time.Hour
		s := open(t, folder, all)
		stop := run(t, s)
		id, late := push.Replica("x"), push.Replica("late")
		require.NoError(t, s.Report(id, report(30*time.Second, 0, 0)))
		require.NoError(t, s.Report(late, report(2*time.Hour, 0, 0)))
		s.Drain(time.Now())
		<-s.Changed()

		time.Sleep(time.Hour - 1)
		check(t, s, id, status.Dead, status.Late)
		s.Drain(time.Now())
		time.Sleep(time.Nanosecond)
		require.Nil(t, find(s, id))
		synctest.Wait()
		<-s.Changed()
		changes := s.Drain(time.Now())
		require.Len(t, changes, 1)
		require.Equal(t, id, changes[0].ID)
		require.Nil(t, changes[0].After)
		check(t, s, late, status.Healthy, status.None)
		stop()
		require.Nil(t, find(open(t, folder, all), id), "it is forgotten for good")
	})
}

func TestConfigureJudgesByTheNewLimits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, t.TempDir(), nodes())
		id, gone := push.Replica("x"), local.Replica("y")
		require.NoError(t, s.Report(id, report(30*time.Second, 0.5, 0)))
		require.NoError(t, s.Report(gone, state.Report{Interval: time.Second, Health: status.Sick}))
		s.Drain(time.Now())

		all := nodes()
		all[0].CPUSickAbove = 0.4
		all[0].DeadAfter = time.Minute
		all[1].Mode = state.Push
		all[2].Replicas = []state.Probed{probed("b"), probed("c")}
		s.Configure(all)
		check(t, s, id, status.Sick, status.Load)
		require.Nil(t, find(s, gone), "its node is in another mode")
		require.Nil(t, find(s, poll.Replica("a")))
		check(t, s, poll.Replica("c"), status.Unknown, status.None)

		changes := map[status.ID]state.Change{}
		for _, c := range s.Drain(time.Now()) {
			changes[c.ID] = c
		}
		require.Len(t, changes, 5, "everything is told")
		require.Nil(t, changes[gone].After)
		require.Nil(t, changes[poll.Replica("a")].After)
		require.Nil(t, changes[poll.Replica("c")].Before)
		require.Equal(t, status.Healthy, changes[id].Before.Status)
		require.Equal(t, status.Sick, changes[id].After.Status)

		time.Sleep(90*time.Second - 1)
		check(t, s, id, status.Sick, status.Load)
		time.Sleep(time.Nanosecond)
		check(t, s, id, status.Dead, status.Late)
	})
}

func TestReportIsRefused(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), nodes())
	x := push.Replica("x")
	for name, tc := range map[string]struct {
		id     status.ID
		report state.Report
		is     error
		want   string
	}{
		"unknown node":    {status.ID{Service: "web", Node: "none", Replica: "x"}, report(1, 0, 0), state.ErrUnknownNode, `unknown node "none" of service "web"`},
		"probed node":     {poll.Replica("a"), report(1, 0, 0), state.ErrWrongMode, "wrong mode: node web:api is in mode poll, and the report is for mode push"},
		"load for local":  {local.Replica("x"), report(1, 0, 0), state.ErrWrongMode, "wrong mode: node lan:gateway is in mode local, and the report is for mode push"},
		"health for push": {x, state.Report{Interval: 1, Health: status.Sick}, state.ErrWrongMode, "wrong mode: node web:sockets is in mode push, and the report is for mode local"},
		"no name":         {push.Replica(""), report(1, 0, 0), state.ErrInvalid, "invalid report: the replica has no name"},
		"not UTF-8":       {push.Replica("\xff"), report(1, 0, 0), state.ErrInvalid, "invalid report: the name of the replica is not valid UTF-8"},
		"a long name":     {push.Replica(strings.Repeat("x", 16385)), report(1, 0, 0), state.ErrInvalid, "invalid report: the name of the replica has 16385 bytes, want at most 16384"},
		"a dot":           {push.Replica("."), report(1, 0, 0), state.ErrInvalid, `invalid report: the replica is called ".", which can't be part of the path of a flush; give it another name`},
		"no interval":     {x, report(0, 0, 0), state.ErrInvalid, "invalid report: interval is 0s, want more than 0 and at most a year"},
		"long interval":   {x, report(367*24*time.Hour, 0, 0), state.ErrInvalid, "invalid report: interval is 8808h0m0s, want more than 0 and at most a year"},
		"negative load":   {x, report(1, -0.1, 0), state.ErrInvalid, "invalid report: load.cpu is -0.1, want a ratio from 0, such as 0.3"},
		"absurd load":     {x, report(1, 0, 1e7), state.ErrInvalid, "invalid report: load.ram is 1e+07, want a ratio from 0, such as 0.3"},
		"nothing":         {x, state.Report{Interval: 1}, state.ErrInvalid, "invalid report: neither load nor health is given"},
		"untold health":   {local.Replica("x"), state.Report{Interval: 1, Unknown: true, Health: status.Sick}, state.ErrInvalid, "invalid report: a health is given that can't be told"},
		"health and load": {local.Replica("x"), state.Report{Interval: 1, Health: status.Sick, Load: &state.Load{}}, state.ErrWrongMode, "wrong mode: node lan:gateway is in mode local, and the report is for mode push"},
		"untold for push": {x, state.Report{Interval: 1, Unknown: true}, state.ErrWrongMode, "wrong mode: node web:sockets is in mode push, and the report is for mode local"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := s.Report(tc.id, tc.report)
			require.ErrorIs(t, err, tc.is)
			require.EqualError(t, err, tc.want)
		})
	}
	require.Len(t, s.Snapshot(time.Now()), 2, "a refused report changes nothing")
}
