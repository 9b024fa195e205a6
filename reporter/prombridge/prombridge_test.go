// SPDX-License-Identifier: Apache-2.0

package prombridge_test

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pharos-status/pharos/reporter"
	"github.com/pharos-status/pharos/reporter/prombridge"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// transport answers with a status.
type transport int

func (code transport) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: int(code), Header: http.Header{}, Body: http.NoBody}, nil
}

func start(t *testing.T, code int, o reporter.Options) *reporter.Reporter {
	t.Helper()
	o.URL, o.Token, o.Service, o.Node, o.Replica = "http://one", "secret", "web", "sockets", cmp.Or(o.Replica, "a")
	o.Transport, o.KeepLast, o.Logger = transport(code), true, slog.New(slog.DiscardHandler)
	r, err := reporter.Start(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.Stop(context.WithoutCancel(t.Context()))) })
	synctest.Wait()
	return r
}

func TestCollector(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := start(t, 200, reporter.Options{
			Load: func(context.Context) (reporter.Load, error) { return reporter.Load{CPU: 1.5, RAM: 0.25}, nil },
			Checks: map[string]reporter.Check{
				"disk": func(context.Context) error { return reporter.ErrSick },
				"db":   func(context.Context) error { return nil },
			},
		})
		want := `
# HELP pharos_client_check_health 1 on the status that a check has found.
# TYPE pharos_client_check_health gauge
pharos_client_check_health{check="db",node="sockets",replica="a",service="web",status="dead"} 0
pharos_client_check_health{check="db",node="sockets",replica="a",service="web",status="healthy"} 1
pharos_client_check_health{check="db",node="sockets",replica="a",service="web",status="sick"} 0
pharos_client_check_health{check="disk",node="sockets",replica="a",service="web",status="dead"} 0
pharos_client_check_health{check="disk",node="sockets",replica="a",service="web",status="healthy"} 0
pharos_client_check_health{check="disk",node="sockets",replica="a",service="web",status="sick"} 1
# HELP pharos_client_health 1 on the status of the replica.
# TYPE pharos_client_health gauge
pharos_client_health{node="sockets",replica="a",service="web",status="dead"} 0
pharos_client_health{node="sockets",replica="a",service="web",status="healthy"} 0
pharos_client_health{node="sockets",replica="a",service="web",status="sick"} 1
# HELP pharos_client_last_report_timestamp_seconds When the server took a report last, in seconds since 1970.
# TYPE pharos_client_last_report_timestamp_seconds gauge
pharos_client_last_report_timestamp_seconds{endpoint="http://one",node="sockets",replica="a",service="web"} 9.466848e+08
# HELP pharos_client_load_ratio The load that was measured last.
# TYPE pharos_client_load_ratio gauge
pharos_client_load_ratio{node="sockets",replica="a",resource="cpu",service="web"} 1.5
pharos_client_load_ratio{node="sockets",replica="a",resource="ram",service="web"} 0.25
# HELP pharos_client_report_failures_total Attempts to report that have failed.
# TYPE pharos_client_report_failures_total counter
pharos_client_report_failures_total{endpoint="http://one",node="sockets",replica="a",service="web"} 0
# HELP pharos_client_reports_total Reports that the server has taken.
# TYPE pharos_client_reports_total counter
pharos_client_reports_total{endpoint="http://one",node="sockets",replica="a",service="web"} 1
`
		c := prombridge.NewCollector(r)
		require.NoError(t, testutil.CollectAndCompare(c, strings.NewReader(want)))
		problems, err := testutil.CollectAndLint(c)
		require.NoError(t, err)
		require.Empty(t, problems)
	})
}

func TestCollectorOfWhatIsRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := start(t, 404, reporter.Options{Mode: reporter.Local})
		require.NoError(t, testutil.CollectAndCompare(prombridge.NewCollector(r), strings.NewReader(`
# HELP pharos_client_report_failures_total Attempts to report that have failed.
# TYPE pharos_client_report_failures_total counter
pharos_client_report_failures_total{endpoint="http://one",node="sockets",replica="a",service="web"} 1
`), "pharos_client_report_failures_total", "pharos_client_last_report_timestamp_seconds", "pharos_client_load_ratio"))
	})
}

