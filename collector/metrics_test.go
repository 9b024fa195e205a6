// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	dto "github.com/prometheus/client_model/go"
	promconfig "github.com/prometheus/common/config"
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

// example returns metrics in which each has at least one sample.
func example() *metrics { return exampleAt("") }

// exampleAt has a vantage.
func exampleAt(vantage string) *metrics {
	at := time.Unix(1_700_000_000, 123_456_789)
	load := func(v float64) *float64 { return &v }
	api, sockets, disk := status.NodeID{Service: "web", Node: "api"}, status.NodeID{Service: "web", Node: "sockets"}, status.NodeID{Service: "host", Node: "disk"}
	replicas := []state.Replica{
		{ID: disk.Replica("1"), Mode: state.Script, Status: status.Healthy, At: at, Took: 5 * time.Millisecond, Perfdata: []probe.Perfdatum{
			{Label: "/", Unit: "bytes", Value: 1e9}, {Label: "load1", Value: 0.5}, {Label: "/", Unit: "bytes", Value: 2e9},
		}, Steps: []probe.Step{{Name: "log in", Took: 250 * time.Millisecond}, {Name: "log in", Took: time.Second}}},
		{ID: api.Replica("icmp://c"), Mode: state.Poll, Status: status.Unknown, Reason: status.Permission, At: at, Took: time.Millisecond},
		{ID: api.Replica("tcp://a:80"), Mode: state.Poll, Status: status.Healthy, At: at, Took: 1234567 * time.Nanosecond, NotAfter: at.Add(time.Hour)},
		{ID: api.Replica("tcp://b:80"), Mode: state.Poll, Status: status.Dead, Reason: status.Timeout, Detail: "s3cret", At: at, Took: 10 * time.Second},
		{ID: api.Replica("tcp://new:80"), Mode: state.Poll},
		{ID: sockets.Replica(`10.0.0.1 "a\b"`), Mode: state.Push, Status: status.Sick, Reason: status.Load, At: at, CPU: load(1.5), RAM: load(0.25)},
	}
	queues := []state.NodeQueue{{Node: sockets, Name: "client", Queue: state.Queue{Ready: 12, Unacknowledged: 3, At: at}}}
	configuration := &config.Config{Vantage: vantage, Services: []config.Service{
		{ID: "web", Label: "Web nodes", Nodes: []config.Node{
			{ID: "api", Label: "API", Mode: config.ModePoll, MinHealthy: 2, Reveal: true, Link: config.Link{URL: "https://x.example", Label: "More"}},
			{ID: "sockets", Label: "sockets", Mode: config.ModePush, Queue: &config.Queue{Name: "client", ReadyDeadAbove: 20000, NackDeadAbove: 5000}},
		}},
		{ID: "host", Label: "host", Position: 1, Nodes: []config.Node{
			{ID: "disk", Label: "disk", Mode: config.ModePoll, Replicas: []config.Replica{{URL: &url.URL{Scheme: "https"}, TLS: &config.TLS{Config: promconfig.TLSConfig{InsecureSkipVerify: true}}}}},
		}},
	}}
	source := func(_ time.Time, each func(*state.Replica)) ([]state.NodeQueue, *config.Config) {
		for _, r := range replicas {
			each(&r)
		}
		return queues, configuration
	}
	m := newMetrics(source, prometheus.NewPedanticRegistry(), slog.New(slog.DiscardHandler))
	probed := func(replica string, took time.Duration, err error) {
		r := probe.Result{Took: took, Err: err}
		m.probed(config.ModePoll, schedule.Outcome{
			Job: &schedule.Job{ID: api.Replica(replica)}, Verdict: probe.Limits{SickAfter: 250 * time.Millisecond}.Judge(r), Result: r, Lag: 250 * time.Microsecond,
		})
	}
	for _, took := range []time.Duration{100 * time.Millisecond, 200 * time.Millisecond, 300 * time.Millisecond} {
		probed("tcp://a:80", took, nil)
	}
	probed("tcp://a:80", time.Millisecond, errors.New("refused")) // quick, but no answer
	probed("tcp://b:80", 10*time.Second, context.DeadlineExceeded)
	m.reported(http.StatusOK)
	m.reload.successful.Set(1)
	m.reload.time.Set(1_700_000_000)
	return m
}

// own returns the metrics of the project, in order, without the build information,
// which differs between builds.
func own(t *testing.T, g prometheus.Gatherer) []*dto.MetricFamily {
	t.Helper()
	all, err := prometheus.Gatherers{g}.Gather() // which checks that no series comes twice
	require.NoError(t, err)
	return slices.DeleteFunc(all, func(f *dto.MetricFamily) bool {
		return !strings.HasPrefix(f.GetName(), "pharos_") || strings.HasSuffix(f.GetName(), "_build_info")
	})
}

func TestExposition(t *testing.T) {
	t.Parallel()
	var text bytes.Buffer
	for _, f := range own(t, example().handler) {
		_, err := expfmt.MetricFamilyToText(&text, f)
		require.NoError(t, err)
	}
	require.NotContains(t, text.String(), "s3cret")
	testkit.Golden(t, "exposition.prom", text.Bytes())
}

