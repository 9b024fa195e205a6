// SPDX-License-Identifier: Apache-2.0

package deliver

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/bridge/config"
)

func TestBackOff(t *testing.T) {
	t.Parallel()
	d := config.DefaultDelivery()
	for attempt, want := range map[int]time.Duration{
		1: time.Second, 2: 2 * time.Second, 5: 16 * time.Second, 9: 256 * time.Second, 10: 5 * time.Minute, 1 << 40: 5 * time.Minute,
	} {
		shortest, longest := time.Duration(1<<62), time.Duration(0)
		for range 1000 {
			wait := backOff(d, attempt)
			shortest, longest = min(shortest, wait), max(longest, wait)
		}
		require.GreaterOrEqual(t, shortest, want/2)
		require.Less(t, shortest, want*6/10, "attempt %d", attempt)
		require.LessOrEqual(t, longest, want*3/2)
		require.Greater(t, longest, want*14/10, "attempt %d", attempt)
	}
}

func TestPace(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	p := pace{}
	p.set(config.Delivery{PerMinute: 30, Burst: 3})
	for range 3 {
		require.Zero(t, p.take(now))
	}
	require.Equal(t, 2*time.Second, p.take(now))
	require.Equal(t, 2*time.Second, p.take(now), "who waits has taken nothing")
	p.giveBack()
	require.Zero(t, p.take(now))
	require.Equal(t, time.Second, p.take(now.Add(time.Second)))
	require.Zero(t, p.take(now.Add(2*time.Second)))

	p.set(config.Delivery{PerMinute: 30, Burst: 3})
	require.Equal(t, 2*time.Second, p.take(now.Add(2*time.Second)), "a reload with the same limits gives nothing away")

	later := now.Add(time.Hour)
	for range 3 {
		require.Zero(t, p.take(later))
	}
	require.Equal(t, 2*time.Second, p.take(later), "no more than the burst is saved up")

	p.set(config.Delivery{PerMinute: 1, Burst: 1})
	require.Zero(t, p.take(later))
	require.Equal(t, time.Minute, p.take(later))
	p.set(config.Delivery{})
	for range 100 {
		require.Zero(t, p.take(later))
	}
}