// An application may have several reporters, or none because Start has failed.
func TestCollectorsTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		registry := prometheus.NewPedanticRegistry()
		for _, replica := range []string{"a", "b"} {
			r := start(t, 200, reporter.Options{Mode: reporter.Local, Replica: replica})
			require.NoError(t, registry.Register(prombridge.NewCollector(r)))
			require.NoError(t, registry.Register(prombridge.NewCollector(nil)))
		}
		require.NoError(t, testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP pharos_client_reports_total Reports that the server has taken.
# TYPE pharos_client_reports_total counter
pharos_client_reports_total{endpoint="http://one",node="sockets",replica="a",service="web"} 1
pharos_client_reports_total{endpoint="http://one",node="sockets",replica="b",service="web"} 1
`), "pharos_client_reports_total"))
	})
}

func TestLoad(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		registry := prometheus.NewPedanticRegistry()
		cpu := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "cpu_seconds_total", Help: "CPU time."}, []string{"mode", "of"})
		ram := prometheus.NewGauge(prometheus.GaugeOpts{Name: "ram_bytes", Help: "Memory in use."})
		registry.MustRegister(cpu, ram)
		cpu.WithLabelValues("user", "a").Add(100)
		cpu.WithLabelValues("user", "b").Add(100)
		cpu.WithLabelValues("idle", "a").Add(100)
		ram.Set(300)
		meter := prombridge.FromGatherer(registry).Load(
			prombridge.Share{Metric: prombridge.Metric{Name: "cpu_seconds_total", Labels: map[string]string{"mode": "user"}}, Of: 2},
			prombridge.Share{Metric: prombridge.Metric{Name: "ram_bytes"}, Of: 400},
		)
		load, err := meter(t.Context())
		require.NoError(t, err)
		require.Equal(t, reporter.Load{CPU: 0, RAM: 0.75}, load)
		time.Sleep(30 * time.Second)
		cpu.WithLabelValues("user", "a").Add(20)
		cpu.WithLabelValues("user", "b").Add(10)
		cpu.WithLabelValues("idle", "b").Add(999)
		for range 2 { // the second is of the same gathering
			load, err = meter(t.Context())
			require.NoError(t, err)
			require.InDelta(t, 30.0/30/2, load.CPU, 1e-9)
		}
		time.Sleep(time.Second)
		cpu.Reset()
		cpu.WithLabelValues("user", "a").Add(1)
		load, err = meter(t.Context())
		require.NoError(t, err)
		require.Zero(t, load.CPU, "a counter that began anew")
	})
}

func TestCheck(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewPedanticRegistry()
	queue := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "queue_messages", Help: "Messages that wait."}, []string{"queue"})
	registry.MustRegister(queue, prometheus.NewHistogram(prometheus.HistogramOpts{Name: "latency_seconds", Help: "Latency."}))
	queue.WithLabelValues("mail").Set(50)
	queue.WithLabelValues("sms").Set(51)
	quantile := prometheus.NewGauge(prometheus.GaugeOpts{Name: "quantile_seconds", Help: "Of nothing."})
	registry.MustRegister(quantile)
	quantile.Set(math.NaN())
	all := prombridge.Metric{Name: "queue_messages"}
	for name, tc := range map[string]struct {
		metric prombridge.Metric
		judge  func(float64) error
		want   string
		sick   bool
	}{
		"healthy":    {all, prombridge.Above(101, math.Inf(1)), "", false},
		"sick":       {all, prombridge.Above(100, 200), "sick: 101 is above 100", true},
		"dead":       {all, prombridge.Above(10, 100), "101 is above 100", false},
		"own":        {all, func(float64) error { return errors.New("too few") }, "too few", false},
		"one series": {prombridge.Metric{Name: "queue_messages", Labels: map[string]string{"queue": "mail"}}, prombridge.Above(50, 50), "", false},
		"no series": {
			prombridge.Metric{Name: "queue_messages", Labels: map[string]string{"queue": "fax"}},
			prombridge.Above(0, 0),
			"sick: metric queue_messages has no series with the labels map[queue:fax]", true,
		},
		"no label":  {prombridge.Metric{Name: "queue_messages", Labels: map[string]string{"x": ""}}, prombridge.Above(0, 0), "sick: metric queue_messages has no series with the labels map[x:]", true},
		"no number": {prombridge.Metric{Name: "quantile_seconds"}, prombridge.Above(1, 2), "sick: its value is not a number", true},
		"no metric": {prombridge.Metric{Name: "queue"}, prombridge.Above(0, 0), "sick: there is no metric queue", true},
		"histogram": {prombridge.Metric{Name: "latency_seconds"}, prombridge.Above(0, 0), "sick: metric latency_seconds is a HISTOGRAM, want a counter or a gauge", true},
	} {
		err := prombridge.FromGatherer(registry).Check(tc.metric, tc.judge)(t.Context())
		if tc.want == "" {
			require.NoError(t, err, name)
			continue
		}
		require.EqualError(t, err, tc.want, name)
		require.Equal(t, tc.sick, errors.Is(err, reporter.ErrSick), name)
	}
}

func TestLoadMayBeShared(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewPedanticRegistry()
	cpu := prometheus.NewCounter(prometheus.CounterOpts{Name: "cpu_seconds_total", Help: "CPU time."})
	registry.MustRegister(cpu)
	one := prombridge.Share{Metric: prombridge.Metric{Name: "cpu_seconds_total"}, Of: 1}
	meter := prombridge.FromGatherer(registry).Load(one, one)
	var sharing sync.WaitGroup
	for range 8 {
		sharing.Go(func() {
			if _, err := meter(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	sharing.Wait()
}

func TestLoadOfNothing(t *testing.T) {
	t.Parallel()
	source := prombridge.FromGatherer(prometheus.GathererFunc(nil))
	_, err := source.Load(prombridge.Share{Metric: prombridge.Metric{Name: "a"}}, prombridge.Share{})(t.Context())
	require.EqualError(t, err, "the share of metric a is of 0, want more than 0")
}
