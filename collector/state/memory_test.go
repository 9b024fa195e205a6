// SPDX-License-Identifier: Apache-2.0

package state_test

import (
	"fmt"
	"log/slog"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/status"
)

// events are those of a healthy HTTPS probe.
func events() []probe.Event {
	return []probe.Event{
		{After: 100 * time.Microsecond, What: "resolved", Detail: "192.0.2.17"},
		{After: 20 * time.Millisecond, What: "connected", Detail: "192.0.2.17:443"},
		{After: 60 * time.Millisecond, What: "TLS handshake done", Detail: "TLS 1.3"},
		{After: 61 * time.Millisecond, What: "request sent", Detail: "HEAD"},
		{After: 81 * time.Millisecond, What: "answer", Detail: "200 OK"},
	}
}

// heap returns the bytes that are reachable.
func heap() float64 {
	for range 3 {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// BenchmarkBytesPerReplica measures what the store itself keeps in memory of a
// replica that is probed over HTTPS: its name and times belong to the
// configuration, and are counted apart.
func BenchmarkBytesPerReplica(b *testing.B) {
	const n = 10_000
	for b.Loop() {
		node := nodes()[2]
		node.Replicas = make([]state.Probed, n)
		for i := range n {
			node.Replicas[i] = probed(fmt.Sprintf("https://node-%d.example.com/health", i))
		}
		s, err := state.Open(state.Options{Path: b.TempDir(), Logger: slog.New(slog.DiscardHandler)})
		require.NoError(b, err)
		before := heap()
		s.Configure([]state.Node{node})
		for i := range n {
			s.Record(node.ID.Replica(node.Replicas[i].Name), probe.Verdict{Status: status.Healthy}, probe.Result{
				At: time.Now(), Took: time.Millisecond, Trace: probe.Trace{Events: events(), NotAfter: time.Now()},
			})
		}
		recorded := heap()
		s.Drain(time.Now())
		drained := heap()
		require.NoError(b, s.Close())
		b.ReportMetric((recorded-before)/n, "B/replica")
		b.ReportMetric((drained-recorded)/n, "B/told")
		runtime.KeepAlive(node)
	}
}
