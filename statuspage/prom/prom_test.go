// SPDX-License-Identifier: Apache-2.0

package prom_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	commonconfig "github.com/prometheus/common/config"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/prom"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The queries, spelled out: they are what operators see in Prometheus' query log.
const (
	severities = `{__name__=~"replica:pharos_status:severity|node:pharos_status:severity|service:pharos_status:severity|pharos:status:severity"}`
	layout     = `pharos_node_info`
	gone       = `(last_over_time(pharos_node_info[1h]) unless on (job, instance) (up == 1)) ` +
		`unless max_over_time(timestamp(pharos_node_info)[1h:1m]) < on (job, instance) group_left () ` +
		`max by (job, instance) (max_over_time(timestamp(pharos_exporter_config_last_reload_successful)[1h:1m]))`
	reasons    = `count by (service, node, replica, reason) (pharos_replica_failure_reason == 1)`
	durations  = `max by (service, node, replica) (pharos_replica_probe_duration_seconds)`
	loads      = `max by (service, node, replica, resource) (pharos_replica_load_ratio)`
	lastSeen   = `max by (service, node, replica) (pharos_replica_last_seen_timestamp_seconds)`
	queues     = `sum by (service, node) (max by (service, node, queue) (pharos_node_queue_messages{state="ready"}))`
	newestRule = `max(timestamp(pharos:status:severity))`
	newestRaw  = `max(timestamp(pharos_replica_status))`
)

