// SPDX-License-Identifier: Apache-2.0

package reporter_test

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/reporter"
)

func TestReportsOnTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		start(t, s.options())
		synctest.Wait()
		first := s.last(t)
		require.Zero(t, first.after)
		require.Equal(t, "one POST /reporter/web/sockets/", first.what)
		require.Equal(t, "a", first.report.Replica)
		require.Equal(t, 36, first.report.Interval)
		require.Equal(t, "healthy", first.report.Health)
		require.Nil(t, first.report.Load)

		time.Sleep(time.Hour)
		synctest.Wait()
		calls := s.calls()
		require.InDelta(t, 120, len(calls), 12)
		gaps := map[time.Duration]bool{}
		for before := first.after; len(calls) > 0; calls = calls[1:] {
			gap := calls[0].after - before
			require.GreaterOrEqual(t, gap, 27*time.Second)
			require.LessOrEqual(t, gap, 33*time.Second)
			gaps[gap] = true
			before = calls[0].after
		}
		require.Greater(t, len(gaps), 100, "jitter")
	})
}

func TestModePush(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		o := s.options()
		o.Mode, o.Replica = "", ""
		o.Load = func(context.Context) (reporter.Load, error) { return reporter.Load{CPU: 1.5, RAM: 0.5}, nil }
		r := start(t, o)
		synctest.Wait()
		host, err := os.Hostname()
		require.NoError(t, err)
		got := s.last(t).report
		require.Equal(t, host, got.Replica)
		require.Equal(t, &reporter.Load{CPU: 1.5, RAM: 0.5}, got.Load)
		require.Empty(t, got.Health, "without checks there is nothing to say")
		require.Equal(t, &reporter.Load{CPU: 1.5, RAM: 0.5}, r.State().Load)
	})
}

func TestStopFlushes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		o := s.options()
		o.Replica = "tcp://h"
		r := start(t, o)
		synctest.Wait()
		s.calls()
		require.NoError(t, r.Stop(t.Context()))
		require.Equal(t, "one DELETE /reporter/web/sockets/tcp:%2F%2Fh/", s.last(t).what)
		require.NoError(t, r.Stop(t.Context()), "again")
		r.ReportNow()
		time.Sleep(time.Hour)
		require.Empty(t, s.calls())
	})
}

func TestStopKeepsTheLast(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		o := s.options()
		o.KeepLast = true
		r := start(t, o)
		synctest.Wait()
		s.calls()
		require.NoError(t, r.Stop(t.Context()))
		require.Empty(t, s.calls())
	})
}

func TestEndOfContextStops(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		ctx, cancel := context.WithCancel(t.Context())
		r, err := reporter.Start(ctx, s.options())
		require.NoError(t, err)
		synctest.Wait()
		s.calls()
		cancel()
		synctest.Wait()
		require.Equal(t, "one DELETE /reporter/web/sockets/a/", s.last(t).what)
		require.NoError(t, r.Stop(t.Context()))
	})
}

// A server that does not answer holds up no end.
func TestStopIsBounded(t *testing.T) {
	t.Parallel()
	for name, stop := range map[string]func(t *testing.T, r *reporter.Reporter, end context.CancelFunc) (bound time.Duration){
		"by its context": func(t *testing.T, r *reporter.Reporter, _ context.CancelFunc) time.Duration {
			t.Helper()
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			require.EqualError(t, r.Stop(ctx), "stopping the reporter: context deadline exceeded")
			return 2 * time.Second
		},
		"by itself, when the context of Start ends": func(t *testing.T, r *reporter.Reporter, end context.CancelFunc) time.Duration {
			t.Helper()
			end()
			require.ErrorIs(t, r.Stop(t.Context()), context.Canceled)
			return 5 * time.Second
		},
		"by the time limit of requests": func(t *testing.T, r *reporter.Reporter, _ context.CancelFunc) time.Duration {
			t.Helper()
			require.ErrorIs(t, r.Stop(t.Context()), context.DeadlineExceeded)
			return 20 * time.Second
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newServer()
				s.answer = func(r *http.Request) *http.Response {
					<-r.Context().Done()
					return nil
				}
				ctx, end := context.WithCancel(t.Context())
				defer end()
				r, err := reporter.Start(ctx, s.options())
				require.NoError(t, err)
				synctest.Wait()
				began := time.Now()
				bound := stop(t, r, end)
				require.LessOrEqual(t, time.Since(began), bound)
				synctest.Wait()
			})
		})
	}
}

