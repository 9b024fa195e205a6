// SPDX-License-Identifier: Apache-2.0

package schedule_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/schedule"
)

// slot is the distance of the times at which jobs are due.
const slot = 50 * time.Millisecond

func TestJobsShareWakeUps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(7 * time.Millisecond) // the program does not start in a slot
		var jobs []*schedule.Job
		for i := range 1000 {
			j := job(fmt.Sprint("https://", i), well)
			j.Interval = time.Second
			jobs = append(jobs, j)
		}
		odd := job("odd", well)
		odd.Interval = 333 * time.Millisecond
		r, _, stop := start(t, append(jobs, odd)...)
		defer stop()
		time.Sleep(3 * time.Second)
		synctest.Wait()
		require.GreaterOrEqual(t, len(r.all()), 2500)
		for _, o := range r.all() {
			require.Zero(t, o.Lag, "nobody waits for the others")
			if o.Job != odd {
				require.Zero(t, o.Result.At.Sub(o.Result.At.Truncate(slot)), "due in a slot")
			}
		}
		times := r.of(odd)
		require.GreaterOrEqual(t, len(times), 7)
		for i := 2; i < len(times); i++ {
			require.Equal(t, odd.Interval, times[i].Sub(times[i-1]), "its times are its own")
		}
	})
}

// maxWorkers is more than ever wait for something to do.
const maxWorkers = 70

// TestSleepersHaveNoGoroutine is not parallel: it counts those of the process.
func TestSleepersHaveNoGoroutine(t *testing.T) { //nolint:paralleltest // see above
	var jobs []*schedule.Job
	for i := range 1000 {
		j := job(strconv.Itoa(i), well)
		j.Interval = time.Hour
		jobs = append(jobs, j)
	}
	before := runtime.NumGoroutine()
	_, s, stop := start(t, jobs...)
	defer stop()
	s.Update(jobs[1:])
	require.Eventually(t, func() bool { return runtime.NumGoroutine() <= before+maxWorkers }, 10*time.Second, time.Millisecond)
}

func TestOneMoreDisturbsNone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var jobs []*schedule.Job
		for i := range 200 {
			jobs = append(jobs, job(fmt.Sprint("https://", i), well))
		}
		r, s, stop := start(t, jobs...)
		defer stop()
		for i := range 20 {
			time.Sleep(time.Minute)
			jobs = append(jobs, job(fmt.Sprint("https://more-", i), hang))
			s.Update(jobs)
		}
		for _, j := range jobs[:200] {
			times := r.of(j)
			require.GreaterOrEqual(t, len(times), 10)
			for i := 2; i < len(times); i++ {
				require.Equal(t, j.Interval, times[i].Sub(times[i-1]))
			}
		}
	})
}

// TestRandomUpdates changes the jobs all the time, while probes take their time and
// two pools are full, and checks what has to hold at any time.
func TestRandomUpdates(t *testing.T) {
	t.Parallel()
	const ids, places = 30, 5
	for seed := range uint64(20) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				random := rand.New(rand.NewPCG(seed, 0))
				var running [ids]atomic.Int64
				var inPool [2]atomic.Int64
				pools := []schedule.Pool{schedule.NewPool(places), schedule.NewPool(places)}
				fresh := func(id int) *schedule.Job {
					pool, takes := random.IntN(2), time.Duration(random.IntN(1500))*time.Millisecond
					j := job(strconv.Itoa(id), func(ctx context.Context) error {
						if running[id].Add(1) > 1 {
							t.Errorf("replica %d is probed twice at a time", id)
						}
						if inPool[pool].Add(1) > places {
							t.Errorf("pool %d runs over", pool)
						}
						defer running[id].Add(-1)
						defer inPool[pool].Add(-1)
						time.Sleep(takes) // whatever ctx says
						return ctx.Err()
					})
					j.Interval, j.Pool = time.Duration(1+random.IntN(3000))*time.Millisecond, pools[pool]
					j.Limits.Timeout = time.Second // so that some are tried again
					j.Retries, j.RetryWait = random.IntN(3), time.Duration(random.IntN(300))*time.Millisecond
					return j
				}
				r, s, stop := start(t)
				jobs := map[int]*schedule.Job{}
				for range 200 {
					for range random.IntN(8) {
						if id := random.IntN(ids); random.IntN(2) == 0 {
							jobs[id] = fresh(id)
						} else {
							delete(jobs, id)
						}
					}
					var all []*schedule.Job
					for _, j := range jobs {
						all = append(all, j)
					}
					s.Update(all)
					if random.IntN(3) > 0 {
						time.Sleep(time.Duration(random.IntN(700)) * time.Millisecond)
					}
				}
				time.Sleep(3 * time.Minute) // everyone has had its turn
				seen := map[*schedule.Job]int{}
				for _, o := range r.all() {
					seen[o.Job]++
				}
				for id, j := range jobs {
					require.Greater(t, seen[j], 3, "job %d is forgotten", id)
				}
				stop()
				for id := range running {
					require.Zero(t, running[id].Load(), "Run waits for all")
				}
			})
		})
	}
}
