// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestLimiterIsBounded(t *testing.T) {
	t.Parallel()
	l, now := newLimiter(2, time.Minute), time.Now()
	for range 2 {
		require.Zero(t, l.take("first", now))
	}
	require.NotZero(t, l.take("first", now))
	for i := range 3 * maxCounted {
		now = now.Add(time.Nanosecond)
		require.Zero(t, l.take(i, now))
	}
	require.LessOrEqual(t, len(l.counts)+len(l.old), 2*maxCounted)
	require.Zero(t, l.take("first", now), "what was counted the longest ago is forgotten")
	require.Zero(t, l.take("first", now))
	require.NotZero(t, l.take("first", now))
	for i := range maxCounted {
		l.take(i, now)
	}
	require.NotZero(t, l.take("first", now), "the newest is not")
}

func TestLimiterDelays(t *testing.T) {
	t.Parallel()
	l := newLimiter(2, 10*time.Second)
	for failed, want := range map[int]time.Duration{2: time.Second, 3: 2 * time.Second, 4: 4 * time.Second, 5: 8 * time.Second, 6: 10 * time.Second, 1 << 40: 10 * time.Second} {
		require.Equal(t, want, l.delay(failed))
	}
}

// Attempts at the same time are counted one by one.
func TestLimiterTakesTurns(t *testing.T) {
	t.Parallel()
	l, now := newLimiter(5, time.Minute), time.Now()
	var free atomic.Int32
	var wait sync.WaitGroup
	for range 100 {
		wait.Go(func() {
			if l.take("anna", now) == 0 {
				free.Add(1)
			}
		})
	}
	wait.Wait()
	require.EqualValues(t, 5, free.Load())
	l.forget("anna")
	require.Zero(t, l.take("anna", now))
}

func TestSessionsSeenAreBounded(t *testing.T) {
	t.Parallel()
	s := newSessions(nil, time.Now)
	for i := range maxSeen + 10 {
		x := seenSession{}
		x.Hash[0], x.Hash[1] = byte(i), byte(i>>8)
		x.Expires = time.Unix(int64(i), 0)
		s.remember(x)
	}
	require.Len(t, s.seen, maxSeen)
	require.NotContains(t, s.seen, [32]byte{9})
}

// Wherever one is to go after the login, it is a page of ours.
func FuzzLocal(f *testing.F) {
	for _, next := range []string{"/admin/incidents?page=2", "//evil.example", `/admin/\evil`, "/admin/%2e%2e/", "/admin/a%2Fb", "/admin/ü?x=\x00"} {
		f.Add(next)
	}
	f.Fuzz(func(t *testing.T, next string) {
		got := local(next)
		require.True(t, strings.HasPrefix(got, "/admin/"), got)
		require.NotContains(t, got, "\\")
		require.False(t, strings.ContainsAny(got, "\r\n"), got)
		require.Equal(t, got, local(got), "it stays")
		r := httptest.NewRequestWithContext(t.Context(), "GET", got, nil)
		require.True(t, strings.HasPrefix(r.URL.Path, "/admin/"), fmt.Sprint(r.URL))
		require.Equal(t, "example.com", r.Host)
	})
}
