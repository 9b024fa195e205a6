// SPDX-License-Identifier: Apache-2.0

package deliver

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	runtimemetrics "runtime/metrics"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/bridge/channel"
	"github.com/pharos-status/pharos/bridge/config"
	"github.com/pharos-status/pharos/bridge/spool"
	"github.com/pharos-status/pharos/bridge/webhook"
	"github.com/pharos-status/pharos/internal/schema"
)

// Ten thousand notifications in a minute, to a channel that takes six hundred.
// It is the only test at its time, so that the memory is its own.
//
//nolint:paralleltest // see above
func TestFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n, perMinute, burst = 10_000, 600, 20
		var highest atomic.Uint64
		look := func() { highest.Store(max(highest.Load(), heap())) }
		sends := 0
		c := &fake{recipients: []string{"alice"}, keyed: true, send: func(context.Context, string, channel.Message) error {
			if sends++; sends%100 == 0 {
				look()
			}
			return nil
		}}
		r := newRig(t, inMemory(t), route("c", c, func(d *config.Delivery) { d.PerMinute, d.Burst = perMinute, burst }))
		before, start := heap(), time.Now()
		for range 60 {
			var posts sync.WaitGroup
			for i := range n / 60 {
				s := r.submission("c", fmt.Sprint("alert ", i, strings.Repeat(" is dead", 100)), "alice")
				posts.Go(func() {
					if _, err := r.spool.Accept(t.Context(), s); err != nil {
						t.Error(err)
					}
				})
			}
			posts.Wait()
			look()
			let(time.Second)
		}
		all := n / 60 * 60
		require.EqualValues(t, all-len(c.acknowledged()), r.value(schema.BridgeQueueLength, "channel", "c"))
		let(20 * time.Minute)
		got := c.acknowledged()
		require.Len(t, got, all)
		for i := range got[:all-perMinute-burst] {
			require.GreaterOrEqual(t, got[i+perMinute+burst].at.Sub(got[i].at), time.Minute, "more than the limit in a minute")
		}
		require.Less(t, got[all-1].at.Sub(start), time.Duration(all)*time.Minute/perMinute+time.Second, "nor less")
		t.Logf("heap: %d MiB before, %d MiB at most", before>>20, highest.Load()>>20)
		require.Less(t, highest.Load(), uint64(100<<20))
	})
}

// inMemory returns a folder in memory, where there is such a thing: ten thousand
// writes take their time on a disk that others use too.
func inMemory(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("/dev/shm", "pharos") //nolint:usetesting // that would be on the disk
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(folder)) })
	return folder
}

// heap returns the bytes of the heap that the system has given, used or not.
func heap() uint64 {
	samples := []runtimemetrics.Sample{
		{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/unused:bytes"}, {Name: "/memory/classes/heap/free:bytes"},
	}
	runtimemetrics.Read(samples)
	sum := uint64(0)
	for _, s := range samples {
		sum += s.Value.Uint64()
	}
	return sum
}

// BenchmarkDeliver accepts a thousand notifications, which come eight at a time, and
// delivers them to one recipient of a fast channel: each is on disk before it is
// answered and before it is sent.
func BenchmarkDeliver(b *testing.B) {
	const n = 1000
	logger := slog.New(slog.DiscardHandler)
	s, err := spool.Open(spool.Options{Path: b.TempDir(), Logger: logger})
	require.NoError(b, err)
	d, err := New(Options{Spool: s, Registerer: prometheus.NewRegistry(), Logger: logger})
	require.NoError(b, err)
	arrived := make(chan struct{}, n)
	c := &fake{recipients: []string{"alice"}, send: func(context.Context, string, channel.Message) error {
		arrived <- struct{}{}
		return nil
	}}
	d.Use([]Route{route("c", c)})
	ctx, cancel := context.WithCancel(b.Context())
	var parts sync.WaitGroup
	parts.Go(func() { _ = s.Run(ctx) })
	parts.Go(func() { _ = d.Run(ctx) })
	text, serial := payload("g", "m"), 0
	for b.Loop() {
		numbers := make(chan int)
		var posts sync.WaitGroup
		for range 8 {
			posts.Go(func() {
				for i := range numbers {
					a, err := s.Accept(ctx, spool.Submission{
						Channel: "c", Recipients: []string{"alice"}, Group: "g", Payload: text, Accepted: time.Now(),
						Digest: webhook.Digest{byte(i), byte(i >> 8), byte(i >> 16), byte(i >> 24)},
					})
					if err != nil || a.Duplicate {
						b.Error(a, err)
					}
				}
			})
		}
		for range n {
			serial++
			numbers <- serial
		}
		close(numbers)
		posts.Wait()
		for range n {
			<-arrived
		}
	}
	b.StopTimer()
	cancel()
	parts.Wait()
	require.NoError(b, d.Close())
	require.NoError(b, s.Close())
}
