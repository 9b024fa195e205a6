// SPDX-License-Identifier: Apache-2.0

package alerting_test

import (
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/rules/alerting"
)

func TestSchedule(t *testing.T) {
	t.Parallel()
	const m = time.Minute
	for backoff, want := range map[alerting.Backoff][]time.Duration{
		alerting.None:   {10 * m},
		alerting.Linear: {10 * m, 30 * m, 60 * m},
		alerting.Square: {10 * m, 50 * m, 140 * m},
		alerting.Cubic:  {10 * m, 90 * m, 360 * m},
	} {
		r := &alerting.Reminders{Interval: model.Duration(10 * m), Backoff: backoff, Limit: 3}
		first, every := r.Schedule()
		require.Equal(t, want, first, backoff)
		require.Equal(t, map[alerting.Backoff]time.Duration{
			alerting.None: 10 * m, alerting.Linear: 30 * m, alerting.Square: 90 * m, alerting.Cubic: 270 * m,
		}[backoff], every)
		r.Limit = 1
		first, every = r.Schedule()
		require.Equal(t, []time.Duration{10 * m}, first, "with the limit 1 nothing grows")
		require.Equal(t, 10*m, every)
	}
}
