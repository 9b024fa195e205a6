// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"context"
	"log/slog"
	"math"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/config"
	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/collector/schedule"
	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/status"
)

func TestRoomForPolls(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		set, jobs int
		files     uint64
		want      int
	}{
		"few targets":     {0, 10, 1 << 20, 256},
		"many targets":    {0, 2000, 1 << 20, 625},
		"far too many":    {0, 1e5, 1 << 20, 4096},
		"few files":       {0, 2000, 1024, 341},
		"no limit at all": {0, 2000, math.MaxUint64, 625},
		"as it is set":    {16, 2000, 30, 16},
		"more than files": {5000, 10, 1024, 5000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := emptyPlan()
			p.config = &config.Config{Parallelism: config.Parallelism{Poll: tc.set, Script: 8}}
			p.jobs = map[status.ID]plannedJob{}
			for i := range tc.jobs {
				p.jobs[status.ID{Replica: strconv.Itoa(i)}] = plannedJob{Job: &schedule.Job{
					Pool: p.poll, Interval: 2 * time.Minute, Limits: probe.Limits{Timeout: 10 * time.Second}, Retries: 2,
				}}
			}
			p.jobs[status.ID{Node: "script"}] = plannedJob{Job: &schedule.Job{
				Pool: p.script, Interval: time.Second, Limits: probe.Limits{Timeout: time.Hour},
			}}
			p.resize(tc.files)
			require.Equal(t, tc.want, p.poll.Size())
			require.Equal(t, 8, p.script.Size())
		})
	}
}

func TestPoolsShowHowFullTheyAre(t *testing.T) {
	t.Parallel()
	e := newExporter(t, "parallelism: {poll: 3, script: 2}\nservices: [{id: host, nodes: [{id: disk, mode: script, script: {interval: 1s}, scripts: [exec sleep 600]}]}]")
	run(t, e)
	shows(t, e, `pharos_exporter_pool_running{pool="script"} 1`)
	shows(t, e, `pharos_exporter_pool_running{pool="poll"} 0`)
	shows(t, e, `pharos_exporter_pool_size{pool="script"} 2`)
	shows(t, e, `pharos_exporter_pool_size{pool="poll"} 3`)
	write(t, e.o.ConfigFile, "parallelism: {poll: 5}")
	require.NoError(t, e.Reload())
	shows(t, e, `pharos_exporter_pool_size{pool="poll"} 5`)
	shows(t, e, `pharos_exporter_pool_running{pool="script"} 0`)
}

// However few probes may run at a time, targets that hang stay dead between them.
func TestOutageIsNoReasonToDoubt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, err := state.Open(state.Options{Path: t.TempDir(), Logger: slog.New(slog.DiscardHandler)})
		require.NoError(t, err)
		e := &Exporter{store: store}
		scheduler := schedule.New(schedule.Options{Logger: slog.New(slog.DiscardHandler), Waits: e.waits, Record: func(o schedule.Outcome) {
			store.Record(o.Job.ID, o.Verdict, o.Result)
		}})
		node := state.Node{ID: status.NodeID{Service: "web", Node: "api"}, Mode: state.Poll}
		pool := schedule.NewPool(16)
		var jobs []*schedule.Job
		for i := range 200 {
			j := &schedule.Job{
				ID: node.ID.Replica(strconv.Itoa(i)), Pool: pool, Interval: 2 * time.Minute,
				Limits: probe.Limits{Timeout: 10 * time.Second}, Retries: 2, RetryWait: 500 * time.Millisecond,
				Prober: probe.Func(func(ctx context.Context, _ *probe.Trace) error { <-ctx.Done(); return ctx.Err() }),
			}
			jobs = append(jobs, j)
			node.Replicas = append(node.Replicas, state.Probed{
				Name: j.ID.Replica, Interval: j.Interval, Timeout: j.Limits.Timeout, Retries: j.Retries, RetryWait: j.RetryWait,
			})
		}
		store.Configure([]state.Node{node})
		scheduler.Update(jobs)
		ctx, cancel := context.WithCancel(t.Context())
		stored, scheduled := make(chan error), make(chan error)
		go func() { stored <- store.Run(ctx) }()
		go func() { scheduled <- scheduler.Run(ctx) }()
		time.Sleep(10 * time.Minute)
		store.Drain(time.Now())
		<-store.Changed()
		for _, r := range store.Snapshot(time.Now()) {
			require.Equal(t, status.Dead, r.Status, r.ID)
		}
		time.Sleep(2 * time.Hour)
		require.Empty(t, store.Drain(time.Now()))
		require.Empty(t, store.Changed(), "nobody was unknown meanwhile")
		cancel()
		require.NoError(t, <-stored)
		require.NoError(t, <-scheduled)
	})
}
