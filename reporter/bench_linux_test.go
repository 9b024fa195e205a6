// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// What a reporter may cost.
const (
	maxShare = 0.05 // of a core, in percent
	maxHeap  = 2048 // KB
)

// aServer takes reports, and tells of each.
func aServer(b *testing.B) (s *httptest.Server, taken <-chan struct{}) {
	b.Helper()
	all := make(chan struct{}, 1)
	s = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		all <- struct{}{}
	}))
	b.Cleanup(s.Close)
	return s, all
}

func started(b *testing.B, s *httptest.Server) *Reporter {
	b.Helper()
	r, err := Start(b.Context(), Options{
		URL: s.URL, Token: "secret", Service: "web", Node: "sockets", Interval: time.Hour, KeepLast: true,
		Checks: map[string]Check{"a": func(context.Context) error { return nil }, "b": func(context.Context) error { return ErrSick }},
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = r.Stop(context.WithoutCancel(b.Context())) })
	return r
}

// BenchmarkReporter measures what a report costs, from the measurement on this machine
// to the answer, the server of the test included, and what share of a core that is
// with a report each 30 seconds.
func BenchmarkReporter(b *testing.B) {
	s, taken := aServer(b)
	r := started(b, s)
	<-taken
	b.ReportAllocs()
	before := cpuTime(b)
	for b.Loop() {
		r.round(b.Context(), time.Second)
		<-taken
	}
	each := (cpuTime(b) - before) / time.Duration(b.N)
	share := 100 * each.Seconds() / defaultInterval.Seconds()
	b.ReportMetric(share, "%core")
	if b.N > 100 && share > maxShare {
		b.Errorf("a reporter costs %.4f %% of a core, want at most %v", share, maxShare)
	}
}

// BenchmarkReporterMemory measures the heap and the stacks of a reporter that has
// reported, its connection and the server's end of it included.
func BenchmarkReporterMemory(b *testing.B) {
	s, taken := aServer(b)
	started(b, s) // what there is once for all
	<-taken
	const count = 10
	for b.Loop() {
		before := inUse()
		for range count {
			started(b, s)
			<-taken
		}
		kilobytes := float64(inUse()-before) / count / 1024
		b.ReportMetric(kilobytes, "KB")
		if kilobytes > maxHeap {
			b.Errorf("a reporter has %.0f KB, want at most %d", kilobytes, maxHeap)
		}
	}
}

func inUse() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// cpuTime returns the time that the processor has worked for this process.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
