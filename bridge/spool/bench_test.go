// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"context"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkSpool accepts 1,000 notifications, one after the other, while they are taken
// from one lane, marked and acknowledged: each is durable at every step.
func BenchmarkSpool(b *testing.B) {
	for _, mark := range []bool{true, false} {
		b.Run("mark="+strconv.FormatBool(mark), func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				thousand(b, i, mark)
			}
		})
	}
}

func thousand(b *testing.B, round int, mark bool) {
	b.Helper()
	b.StopTimer()
	const many = 1000
	s := open(b, Options{})
	payload := make([]byte, 2000)
	ctx, stop := context.WithCancel(b.Context())
	var wg sync.WaitGroup
	wg.Go(func() { _ = s.Run(ctx) })
	b.StartTimer()
	before := transactions(s)
	wg.Go(func() {
		for i := range many {
			n := say(strconv.Itoa(round) + "/" + strconv.Itoa(i))
			n.Payload = payload
			if _, err := s.Accept(ctx, n); err != nil {
				b.Error(err)
			}
		}
	})
	for range many {
		e, err := s.Take(alice(), mark)
		for e == nil && err == nil {
			<-s.Changed()
			e, err = s.Take(alice(), mark)
		}
		require.NoError(b, err)
		require.NoError(b, s.Delivered(e.ID))
	}
	stop()
	wg.Wait()
	b.ReportMetric(float64(transactions(s)-before)/many, "commits/message")
	b.StopTimer()
	require.NoError(b, s.Close())
	b.StartTimer()
}

// BenchmarkAcceptParallel has many callers, who share their transactions.
func BenchmarkAcceptParallel(b *testing.B) {
	s := open(b, Options{MaxWaiting: 1 << 30, MaxBytes: 1 << 40})
	payload := make([]byte, 2000)
	var next sync.Mutex
	count := 0
	before := transactions(s)
	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			next.Lock()
			count++
			n := say(strconv.Itoa(count))
			next.Unlock()
			n.Payload = payload
			if _, err := s.Accept(b.Context(), n); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(transactions(s)-before)/float64(b.N), "commits/op")
}

// BenchmarkOpen reads a spool in which 10,000 entries wait.
func BenchmarkOpen(b *testing.B) {
	s := open(b, Options{})
	for i := range 100 {
		n := say(strconv.Itoa(i) + string(make([]byte, 2000)))
		for j := range 99 {
			n.Recipients = append(n.Recipients, strconv.Itoa(j))
		}
		accept(b, s, n)
	}
	require.NoError(b, s.Close())
	for b.Loop() {
		again := open(b, Options{Path: s.options.Path})
		require.Len(b, again.Lanes(), 100)
		require.NoError(b, again.Close())
	}
}
