// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/schedule"
	"github.com/pharos-status/pharos/internal/configfile"
	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/internal/status"
)

// await reads changes until the replica has the status.
func await(t *testing.T, e *Exporter, id status.ID, want status.Status) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for {
		select {
		case <-e.Changed():
		case <-deadline:
			t.Fatalf("%v does not become %v: %+v", id, want, e.store.Snapshot(time.Now()))
		}
		for _, s := range e.Changes() {
			if s.Metric["__name__"] == schema.ReplicaStatus && string(s.Metric[schema.Replica]) == id.Replica &&
				string(s.Metric[schema.Status]) == want.String() && s.Value == 1 {
				return
			}
		}
	}
}

// TestExporter watches real targets, from the file to the metrics.
func TestExporter(t *testing.T) {
	t.Parallel()
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer target.Close()
	var lc net.ListenConfig
	listener, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	e := newExporter(t, fmt.Sprintf(`
defaults: {poll: {interval: 100ms, timeout: 10s, retries: 0}, script: {interval: 100ms}}
services:
  - id: web
    nodes:
      - {id: api, mode: poll, replicas: [%q]}
      - {id: port, mode: poll, replicas: ["tcp://%s"]}
      - {id: script, mode: script, scripts: ["exit 1"]}
`, target.URL, listener.Addr()))
	require.False(t, e.Ready())
	run(t, e)
	node := func(name string) status.NodeID { return status.NodeID{Service: "web", Node: name} }
	await(t, e, node("port").Replica("tcp://"+listener.Addr().String()), status.Healthy)
	require.NoError(t, listener.Close())
	await(t, e, node("port").Replica("tcp://"+listener.Addr().String()), status.Dead)
	require.True(t, e.Ready())

	e.mu.RLock()
	require.Len(t, e.plan.jobs, 3)
	e.mu.RUnlock()
	found := testutil.ToFloat64(e.metrics.probes.WithLabelValues("poll", "healthy"))
	require.Positive(t, found)
}

func TestNewErrors(t *testing.T) {
	t.Parallel()
	good := options(t, "")
	absent := filepath.Join(t.TempDir(), "absent.yml")
	tests := map[string]struct {
		change func(*Options)
		want   string
	}{
		"no logger":   {func(o *Options) { o.Logger = nil }, "collector: Options.Logger is nil"},
		"no file":     {func(o *Options) { o.ConfigFile = "" }, "collector: Options.ConfigFile is empty"},
		"no folder":   {func(o *Options) { o.StoragePath = "" }, "collector: Options.StoragePath is empty"},
		"absent file": {func(o *Options) { o.ConfigFile, o.RequireConfig = absent, true }, "read configuration: open " + absent + ": no such file or directory; write the file, or name another one"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := good
			test.change(&o)
			_, err := New(o)
			require.EqualError(t, err, test.want)
		})
	}
}

func TestAbsentFileWatchesNothing(t *testing.T) {
	t.Parallel()
	o := options(t, "")
	require.NoError(t, os.Remove(o.ConfigFile))
	e, err := New(o)
	require.NoError(t, err)
	defer func() { require.NoError(t, e.Close()) }()
	require.Empty(t, e.store.Snapshot(time.Now()))
	require.NoError(t, e.Reload(), "still absent")

	write(t, o.ConfigFile, watched)
	require.NoError(t, e.Reload())
	require.Len(t, e.store.Snapshot(time.Now()), 3)
	require.NoError(t, os.Remove(o.ConfigFile))
	require.ErrorContains(t, e.Reload(), "no such file", "a file that goes away is a mistake")
	require.Len(t, e.store.Snapshot(time.Now()), 3)
}

func TestReloadKeepsWhatIsUnchanged(t *testing.T) {
	t.Parallel()
	e := newExporter(t, watched)
	before := e.current().jobs
	require.NoError(t, e.Reload())
	for id, j := range e.current().jobs {
		require.Same(t, before[id].Job, j.Job)
	}

	write(t, e.o.ConfigFile, strings.Replace(watched, "key=s3cret", "key=other", 1))
	require.NoError(t, e.Reload())
	after := e.current().jobs
	require.NotSame(t, before[idHTTP].Job, after[idHTTP].Job, "the same name, another target")
	require.Same(t, before[idTCP].Job, after[idTCP].Job)

	write(t, e.o.ConfigFile, "parallelism: {poll: 1}\n"+watched)
	require.NoError(t, e.Reload())
	disk := status.ID{Service: "host", Node: "disk", Replica: "1"}
	require.Same(t, after[idTCP].Job, e.current().jobs[idTCP].Job, "its pool has another size")
	require.Same(t, after[disk].Job, e.current().jobs[disk].Job)
	require.Equal(t, 1, e.current().poll.Size())
}

func TestRecordDropsWhatIsNoLongerPlanned(t *testing.T) {
	t.Parallel()
	e := newExporter(t, watched)
	old := e.current().jobs[idTCP].Job
	e.outcome(idTCP, nil, time.Second)
	require.Equal(t, 1, e.metrics.latency.Len())

	write(t, e.o.ConfigFile, "")
	require.NoError(t, e.Reload())
	require.Zero(t, e.metrics.latency.Len(), "a replica that is gone has no series")
	e.record(schedule.Outcome{Job: old})
	require.Zero(t, e.metrics.latency.Len())
}

func TestReporterToken(t *testing.T) {
	t.Parallel()
	e := newExporter(t, watched)
	token, ok := e.ReporterToken(status.NodeID{Service: "web", Node: "sockets"})
	require.True(t, ok)
	require.Equal(t, configfile.Secret("s3cret"), token)
	for _, id := range []status.NodeID{{Service: "web", Node: "api"}, {Service: "web", Node: "none"}} {
		_, ok = e.ReporterToken(id)
		require.False(t, ok, id)
	}
}
