// SPDX-License-Identifier: Apache-2.0

package schedule_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/schedule"
	"github.com/pharos-status/pharos/internal/status"
)

func TestOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		good := job("good", well)
		bad := job("bad", func(context.Context) error { tries++; return errors.New("refused") })
		bad.Retries, bad.RetryWait = 2, time.Second
		slow := job("slow", hang)
		slow.Limits.Timeout = time.Minute
		r := &recorder{}
		s := schedule.New(schedule.Options{Record: r.record, Logger: slog.New(slog.DiscardHandler)})

		began := time.Now()
		s.Once(t.Context(), []*schedule.Job{good, bad, slow})
		require.Equal(t, time.Minute, time.Since(began), "nothing waits for its place in time")
		require.Equal(t, 3, tries)
		found := map[string]status.Status{}
		for _, o := range r.all() {
			found[o.Job.ID.Replica] = o.Verdict.Status
		}
		require.Equal(t, map[string]status.Status{"good": status.Healthy, "bad": status.Dead, "slow": status.Dead}, found)
	})
}

func TestOnceThatIsCutShort(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{}
		s := schedule.New(schedule.Options{Record: r.record, Logger: slog.New(slog.DiscardHandler)})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		s.Once(ctx, []*schedule.Job{job("good", well), job("slow", hang)})
		require.Len(t, r.all(), 1, "what was cut short tells nothing")
	})
}
