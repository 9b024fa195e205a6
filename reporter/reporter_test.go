// SPDX-License-Identifier: Apache-2.0

package reporter_test

import (
	"context"
	"encoding/json"
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
			Service: "web", Node: "sockets", Replica: "a",
			Health: reporter.Unknown, Checks: map[string]reporter.CheckState{"disk": {Health: reporter.Sick, Reason: "disk: sick"}},
			Endpoints: []reporter.EndpointState{{URL: "http://one"}},
		}, r.State())
		time.Sleep(time.Second)
		synctest.Wait()
		want := reporter.State{
			Service: "web", Node: "sockets", Replica: "a", Health: reporter.Sick, Reason: "disk: sick",
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
