// SPDX-License-Identifier: Apache-2.0

package schedule_test

import (
	"context"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/collector/schedule"
	"github.com/pharos-status/pharos/internal/status"
)

// hanging returns jobs whose targets are silent, with the defaults of the program.
func hanging(n int, pool schedule.Pool) []*schedule.Job {
	jobs := make([]*schedule.Job, n)
	for i := range jobs {
		jobs[i] = job("https://"+strconv.Itoa(i), hang)
		jobs[i].Retries, jobs[i].RetryWait, jobs[i].Pool = 2, 500*time.Millisecond, pool
	}
	return jobs
}

// outage runs jobs for a time. It returns how late the healthy ones began, sorted, and
// how often an outcome came later than all that the scheduler had told: the interval
// and a half that a job sleeps at most, the probe itself, and what it has to wait.
func outage(t *testing.T, within time.Duration, jobs []*schedule.Job) (lags []time.Duration, late int) {
	t.Helper()
	var mu sync.Mutex
	expected := map[status.ID]time.Time{}
	s := schedule.New(schedule.Options{
		Logger: slog.New(slog.DiscardHandler),
		Waits: func(j *schedule.Job, within time.Duration) {
			mu.Lock()
			defer mu.Unlock()
			if until := time.Now().Add(within); until.After(expected[j.ID]) {
				expected[j.ID] = until
			}
		},
		Record: func(o schedule.Outcome) {
			mu.Lock()
			defer mu.Unlock()
			now := time.Now()
			if before, ok := expected[o.Job.ID]; ok && now.After(before) {
				late++
			}
			j := o.Job
			expected[j.ID] = now.Add(j.Interval*3/2 + time.Duration(j.Retries+1)*j.Limits.Timeout + time.Duration(j.Retries)*j.RetryWait)
			if o.Verdict.Status == status.Healthy {
				lags = append(lags, o.Lag)
			}
		},
	})
	s.Update(jobs)
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	require.NoError(t, s.Run(ctx))
	mu.Lock()
	defer mu.Unlock()
	slices.Sort(lags)
	return lags, late
}

// However many targets hang, the scheduler tells how long each verdict must hold.
func TestOutcomesComeWithinWhatWasTold(t *testing.T) {
	t.Parallel()
	for _, n := range []int{25, 50, 200, 500} {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				_, late := outage(t, 2*time.Hour, hanging(n, schedule.NewPool(25)))
				require.Zero(t, late)
			})
		})
	}
}

// A pool with places for all that hang keeps nobody waiting for long.
func TestRoomForAnOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pool := schedule.NewPool(1)
		jobs := hanging(400, pool)
		for i := range 100 {
			j := job("well "+strconv.Itoa(i), well)
			j.Pool = pool
			jobs = append(jobs, j)
		}
		pool.Resize(400 * 30 / 120 * 5 / 4)
		lags, late := outage(t, time.Hour, jobs)
		require.Zero(t, late)
		require.GreaterOrEqual(t, len(lags), 2500)
		require.Zero(t, lags[len(lags)*97/100], "but for the first time, when all begin within ten seconds")
		require.Less(t, lags[len(lags)-1], 2*time.Minute)
	})
}

// Whoever has begun is done before others begin.
func TestRetriesGoFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		jobs := hanging(100, schedule.NewPool(10))
		r, _, stop := start(t, jobs...)
		defer stop()
		time.Sleep(100 * time.Second)
		synctest.Wait()
		require.GreaterOrEqual(t, len(r.all()), 20, "the first tries of all take as long")
		for _, o := range r.all() {
			require.Equal(t, status.Dead, o.Verdict.Status)
		}
	})
}

func TestResize(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pool := schedule.NewPool(0)
		running, most := 0, 0
		var mu sync.Mutex
		var jobs []*schedule.Job
		for i := range 50 {
			j := job(strconv.Itoa(i), nil)
			j.Pool, j.Interval = pool, time.Second
			j.Prober = probe.Func(func(context.Context, *probe.Trace) error {
				mu.Lock()
				running++
				most = max(most, running)
				mu.Unlock()
				time.Sleep(time.Second)
				mu.Lock()
				running--
				mu.Unlock()
				return nil
			})
			jobs = append(jobs, j)
		}
		_, _, stop := start(t, jobs...)
		defer stop()
		for _, n := range []int{1, 20, 3, 0} {
			pool.Resize(n)
			time.Sleep(2 * time.Second) // those under way go on
			mu.Lock()
			most = 0
			mu.Unlock()
			time.Sleep(10 * time.Second)
			mu.Lock()
			require.Equal(t, max(n, 1), most)
			mu.Unlock()
		}
	})
}
