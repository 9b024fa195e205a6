// SPDX-License-Identifier: Apache-2.0

package history_test

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/history"
)

// TestSlowDays: the present does not wait for the past.
func TestSlowDays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeSource{status: status.Healthy, hang: make(chan struct{})}
		k := keeper(t, f, &memory{})
		refresh(t, k)
		require.Equal(t, 3*time.Second, time.Since(today))
		time.Sleep(15 * time.Second)
		refresh(t, k)
		require.Equal(t, 18*time.Second, time.Since(today), "it is left alone for a minute")

		time.Sleep(time.Minute)
		begin := time.Now()
		done := make(chan struct{})
		go func() { defer close(done); k.Round(t.Context(), time.Now()) }()
		synctest.Wait()
		refresh(t, k)
		require.Equal(t, 3*time.Second, time.Since(begin), "as long as if it had asked itself")
		refresh(t, k)
		require.Equal(t, 3*time.Second, time.Since(begin), "somebody else has been asking for longer than that")
		close(f.hang)
		<-done
		require.Contains(t, f.took(), "Days")
	})
}

// TestRunReadsOn: what takes longer than Refresh waits is read all the same.
func TestRunReadsOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(5 * time.Hour)
		f := &fakeSource{status: status.Healthy, takes: 4 * time.Second, days: map[time.Time]statuspage.Minutes{today: healthy(1)}}
		var changed atomic.Int32
		k, err := history.New(history.Options{
			Source: func() statuspage.Source { return f }, Store: &memory{}, Changed: func() { changed.Add(1) }, Logger: slog.New(slog.DiscardHandler),
		})
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- k.Run(ctx) }()
		for range 4 * 60 {
			began := time.Now()
			refresh(t, k)
			require.LessOrEqual(t, time.Since(began), 3*time.Second)
			time.Sleep(15*time.Second - time.Since(began))
		}
		require.GreaterOrEqual(t, strings.Count(f.took(), "Days"), 12, "each five minutes")
		require.GreaterOrEqual(t, changed.Load(), int32(12))
		cancel()
		require.NoError(t, <-done)
	})
}

// TestFewerDays: where there is no time for 90 days they come in pieces.
func TestFewerDays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeSource{status: status.Healthy, takesDay: 6 * time.Second, days: map[time.Time]statuspage.Minutes{ago(89): healthy(7)}}
		k := keeper(t, f, &memory{})
		for range 4 {
			k.Round(t.Context(), time.Now())
			time.Sleep(time.Minute)
		}
		require.Len(t, series(k.History()), 90)
		asked := f.took()
		require.Contains(t, asked, "Days 11-18–01-01")
		require.Contains(t, asked, "Days 10-27–11-17, Days 10-05–10-26", "as many in a round as are asked for at first")
	})
}
