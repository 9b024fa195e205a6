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

// BenchmarkScheduler measures what ten thousand jobs cost: the memory of one that
// sleeps, and the time of a probe that does nothing, as many as there can be.
func BenchmarkScheduler(b *testing.B) {
	const n = 10_000
	pool := schedule.NewPool(256)
	jobs := make([]*schedule.Job, n)
	for i := range jobs {
		jobs[i] = job(fmt.Sprint("https://", i), well)
		jobs[i].Pool = pool
	}
	first := job("first", well)
	first.Interval = slot
	b.Run("sleeping", func(b *testing.B) {
		for b.Loop() {
			before := inUse()
			started := make(chan struct{}, 1)
			s := schedule.New(schedule.Options{Record: func(o schedule.Outcome) {
				if o.Job == first {
					started <- struct{}{}
				}
			}, Logger: slog.New(slog.DiscardHandler)})
			ctx, cancel := context.WithCancel(b.Context())
			done := make(chan struct{})
			go func() {
				defer close(done)
				_ = s.Run(ctx)
			}()
			s.Update(append(jobs[:n:n], first))
			<-started
			b.ReportMetric(float64(inUse()-before)/n, "B/job")
			cancel()
			<-done
		}
	})
	b.Run("probing", func(b *testing.B) {
		probes := make(chan struct{}, 1024)
		s := schedule.New(schedule.Options{Record: func(schedule.Outcome) { probes <- struct{}{} }, Logger: slog.New(slog.DiscardHandler)})
		faster := schedule.NewPool(256)
		fast := make([]*schedule.Job, n)
		for i := range fast {
			j := *jobs[i]
			j.Interval, j.Pool = 5*time.Millisecond, faster
			fast[i] = &j
		}
		ctx, cancel := context.WithCancel(b.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = s.Run(ctx)
		}()
		s.Update(fast)
		for range n {
			<-probes
		}
		b.ResetTimer()
		for range b.N {
			<-probes
		}
		b.StopTimer()
		cancel()
		for {
			select {
			case <-probes:
				continue
			case <-done:
				return
			}
		}
	})
}

// inUse returns the bytes of the heap and the stacks that are in use.
func inUse() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.StackInuse + m.HeapAlloc
}