func TestLint(t *testing.T) {
	t.Parallel()
	problems, err := testutil.GatherAndLint(example().handler)
	require.NoError(t, err)
	require.Empty(t, problems)
}

func TestLatencyIsANativeHistogram(t *testing.T) {
	t.Parallel()
	for _, f := range own(t, example().handler) {
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

func TestVantageIsOnEverySeries(t *testing.T) {
	t.Parallel()
	m := exampleAt("zurich")
	all, err := m.handler.Gather()
	require.NoError(t, err)
	require.Greater(t, len(all), 30, "those of the process included")
	for _, f := range all {
		for _, metric := range f.GetMetric() {
			require.True(t, slices.ContainsFunc(metric.GetLabel(), func(l *dto.LabelPair) bool {
				return l.GetName() == schema.Vantage && l.GetValue() == "zurich"
			}), "%s %v", f.GetName(), metric)
		}
	}
	for _, accept := range []string{"text/plain", "application/openmetrics-text;version=1.0.0"} {
		_, text := ask(t, m.handler, http.MethodGet, "/metrics", "", "Accept", accept)
		for line := range strings.Lines(text) {
			if !strings.HasPrefix(line, "#") {
				require.Contains(t, line, `vantage="zurich"`)
			}
		}
	}
}

// TestScrapesFollowTheState compares what is kept compressed with what is made
// anew, while what is known changes, by time alone too.
func TestScrapesFollowTheState(t *testing.T) {
	t.Parallel()
	e := newExporter(t, watched)
	var before string
	changed := func(why, contains string) {
		t.Helper()
		resp, packed := ask(t, e.Metrics(), http.MethodGet, "/metrics?name[]="+strings.Join(stateMetrics, "&name[]="), "", "Accept-Encoding", "gzip")
		require.Equal(t, "gzip", resp.Header.Get("Content-Encoding"))
		z, err := gzip.NewReader(strings.NewReader(packed))
		require.NoError(t, err)
		text, err := io.ReadAll(z)
		require.NoError(t, err)
		_, anew := ask(t, e.Metrics(), http.MethodGet, "/metrics?name[]="+strings.Join(stateMetrics, "&name[]="), "")
		require.Equal(t, anew, string(text), why)
		require.NotEqual(t, before, anew, why)
		require.Contains(t, anew, contains, why)
		before = anew
	}
	const replica = `node="api",replica="tcp://127.0.0.1:1",service="web"`
	changed("at first", `pharos_replica_status{`+replica+`,status="healthy"} 0`)
	e.outcome(idTCP, nil, time.Second)
	changed("a probe", `pharos_replica_status{`+replica+`,status="healthy"} 1`)
	e.outcome(idTCP, nil, 2*time.Second)
	changed("another time", `pharos_replica_probe_duration_seconds{`+replica+`} 2`)
	e.outcome(idTCP, errors.New("refused"), 2*time.Second)
	changed("another status", `pharos_replica_failure_reason{node="api",reason="connect",replica="tcp://127.0.0.1:1",service="web"} 1`)
	write(t, e.o.ConfigFile, strings.Replace(watched, "label: API", "label: Other", 1))
	require.NoError(t, e.Reload())
	changed("a reload", `node_label="Other"`)
	write(t, e.o.ConfigFile, "vantage: zurich\n"+watched)
	require.NoError(t, e.Reload())
	changed("a vantage", `service="web",status="dead",vantage="zurich"} 1`)
	write(t, e.o.ConfigFile, "")
	require.NoError(t, e.Reload())
	changed("nothing is left", "")
}

// stateMetrics are those that are made of the state.
var stateMetrics = []string{
	schema.ReplicaStatus, schema.ReplicaFailureReason, schema.ReplicaProbeDuration, schema.ReplicaLatency, schema.NodeInfo, schema.NodeMinHealthy,
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
	e := newExporter(t, `
relay: {url: "http://127.0.0.1:1", token: s3cret}
rabbitmq: {api_url: "http://127.0.0.1:1"}
http_sd_configs: [{url: "http://127.0.0.1:1"}]
services: [{id: web, nodes: [{id: jobs, mode: push, rabbitmq_queue: {name: jobs}}]}]
`)
	run(t, e)
	families := own(t, example().handler)
	require.Eventually(t, func() bool { // each part has something to say of itself
		known := map[string]bool{}
		for _, f := range families {
			known[f.GetName()] = true
		}
		for _, f := range own(t, e.Gatherer()) {
			if !known[f.GetName()] {
				families = append(families, f)
			}
		}
		return slices.ContainsFunc(families, func(f *dto.MetricFamily) bool { return f.GetName() == schema.ExporterQueueReadings })
	}, 10*time.Second, 10*time.Millisecond)
	slices.SortFunc(families, func(a, b *dto.MetricFamily) int { return strings.Compare(a.GetName(), b.GetName()) })
	testkit.DocumentMetrics(t, "exporter", families)
}
