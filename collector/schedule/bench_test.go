// SPDX-License-Identifier: Apache-2.0

package schedule_test

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"testing"
	"time"

	"github.com/pharos-status/pharos/collector/schedule"
)

// BenchmarkScheduler measures what ten thousand jobs cost: a job's memory while
// it sleeps, and the time of one probe that does nothing.
func BenchmarkScheduler(b *testing.B) {
	const n = 10_000
	probes := make(chan struct{}, 1024)
	s := schedule.New(schedule.Options{
		Record: func(schedule.Outcome) { probes <- struct{}{} },
		Logger: slog.New(slog.DiscardHandler),
	})
	jobs := make([]*schedule.Job, n)
	pool := schedule.NewPool(256)
	for i := range jobs {
		jobs[i] = job(fmt.Sprint("https://", i), well)
		jobs[i].Interval, jobs[i].Pool = 100*time.Millisecond, pool
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Run(ctx)
	}()
	s.Update(jobs)
	for range n {
		<-probes
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ResetTimer()
	for range b.N {
		<-probes
	}
	b.StopTimer()
	b.ReportMetric(float64(after.StackInuse+after.HeapInuse-before.StackInuse-before.HeapInuse)/n, "B/job")
	cancel()
	for {
		select {
		case <-probes:
			continue
		case <-done:
			return
		}
	}
}
