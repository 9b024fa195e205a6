// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"bytes"
	"fmt"
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

// TestDocumentation keeps docs/metrics.md.
func TestDocumentation(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	text.WriteString(documentationIntro)
	for _, f := range own(t, example().registry) {
		kind := strings.ToLower(f.GetType().String())
		if f.GetType() == dto.MetricType_HISTOGRAM {
			kind = "native histogram"
		}
		var labels []string
		for _, l := range f.GetMetric()[0].GetLabel() {
			labels = append(labels, "`"+l.GetName()+"`")
		}
		fmt.Fprintf(&text, "| `%s` | %s | %s | %s |\n", f.GetName(), kind, strings.Join(labels, ", "), f.GetHelp())
	}
	text.WriteString(documentationEnd)
	testkit.Golden(t, "../../docs/metrics.md", []byte(text.String()))
}

const documentationIntro = `# Metrics of the exporter

<!-- Written by the tests of the package collector: make golden. -->

The names and meanings below are a contract: rules, dashboards and the status page
rely on them, and so may yours.

| metric | type | labels | meaning |
|---|---|---|---|
`

const documentationEnd = `
Besides, there are ` + "`pharos_exporter_build_info`, and `go_*` and `process_*`" + ` as in any
program with the Go client.

* **Reasons** are from a closed list: ` + "`dns` `connect` `timeout` `tls` `status` `body` `slow` `exit` `late` `load` `queue` `permission` `protocol` `reported`" + `.
* **Labels hold nothing secret.** A replica is named by its URL without user information, query and fragment, by its
  script's name or place, or by what the report calls itself.
* **What ends.** A replica that is removed has no series from the next scrape on. An unknown one keeps its series, with every
  status 0.
* **Native histograms** travel in the protobuf format: set ` + "`scrape_native_histograms: true`" + ` in a Prometheus of your own. In
  the text format they show their count and sum alone.
* **Disk.** Values are made so that a time series database compresses them: times of probes are rounded to 12 significant bits (an error
  of at most 0.02 %), times of day to whole seconds, and both change once per probe or report, not per scrape.
`
