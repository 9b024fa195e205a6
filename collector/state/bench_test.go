// SPDX-License-Identifier: Apache-2.0

package state_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/status"
)

// filled returns a store with n probed replicas, all of them healthy.
func filled(b *testing.B, n int) (*state.Store, []status.ID) {
	b.Helper()
	node := nodes()[2]
	node.Replicas = make([]state.Probed, n)
	ids := make([]status.ID, n)
	for i := range n {
		node.Replicas[i] = probed(fmt.Sprintf("https://node-%d.example.com/health", i))
		ids[i] = node.ID.Replica(node.Replicas[i].Name)
	}
	s := open(b, b.TempDir(), []state.Node{nodes()[0], node})
	for _, id := range ids {
		s.Record(id, probe.Verdict{Status: status.Healthy}, probe.Result{At: time.Now(), Took: time.Millisecond})
	}
	s.Drain(time.Now())
	return s, ids
}

func BenchmarkSnapshot(b *testing.B) {
	s, _ := filled(b, 10_000)
	b.ReportAllocs()
	for b.Loop() {
		require.Len(b, s.Snapshot(time.Now()), 10_000)
	}
}

func BenchmarkDrainOneOf10k(b *testing.B) {
	s, ids := filled(b, 10_000)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		s.Record(ids[0], probe.Verdict{Status: status.Healthy + status.Status(i%2)}, probe.Result{At: time.Now()})
		s.Drain(time.Now())
	}
}

func BenchmarkDrainAll10k(b *testing.B) {
	s, ids := filled(b, 10_000)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		for _, id := range ids {
			s.Record(id, probe.Verdict{Status: status.Sick + status.Status(i%2)}, probe.Result{At: time.Now()})
		}
		require.Len(b, s.Drain(time.Now()), 10_000)
	}
}

func BenchmarkReportRepeated(b *testing.B) {
	s, _ := filled(b, 10_000)
	id := push.Replica("x")
	b.ReportAllocs()
	for b.Loop() {
		require.NoError(b, s.Report(id, report(30*time.Second, 0.3, 0.3)))
	}
}

// Each report changes the status, so each is on disk before it is answered; those
// that come together share a write.
func BenchmarkReportChangedParallel(b *testing.B) {
	s, _ := filled(b, 10_000)
	b.SetParallelism(50)
	b.RunParallel(func(pb *testing.PB) {
		id := push.Replica(fmt.Sprint(time.Now().UnixNano(), pb))
		for i := 0; pb.Next(); i++ {
			if err := s.Report(id, report(30*time.Second, float64(i%2), 0)); err != nil {
				b.Error(err)
			}
		}
	})
}

// BenchmarkWrite10k writes the verdicts of 10,000 replicas that repeat the last
// ones, as happens every ten seconds at most.
func BenchmarkWrite10k(b *testing.B) {
	s, ids := filled(b, 10_000)
	id := push.Replica("x")
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		for _, id := range ids {
			s.Record(id, probe.Verdict{Status: status.Healthy}, probe.Result{At: time.Now(), Took: time.Millisecond})
		}
		require.NoError(b, s.Report(id, report(30*time.Second, float64(i%2), 0)))
	}
}
