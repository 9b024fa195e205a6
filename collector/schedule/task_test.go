// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestUntilNext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const interval, phase = time.Minute, 7 * time.Second
		began := time.Now() // at a full minute
		for age, want := range map[time.Duration]time.Duration{
			0:                67 * time.Second,
			5 * time.Second:  62 * time.Second,
			29 * time.Second: 38 * time.Second,
			38 * time.Second: 29 * time.Second,
			67 * time.Second: 60 * time.Second,
			68 * time.Second: 59 * time.Second,
		} {
			require.Equal(t, want, untilNext(began.Add(age), began, interval, phase), age)
		}
	})
}

// Whatever is done to the clock, a job sleeps for no more than an interval and a half.
func TestUntilNextWhenTheClockIsSet(t *testing.T) {
	t.Parallel()
	const interval, phase = time.Minute, 7 * time.Second
	began := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	for _, step := range []time.Duration{-24 * time.Hour, -time.Hour, -time.Second, 0, time.Second, time.Hour} {
		wait := untilNext(began.Add(step), began, interval, phase)
		require.Positive(t, wait, step)
		require.LessOrEqual(t, wait, interval*3/2, step)
	}
}
