// SPDX-License-Identifier: Apache-2.0

package schedule_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/collector/schedule"
	"github.com/pharos-status/pharos/internal/status"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A recorder keeps what a scheduler records.
type recorder struct {
	mu       sync.Mutex
	outcomes []schedule.Outcome
}

func (r *recorder) record(o schedule.Outcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.outcomes = append(r.outcomes, o)
}

func (r *recorder) all() []schedule.Outcome {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.outcomes)
}

// of returns when the probes of a job began.
func (r *recorder) of(j *schedule.Job) (times []time.Time) {
	for _, o := range r.all() {
		if o.Job == j {
			times = append(times, o.Result.At)
		}
	}
	return times
}

// start runs a scheduler inside a synctest bubble until stop is called.
func start(t *testing.T, jobs ...*schedule.Job) (r *recorder, s *schedule.Scheduler, stop func()) {
	t.Helper()
	r = &recorder{}
	s = schedule.New(schedule.Options{Record: r.record, Logger: slog.New(slog.DiscardHandler)})
	s.Update(jobs)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		require.NoError(t, s.Run(ctx))
	}()
	return r, s, func() {
		cancel()
		<-done
	}
}

func job(name string, f func(ctx context.Context) error) *schedule.Job {
	return &schedule.Job{
		ID:       status.ID{Service: "web", Node: "api", Replica: name},
		Prober:   probe.Func(func(ctx context.Context, _ *probe.Trace) error { return f(ctx) }),
		Limits:   probe.Limits{Timeout: 10 * time.Second},
		Interval: 2 * time.Minute,
		Pool:     schedule.NewPool(100),
	}
}

func well(context.Context) error { return nil }

// hang returns when the context is done, as a probe of a silent target does.
func hang(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestFirstProbesAreSpread(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var jobs []*schedule.Job
		for i := range 1000 {
			jobs = append(jobs, job(fmt.Sprint("https://", i), well))
		}
		r, _, stop := start(t, jobs...)
		defer stop()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		require.Len(t, r.all(), 1000)
		seconds := map[time.Duration]int{}
		for _, o := range r.all() {
			seconds[o.Result.At.Sub(began)/time.Second]++
		}
		require.Len(t, seconds, 10)
		for second, n := range seconds {
			require.InDelta(t, 100, n, 50, "probes in second %d", second)
		}
	})
}

func TestShortIntervalsBeginSooner(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := job("a", well)
		j.Interval = time.Second
		r, _, stop := start(t, j)
		defer stop()
		time.Sleep(time.Second)
		synctest.Wait()
		require.NotEmpty(t, r.all())
	})
}

func TestProbesKeepTheirPhase(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		phases := map[time.Time]bool{}
		probes := func() {
			j := job("a", well)
			r, _, stop := start(t, j)
			time.Sleep(20 * time.Minute)
			stop()
			times := r.of(j)
			require.GreaterOrEqual(t, len(times), 10)
			gap := times[1].Sub(times[0])
			require.GreaterOrEqual(t, gap, j.Interval/2)
			require.LessOrEqual(t, gap, j.Interval*3/2)
			for i := 2; i < len(times); i++ {
				require.Equal(t, j.Interval, times[i].Sub(times[i-1]))
			}
			last := times[len(times)-1]
			phases[time.Time{}.Add(last.Sub(last.Truncate(j.Interval)))] = true
		}
		probes()
		time.Sleep(37*time.Minute + 11*time.Second) // the process is down
		probes()
		require.Len(t, phases, 1, "a restart keeps the phase")
	})
}

func TestOnlyDeadIsTriedAgain(t *testing.T) {
	t.Parallel()
	refused := errors.New("refused")
	sick := &probe.Failure{Status: status.Sick, Reason: status.Exit, Err: errors.New("exit status 1")}
	unknown := &probe.Failure{Status: status.Unknown, Reason: status.Permission, Err: errors.New("denied")}
	tests := map[string]struct {
		errs  []error // of the tries, the last one for all that follow
		tries int
		want  status.Status
	}{
		"healthy":     {[]error{nil}, 1, status.Healthy},
		"sick":        {[]error{sick}, 1, status.Sick},
		"unknown":     {[]error{unknown}, 1, status.Unknown},
		"dead":        {[]error{refused}, 3, status.Dead},
		"recovers":    {[]error{refused, nil}, 2, status.Healthy},
		"at the last": {[]error{refused, refused, nil}, 3, status.Healthy},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var times []time.Time
				j := job("a", func(context.Context) error {
					times = append(times, time.Now())
					return test.errs[min(len(times), len(test.errs))-1]
				})
				j.Retries, j.RetryWait = 2, 500*time.Millisecond
				r, _, stop := start(t, j)
				time.Sleep(20 * time.Second)
				stop()
				require.Len(t, r.all(), 1)
				require.Equal(t, test.want, r.all()[0].Verdict.Status)
				require.Len(t, times, test.tries)
				for i := 1; i < len(times); i++ {
					require.Equal(t, j.RetryWait, times[i].Sub(times[i-1]))
				}
			})
		})
	}
}

func TestPoolBoundsWhatRunsAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var running, most atomic.Int64
		pool := schedule.NewPool(8)
		var jobs []*schedule.Job
		for i := range 100 {
			j := job(strconv.Itoa(i), func(ctx context.Context) error {
				n := running.Add(1)
				defer running.Add(-1)
				for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
				}
				return hang(ctx)
			})
			j.Pool = pool
			jobs = append(jobs, j)
		}
		fast := job("in another pool", well)
		require.Zero(t, pool.Running())
		r, _, stop := start(t, append(jobs, fast)...)
		time.Sleep(150 * time.Second)
		require.Equal(t, 8, pool.Running())
		pool.Resize(4)
		require.Equal(t, 8, pool.Running(), "those under way go on")
		stop()
		require.Zero(t, pool.Running())
		require.EqualValues(t, 8, most.Load())
		late := 0
		for _, o := range r.all() {
			if o.Job == fast {
				require.Zero(t, o.Lag, "a full pool holds up no other")
			} else if o.Lag > 30*time.Second {
				late++
			}
		}
		require.Positive(t, late, "the wait for the pool is lag")
	})
}

func TestNoReplicaIsProbedTwiceAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var running, ran atomic.Int64
		slow := func(ctx context.Context) error {
			if running.Add(1) != 1 {
				t.Error("two probes of one replica at a time")
			}
			ran.Add(1)
			defer running.Add(-1)
			defer time.Sleep(300 * time.Millisecond) // takes its time to end
			return hang(ctx)
		}
		first, second := job("a", slow), job("a", slow)
		first.Interval, second.Interval = time.Second, time.Second // much less than a probe takes
		_, s, stop := start(t, first)
		time.Sleep(30 * time.Second)
		s.Update([]*schedule.Job{second})
		time.Sleep(30 * time.Second)
		s.Update(nil)
		s.Update([]*schedule.Job{first})
		time.Sleep(30 * time.Second)
		stop()
		require.Greater(t, ran.Load(), int64(6), "two or three of 10 s in each half of a minute")
	})
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		kept, changed, removed := job("kept", hang), job("changed", hang), job("removed", hang)
		r, s, stop := start(t, kept, changed, removed)
		defer stop()
		time.Sleep(10 * time.Second) // every job has a probe under way, of 10 s
		synctest.Wait()
		before := len(r.all())

		changedTo, added := job("changed", well), job("added", well)
		s.Update([]*schedule.Job{kept, changedTo, added})
		synctest.Wait()
		require.Len(t, r.all(), before, "what a reload cuts short is not recorded")
		time.Sleep(10 * time.Second)
		synctest.Wait()
		require.Len(t, r.of(kept), 1, "an unchanged job is not cut short")
		require.Empty(t, r.of(changed))
		require.Empty(t, r.of(removed))
		require.Len(t, r.of(changedTo), 1)
		require.Len(t, r.of(added), 1)
	})
}

func TestShutdownIsNotRecorded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		retried := job("retried", func(context.Context) error { return errors.New("refused") })
		retried.Retries, retried.RetryWait = 1, time.Hour
		hangs, waiting := job("hangs", hang), job("waiting", well)
		waiting.Pool = schedule.NewPool(1)
		hangs.Pool, hangs.Interval = waiting.Pool, 20*time.Millisecond // it takes the only place at once
		r, _, stop := start(t, hangs, retried, waiting)
		time.Sleep(9900 * time.Millisecond)
		for _, o := range r.all() {
			t.Errorf("%s has an outcome", o.Job.ID.Replica)
		}
		before := len(r.all())
		stop()
		require.Len(t, r.all(), before)
	})
}

func TestPanicIsUnknown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := job("a", func(context.Context) error { panic("boom") })
		j.Retries = 2
		var log strings.Builder
		r := &recorder{}
		s := schedule.New(schedule.Options{Record: r.record, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		s.Update([]*schedule.Job{j})
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		require.NoError(t, s.Run(ctx))

		require.Len(t, r.all(), 1)
		v := r.all()[0].Verdict
		require.Equal(t, probe.Verdict{Status: status.Unknown, Reason: status.Protocol, Detail: "the probe panicked: boom"}, v)
		require.Contains(t, log.String(), "id=web:api:a panic=boom stack=")
	})
}