// start is the time at which every synctest bubble begins.
var start = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func read(t *testing.T, f *fakeAPI) (statuspage.Reading, error) {
	t.Helper()
	f.time = "946684800.001"
	s, err := prom.New(prom.Options{URL: "http://pharos.local/prometheus/", Transport: f, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	r, err := s.Current(t.Context())
	f.done(t)
	return r, err
}

func TestCurrent(t *testing.T) {
	t.Parallel()
	web := `service="web", node="api"`
	f := &fakeAPI{results: map[string]string{
		severities: samples(
			sample(`__name__="pharos:status:severity"`, "3"),
			sample(`__name__="service:pharos_status:severity", service="web"`, "3"),
			sample(`__name__="node:pharos_status:severity", `+web, "3"),
			sample(`__name__="replica:pharos_status:severity", replica="a", `+web, "3"),
			sample(`__name__="replica:pharos_status:severity", replica="b", `+web, "0"),
			sample(`__name__="replica:pharos_status:severity", replica="c", `+web, "NaN"),
			sample(`__name__="replica:pharos_status:severity", replica="a", cluster="2", `+web, "2"),
		),
		layout:     sample(`node="api", service="web", mode="poll", service_label="Web", node_label="API", service_position="0", node_position="0", reveal="false", link_url="https://x.example", link_label="More", __name__="pharos_node_info", team="shop"`, "1"),
		queues:     samples(sample(web, "12"), sample(`service="web", node="db"`, "NaN")),
		reasons:    samples(sample(`replica="a", reason="timeout", `+web, "2"), sample(`replica="a", reason="connect", `+web, "2"), sample(`replica="a", reason="dns", `+web, "1")),
		durations:  samples(sample(`replica="a", `+web, "10"), sample(`replica="b", `+web, "0.25"), sample(`replica="unheard of", `+web, "1"), sample(`replica="c", `+web, "-Inf")),
		loads:      samples(sample(`replica="b", resource="cpu", `+web, "1.5"), sample(`replica="b", resource="ram", `+web, "0.5"), sample(`replica="c", resource="ram", `+web, "NaN")),
		lastSeen:   samples(sample(`replica="a", `+web, "946684790.5"), sample(`replica="b", `+web, "0"), sample(`replica="c", `+web, "+Inf")),
		newestRule: sample("", "946684799.25"),
		newestRaw:  sample("", "946684795.125"),
	}}
	synctest.Test(t, func(t *testing.T) {
		got, err := read(t, f)
		require.NoError(t, err)
		cpu, ram := 1.5, 0.5
		node := status.NodeID{Service: "web", Node: "api"}
		want := statuspage.Reading{
			At:       start,
			Newest:   start.Add(-4875 * time.Millisecond),
			Overall:  status.Dead,
			Services: map[string]status.Status{"web": status.Dead},
			Nodes:    map[status.NodeID]status.Status{node: status.Dead},
			Replicas: map[status.ID]statuspage.ReplicaReading{
				node.Replica("a"): {Status: status.Dead, Reason: status.Connect, Latency: 10 * time.Second, LastSeen: start.Add(-9500 * time.Millisecond)},
				node.Replica("b"): {Status: status.Healthy, Latency: 250 * time.Millisecond, CPU: &cpu, RAM: &ram},
				node.Replica("c"): {Status: status.Unknown},
			},
			Queues: map[status.NodeID]float64{node: 12},
			Values: map[status.NodeID]float64{},
			Layout: statuspage.Layout{Services: []statuspage.ServiceLayout{{
				ID: "web", Label: "Web",
				Nodes: []statuspage.NodeLayout{{
					ID: "api", Label: "API", Mode: "poll", LinkURL: "https://x.example", LinkLabel: "More",
					Labels: map[string]string{"mode": "poll", "team": "shop"},
				}},
			}}},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
	require.Equal(t, []int{1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, slices.Collect(maps.Values(f.asked)), "each query once")
}

func TestCurrentWithoutData(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		got, err := read(t, &fakeAPI{})
		require.NoError(t, err)
		require.Equal(t, status.Unknown, got.Overall)
		require.Zero(t, got.Newest)
		require.Empty(t, got.Layout.Services)
	})
}

func TestNewestIsThatOfTheRulesWhileNoExporterIsUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		got, err := read(t, &fakeAPI{results: map[string]string{newestRule: sample("", "946684799")}})
		require.NoError(t, err)
		require.Equal(t, start.Add(-time.Second), got.Newest)
	})
}

func TestLayoutOfSeveralExporters(t *testing.T) {
	t.Parallel()
	info := func(service, node, at, more string) string {
		return sample(fmt.Sprintf(`service=%q, node=%q, service_position=%q, node_position=%q, %s`, service, node, at[:1], at[1:], more), "1")
	}
	from := func(instance string) map[string]string { return map[string]string{"instance": instance} }
	f := &fakeAPI{results: map[string]string{
		layout: samples(
			info("db", "main", "10", `reveal="true", node_label="second", instance="b"`),
			info("web", "late", "0x", `reveal="true", instance="b"`),
			info("db", "main", "10", `reveal="true", node_label="first", instance="a", service_label="Databases"`),
			info("web", "shown", "03", `reveal="true", instance="a"`),
			info("web", "hidden by one", "02", `reveal="true", instance="a"`),
			info("web", "hidden by one", "02", `reveal="false", instance="b"`),
		),
		gone: samples(
			info("web", "of a dead exporter", "01", `instance="c"`),
			info("db", "main", "00", `reveal="true", node_label="old", instance="c"`),
		),
	}}
	synctest.Test(t, func(t *testing.T) {
		got, err := read(t, f)
		require.NoError(t, err)
		require.Equal(t, []statuspage.ServiceLayout{
			{ID: "web", Nodes: []statuspage.NodeLayout{
				{ID: "of a dead exporter", Labels: from("c")},
				{ID: "hidden by one", Labels: from("a")},
				{ID: "shown", Reveal: true, Labels: from("a")},
				{ID: "late", Reveal: true, Labels: from("b")},
			}},
			{ID: "db", Label: "Databases", Nodes: []statuspage.NodeLayout{{ID: "main", Label: "first", Reveal: true, Labels: from("a")}}},
		}, got.Layout.Services)
	})
}

func TestOneFailedQueryFailsTheReading(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"error of the API": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusUnprocessableEntity)
			fmt.Fprint(w, `{"status":"error","errorType":"execution","error":"too many samples"}`)
		}, "too many samples"},
		"no Prometheus": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }, "502"},
		"a scalar": {func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"status":"success","data":{"resultType":"scalar","result":[1,"1"]}}`)
		}, "the answer is a scalar, want a vector"},
		"not JSON":  {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `<html>`) }, "bad_response"},
		"too large": {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.CopyN(w, zeros{}, 64<<20+1) }, "the answer is larger than 64 MiB"},
		"too many": {func(w http.ResponseWriter, _ *http.Request) {
			one := `{"metric":{},"value":[1,"1"]}`
			fmt.Fprintf(w, `{"status":"success","data":{"resultType":"vector","result":[%s%s]}}`, strings.Repeat(one+",", 199_999), one)
		}, "200000 series or more, which is too many for a page"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fakeAPI{results: map[string]string{}}
			f.answer = func(w http.ResponseWriter, r *http.Request) {
				if r.PostFormValue("query") == lastSeen {
					c.answer(w, r)
					return
				}
				fmt.Fprint(w, `{"status":"success","data":{"resultType":"vector","result":[]}}`)
			}
			synctest.Test(t, func(t *testing.T) {
				_, err := read(t, f)
				require.ErrorContains(t, err, "query "+lastSeen+": ")
				require.ErrorContains(t, err, c.want)
			})
		})
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestWarningsAreLogged(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	f := &fakeAPI{time: "946684800.001", answer: func(w http.ResponseWriter, r *http.Request) {
		warnings := ""
		if r.PostFormValue("query") == loads {
			warnings = `,"warnings":["a store did not answer"]`
		}
		fmt.Fprintf(w, `{"status":"success","data":{"resultType":"vector","result":[]}%s}`, warnings)
	}}
	synctest.Test(t, func(t *testing.T) {
		s, err := prom.New(prom.Options{URL: "http://pharos.local/prometheus", Transport: f, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		require.NoError(t, err)
		_, err = s.Current(t.Context())
		require.NoError(t, err)
	})
	require.Contains(t, log.String(), `level=WARN msg="Prometheus warns of a query"`)
	require.Contains(t, log.String(), `warning="a store did not answer"`)
}

// TestOverTheNetwork uses the HTTP client settings of the configuration.
func TestOverTheNetwork(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "page" || password != "s3cret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		fmt.Fprint(w, `{"status":"success","data":{"resultType":"vector","result":[]}}`)
	}))
	defer server.Close()
	http := commonconfig.DefaultHTTPClientConfig
	http.BasicAuth = &commonconfig.BasicAuth{Username: "page", Password: "s3cret"}
	s, err := prom.New(prom.Options{URL: server.URL, HTTP: http, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	defer s.Close()
	_, err = s.Current(t.Context())
	require.NoError(t, err)

	server.Close()
	_, err = s.Current(t.Context())
	require.ErrorContains(t, err, "connection refused")
	require.NotContains(t, err.Error(), "s3cret")
}

func TestTimeoutEndsTheReading(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, err := prom.New(prom.Options{URL: "http://a", Transport: silent{}, Timeout: time.Minute, Logger: slog.New(slog.DiscardHandler)})
		require.NoError(t, err)
		_, err = s.Current(t.Context())
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, time.Minute, time.Since(start))
	})
}

// silent never answers.
type silent struct{}

func (silent) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	logger := slog.New(slog.DiscardHandler)
	for want, o := range map[string]prom.Options{
		"prom: Options.Logger is required":                                 {URL: "http://a"},
		`address of Prometheus: "127.0.0.1" is no http or https URL`:       {URL: "127.0.0.1", Logger: logger},
		`address of Prometheus: "ftp://u:xxxxx@a" is no http or https URL`: {URL: "ftp://u:p@a", Logger: logger},
	} {
		_, err := prom.New(o)
		require.EqualError(t, err, want)
	}
}