// A report under way reaches the server before the flush, or the replica would be
// back after it.
func TestStopLetsAReportEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.answer = func(r *http.Request) *http.Response {
			time.Sleep(3 * time.Second)
			require.NoError(t, r.Context().Err())
			return nil
		}
		r := start(t, s.options())
		synctest.Wait()
		began := time.Now()
		require.NoError(t, r.Stop(t.Context()))
		require.Equal(t, 6*time.Second, time.Since(began))
		calls := s.calls()
		require.Len(t, calls, 2)
		require.Equal(t, 3*time.Second, calls[1].after)
		require.EqualValues(t, 1, r.State().Endpoints[0].Reports)
	})
}

func TestFlushThatFails(t *testing.T) {
	t.Parallel()
	for code, want := range map[int]string{
		404: "", // it has forgotten the replica by itself
		503: `flushing replica "a" at http://one: the server answered 503 Service Unavailable: told`,
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newServer()
			s.answer = func(r *http.Request) *http.Response {
				if r.Method == http.MethodPost {
					return nil
				}
				return answer(code)
			}
			r, err := reporter.Start(t.Context(), s.options())
			require.NoError(t, err)
			synctest.Wait()
			if err = r.Stop(t.Context()); want == "" {
				require.NoError(t, err)
			} else {
				require.EqualError(t, err, want)
			}
		})
	}
}

func TestReportNow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		r := start(t, s.options())
		synctest.Wait()
		s.calls()
		for range 1000 {
			r.ReportNow()
		}
		synctest.Wait()
		require.Empty(t, s.calls(), "a report has just been sent")
		time.Sleep(time.Second)
		synctest.Wait()
		require.Len(t, s.calls(), 1)

		time.Sleep(10 * time.Second)
		r.ReportNow()
		synctest.Wait()
		require.Len(t, s.calls(), 1, "at once")
		time.Sleep(26 * time.Second)
		synctest.Wait()
		require.Empty(t, s.calls(), "the interval begins anew")
		time.Sleep(7 * time.Second)
		synctest.Wait()
		require.Len(t, s.calls(), 1)
	})
}

func TestState(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		o := s.options()
		o.Checks = map[string]reporter.Check{
			"slow": func(context.Context) error { time.Sleep(time.Second); return nil },
			"disk": func(context.Context) error { return reporter.ErrSick },
		}
		began := time.Now()
		r := start(t, o)
		synctest.Wait()
		require.Equal(t, reporter.State{
			Health: reporter.Unknown, Checks: map[string]reporter.CheckState{"disk": {Health: reporter.Sick, Reason: "disk: sick"}},
			Endpoints: []reporter.EndpointState{{URL: "http://one"}},
		}, r.State())
		time.Sleep(time.Second)
		synctest.Wait()
		want := reporter.State{
			Health: reporter.Sick, Reason: "disk: sick",
			Checks:    map[string]reporter.CheckState{"disk": {Health: reporter.Sick, Reason: "disk: sick"}, "slow": {Health: reporter.Healthy}},
			Endpoints: []reporter.EndpointState{{URL: "http://one", LastReport: began.Add(time.Second), Reports: 1}},
		}
		require.Equal(t, want, r.State())
		text, err := json.Marshal(want)
		require.NoError(t, err)
		require.JSONEq(t, string(text), r.String())
		require.NotContains(t, r.String(), "secret")
	})
}

func TestNilReporter(t *testing.T) {
	t.Parallel()
	var r *reporter.Reporter
	r.ReportNow()
	require.Equal(t, reporter.State{Health: reporter.Unknown}, r.State())
	require.NoError(t, r.Stop(t.Context()))
}
