// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAnEventReachesThePagerAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, 5, func(o *Options) { o.ScrapeInterval = time.Hour }) // no tick and no scrape helps
	r.start()

	r.exporter.set(1, false)
	r.page("firing ReplicaDead replica-0001")
	r.exporter.set(1, true)
	r.page("resolved ReplicaDead replica-0001")
}

func TestTheFirstBatchIsThereBeforeAnyScrape(t *testing.T) {
	t.Parallel()
	r := newRig(t, 3, func(o *Options) { o.ScrapeInterval = time.Hour })
	r.start()

	require.Len(t, r.query(`replica:pharos_status:severity == 0`), 3)
	require.Equal(t, map[string]string{"map[__name__:up instance:" + instance + " job:pharos_exporter]": "1"}, r.query(`up`))
	require.Empty(t, r.query(`{empty!=""}`))
}

func TestEventsAndScrapesWriteTheSameSeries(t *testing.T) {
	t.Parallel()
	r := newRig(t, 3)
	r.start()
	r.eventually(func() bool { return len(r.query(`histogram_count(pharos_replica_latency_seconds) == 1`)) == 3 }, "no scrape with native histograms")

	require.Len(t, r.query(`pharos_replica_status`), 9)
	require.Len(t, r.query(`pharos_replica_status == 1`), 3)
	require.Empty(t, r.query(`scrape_samples_scraped{job="pharos"}`), "there is no own job")
}

func TestARemovedReplicaEndsAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, 3, func(o *Options) { o.ScrapeInterval = time.Hour })
	r.exporter.set(2, false)
	r.start()
	r.page("firing ReplicaDead replica-0002")

	r.exporter.remove(2)

	r.page("resolved ReplicaDead replica-0002")
	require.Len(t, r.query(`pharos_replica_status`), 6)
	require.Len(t, r.query(`replica:pharos_status:severity`), 2)
}

func TestOwnMetricsAreKeptByAList(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1, func(o *Options) {
		o.Own = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("pharos_statuspage_x 1\ngo_goroutines 7\ngo_gc_duration_seconds 1\nalertmanager_alerts{state=\"active\"} 2\n"))
		})
	})
	r.start()
	r.eventually(func() bool { return len(r.query(`go_goroutines{job="pharos"}`)) == 1 }, "own metrics not scraped")

	require.Len(t, r.query(`{job="pharos", __name__=~"pharos.*|alertmanager.*"}`), 2)
	require.Empty(t, r.query(`go_gc_duration_seconds`))
}

func TestAPIs(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1)
	r.start()

	for path, want := range map[string]string{
		"/prometheus/-/healthy":                       "Prometheus Server is Healthy.",
		"/prometheus/-/ready":                         "Prometheus Server is Ready.",
		"/prometheus/api/v1/status/buildinfo":         `"version":"`,
		"/prometheus/api/v1/rules":                    `"name":"ReplicaDead"`,
		"/prometheus/api/v1/targets":                  `"health":"up"`,
		"/prometheus/api/v1/alertmanagers":            alertmanagerHost,
		"/prometheus/api/v1/status/config":            "job_name: pharos_exporter",
		"/prometheus/api/v1/status/runtimeinfo":       `"storageRetention":"400d"`,
		"/prometheus/api/v1/status/tsdb":              `"numSeries"`,
		"/prometheus/api/v1/label/__name__/values":    "replica:pharos_status:severity",
		"/alertmanager/-/ready":                       "OK",
		"/alertmanager/api/v2/status":                 `"version":"unknown"`,
		"/alertmanager/api/v2/alerts":                 "[]",
		"/alertmanager/api/v2/receivers":              `"hook"`,
		"/prometheus/api/v1/query?query=vector(42)":   `"42"`,
		"/prometheus/api/v1/query_exemplars?query=up": `"status"`,
	} {
		r.eventually(func() bool {
			code, body := r.call(http.MethodGet, path, "")
			return code < 300 && strings.Contains(body, want) || code == http.StatusBadRequest && strings.Contains(path, "exemplars")
		}, path)
	}
	code, body := r.call(http.MethodPost, "/prometheus/api/v1/admin/tsdb/delete_series?match[]=up", "")
	require.NotEqual(t, http.StatusNoContent, code, body)
	code, _ = r.call(http.MethodPost, "/prometheus/api/v1/write", "x")
	require.Equal(t, http.StatusNotFound, code)
	code, _ = r.call(http.MethodGet, "/prometheus/graph?g0.expr=up%3D%3D0", "")
	require.Equal(t, http.StatusFound, code)
}

func TestBeforeRunRequestsAreHeldOff(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1)
	e, err := New(r.o)
	require.NoError(t, err)
	r.Engine = e
	code, body := r.call(http.MethodGet, "/prometheus/api/v1/rules", "")
	require.Equal(t, http.StatusServiceUnavailable, code)
	require.Equal(t, "The engine is starting.\n", body)
	require.NoError(t, e.Reload())
	require.NoError(t, e.Close())
}

func TestTwoEnginesInOneProcess(t *testing.T) {
	t.Parallel()
	for range 2 {
		t.Run("engine", func(t *testing.T) {
			t.Parallel()
			r := newRig(t, 2)
			r.start()
			r.exporter.set(0, false)
			r.page("firing ReplicaDead replica-0000")
		})
	}
}
