// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestZone(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	z := zone{at: time.UTC}
	require.Equal(t, "2026-11-21 12:00 UTC", z.moment(now))
	for _, bad := range []string{"", "tomorrow", "+", "2026-13-01 10:00", "2026-12-01"} {
		_, err := z.read("--start", bad, now)
		require.ErrorContains(t, err, "--start: ")
	}
	require.NoError(t, z.Set("Europe/Paris"))
	for text, want := range map[string]time.Time{
		"now":                       now,
		"+90m":                      now.Add(90 * time.Minute),
		"-1h":                       now.Add(-time.Hour),
		"2026-07-01 10:00":          time.Date(2026, 7, 1, 8, 0, 0, 0, time.UTC),
		"2026-12-01T10:00":          time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC),
		"2026-12-01 10:00:30":       time.Date(2026, 12, 1, 9, 0, 30, 0, time.UTC),
		"2026-12-01T10:00:30":       time.Date(2026, 12, 1, 9, 0, 30, 0, time.UTC),
		"2026-12-01T10:00:00-05:00": time.Date(2026, 12, 1, 15, 0, 0, 0, time.UTC),
		"2026-12-01T10:00:00Z":      time.Date(2026, 12, 1, 10, 0, 0, 0, time.UTC),
	} {
		got, err := z.read("--start", text, now)
		require.NoError(t, err)
		require.True(t, want.Equal(got), "%s: %s", text, got)
	}
	require.Equal(t, "2026-11-21 13:00 Europe/Paris", z.moment(now))
	require.Equal(t, "START (Europe/Paris)", z.heading("START"))
	require.Equal(t, "-", z.minute(time.Time{}))
	require.ErrorContains(t, z.Set("Paris"), `--time-zone: there is no time zone "Paris"`)
}
