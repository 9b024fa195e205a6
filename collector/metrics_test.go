// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"bytes"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/config"
	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/collector/schedule"
	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/internal/testkit"
)

// A fixed source shows the same at any time.
type fixed struct {
	replicas []state.Replica
	config   *config.Config
}

func (f fixed) snapshot(time.Time) ([]state.Replica, *config.Config) { return f.replicas, f.config }

// example returns metrics in which each has at least one sample.
func example() *metrics {
	at := time.Unix(1_700_000_000, 123_456_789)
	load := func(v float64) *float64 { return &v }
	api, sockets := status.NodeID{Service: "web", Node: "api"}, status.NodeID{Service: "web", Node: "sockets"}
	m := newMetrics(fixed{
		[]state.Replica{
			{ID: api.Replica("tcp://a:80"), Mode: state.Poll, Status: status.Healthy, At: at, Took: 1234567 * time.Nanosecond},
			{ID: api.Replica("tcp://b:80"), Mode: state.Poll, Status: status.Dead, Reason: status.Timeout, Detail: "s3cret", At: at, Took: 10 * time.Second},
			{ID: api.Replica("tcp://new:80"), Mode: state.Poll},
			{ID: api.Replica("icmp://c"), Mode: state.Poll, Status: status.Unknown, Reason: status.Permission, At: at, Took: time.Millisecond},
			{ID: sockets.Replica(`10.0.0.1 "a\b"`), Mode: state.Push, Status: status.Sick, Reason: status.Load, At: at, CPU: load(1.5), RAM: load(0.25)},
		},
		&config.Config{Services: []config.Service{{ID: "web", Label: "Web nodes", Nodes: []config.Node{
			{ID: "api", Label: "API", Mode: config.ModePoll, MinHealthy: 2, Reveal: true, Link: config.Link{URL: "https://x.example", Label: "More"}},
			{ID: "sockets", Label: "sockets", Mode: config.ModePush},
		}}}},
	}, prometheus.NewPedanticRegistry())
	for took := range 3 {
		r := probe.Result{Took: time.Duration(1+took) * 100 * time.Millisecond}
		m.probed(config.ModePoll, schedule.Outcome{
			Job:     &schedule.Job{ID: api.Replica("tcp://a:80")},
			Verdict: probe.Limits{}.Judge(r), Result: r, Lag: 250 * time.Microsecond,
		})
	}
	m.reported(http.StatusOK)
	m.reload.successful.Set(1)
	m.reload.time.Set(1_700_000_000)
	return m
}

// own returns the metrics of the project, in order, without the build information,
// which differs between builds.
func own(t *testing.T, g prometheus.Gatherer) []*dto.MetricFamily {
	t.Helper()
	all, err := g.Gather()
	require.NoError(t, err)
	return slices.DeleteFunc(all, func(f *dto.MetricFamily) bool {
		return !strings.HasPrefix(f.GetName(), "pharos_") || strings.HasSuffix(f.GetName(), "_build_info")
	})
}

func TestExposition(t *testing.T) {
	t.Parallel()
	var text bytes.Buffer
	for _, f := range own(t, example().registry) {
		_, err := expfmt.MetricFamilyToText(&text, f)
		require.NoError(t, err)
	}
	require.NotContains(t, text.String(), "s3cret")
	testkit.Golden(t, "exposition.prom", text.Bytes())
}

func TestLint(t *testing.T) {
	t.Parallel()
	problems, err := testutil.GatherAndLint(example().registry)
	require.NoError(t, err)
	require.Empty(t, problems)
}

func TestLatencyIsANativeHistogram(t *testing.T) {
	t.Parallel()
	for _, f := range own(t, example().registry) {
		if f.GetName() != schema.ReplicaLatency {
			continue
		}
		h := f.GetMetric()[0].GetHistogram()
		require.EqualValues(t, 3, h.GetSampleCount())
		require.NotEmpty(t, h.GetPositiveSpan())
		require.Empty(t, h.GetBucket())
		return
	}
	t.Fatal("no latency")
}

func TestRoundBits(t *testing.T) {
	t.Parallel()
	for _, v := range []float64{0, 1, 0.5, 10, 0.25} {
		require.Equal(t, v, roundBits(v), "round numbers stay")
	}
	for v := 1e-7; v < 1e4; v *= 1.37 {
		got := roundBits(v)
		require.InEpsilon(t, v, got, 1.0/4096)
		require.Zero(t, math.Float64bits(got)<<23, "all but 11 bits of the mantissa are 0")
	}
}

func TestDocumentation(t *testing.T) {
	t.Parallel()
	testkit.DocumentMetrics(t, "exporter", own(t, example().registry))
}
