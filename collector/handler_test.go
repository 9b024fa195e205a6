// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/app"
)

// ask sends a request to h and returns the answer with its body.
func ask(t *testing.T, h http.Handler, method, path, body string, header ...string) (*http.Response, string) {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	app.CollapseSlashes(h).ServeHTTP(w, req)
	resp := w.Result()
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp, string(text)
}

func TestHandler(t *testing.T) {
	t.Parallel()
	e := newExporter(t, watched)
	e.outcome(idTCP, errors.New("<refused>"), time.Second)
	h := e.Handler()
	tests := []struct {
		method, path string
		code         int
		contains     string
	}{
		{"GET", "/", 200, "Pharos exporter"},
		{"GET", "/", 200, "&lt;refused&gt;"},
		{"GET", "/metrics", 200, "pharos_replica_status{"},
		{"GET", "/config", 200, "services:"},
		{"GET", "/-/healthy", 200, "healthy"},
		{"HEAD", "/-/healthy", 200, ""},
		{"GET", "/-/ready", 503, "starting"},
		{"GET", "/-/reload", 405, ""},
		{"POST", "/-/reload", 200, "reloaded"},
		{"GET", "/debug/pprof/", 200, "goroutine"},
		{"GET", "/debug/pprof/cmdline", 200, ""},
		{"GET", "/nothing", 404, ""},
		{"POST", "/metrics", 405, ""},
		{"POST", "/reporter/web/sockets", 404, ""}, // not unless the options say so
	}
	for _, test := range tests {
		resp, body := ask(t, h, test.method, test.path, "")
		require.Equal(t, test.code, resp.StatusCode, test.path)
		require.Contains(t, body, test.contains, test.path)
		require.NotContains(t, body, "s3cret", test.path)
		require.NotContains(t, body, "user:pass", test.path)
	}
}

func TestLandingOfAnotherProgram(t *testing.T) {
	t.Parallel()
	o := options(t, watched)
	o.Title, o.Links = "Pharos", []Link{{"alertmanager/api/v2/status", "Alertmanager"}}
	e, err := New(o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	_, page := ask(t, e.Handler(), http.MethodGet, "/", "")
	require.Contains(t, page, "<title>Pharos</title>")
	require.Contains(t, page, `<a href="alertmanager/api/v2/status">Alertmanager</a>`)
}

func TestMetricsFormats(t *testing.T) {
	t.Parallel()
	e := newExporter(t, watched)
	for accept, want := range map[string]string{
		"": "text/plain; version=0.0.4",
		"application/openmetrics-text;version=1.0.0":                                                 "application/openmetrics-text; version=1.0.0",
		"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited": "application/vnd.google.protobuf",
	} {
		resp, _ := ask(t, e.Metrics(), http.MethodGet, "/metrics", "", "Accept", accept)
		require.Contains(t, resp.Header.Get("Content-Type"), want)
	}
}

func TestReloadOfABadFile(t *testing.T) {
	t.Parallel()
	e := newExporter(t, watched)
	write(t, e.o.ConfigFile, "services: [{id: web, nodes: [{id: api, mode: pol}]}]")
	resp, body := ask(t, e.Handler(), http.MethodPost, "/-/reload", "")
	require.Equal(t, http.StatusInternalServerError, resp.StatusCode)
	require.Contains(t, body, "exporter.yml:1: ")
	require.Len(t, e.store.Snapshot(time.Now()), 3, "the old configuration goes on")
	require.Zero(t, testutil.ToFloat64(e.metrics.reload.successful))

	write(t, e.o.ConfigFile, watched)
	resp, _ = ask(t, e.Handler(), http.MethodPost, "/-/reload", "")
	require.Equal(t, http.StatusOK, resp.StatusCode)
	require.InDelta(t, 1, testutil.ToFloat64(e.metrics.reload.successful), 0)
}

func TestReloadNotFromAnotherSite(t *testing.T) {
	t.Parallel()
	e := newExporter(t, watched)
	resp, _ := ask(t, e.Handler(), http.MethodPost, "/-/reload", "", "Sec-Fetch-Site", "cross-site")
	require.Equal(t, http.StatusForbidden, resp.StatusCode)
}

func TestReports(t *testing.T) {
	t.Parallel()
	o := options(t, watched)
	o.ServeReporter = true
	e, err := New(o)
	require.NoError(t, err)
	run(t, e)
	const report = `{"replica": "10.0.0.1", "interval": 30, "load": {"cpu": 0.5, "ram": 0.25}}`
	auth := []string{"Authorization", "Basic OnMzY3JldA=="} // :s3cret

	resp, _ := ask(t, e.Handler(), http.MethodPost, "//reporter/web/sockets/", report, auth...)
	require.Equal(t, http.StatusOK, resp.StatusCode)
	_, text := ask(t, e.Metrics(), http.MethodGet, "/metrics", "")
	require.Contains(t, text, `pharos_replica_load_ratio{node="sockets",replica="10.0.0.1",resource="cpu",service="web"} 0.5`)
	require.Contains(t, text, `pharos_replica_status{node="sockets",replica="10.0.0.1",service="web",status="healthy"} 1`)
	require.Contains(t, text, `pharos_exporter_reports_total{code="200"} 1`)

	resp, _ = ask(t, e.Handler(), http.MethodPost, "/reporter", `{"reports": []}`, auth...)
	require.Equal(t, http.StatusOK, resp.StatusCode, "many reports at once, and no redirect")
	_, text = ask(t, e.Metrics(), http.MethodGet, "/metrics", "")
	require.Contains(t, text, `pharos_exporter_reports_total{code="503"} 0`)

	write(t, o.ConfigFile, strings.Replace(watched, "token: s3cret", "token: other", 1))
	require.NoError(t, e.Reload())
	resp, _ = ask(t, e.Reporter(), http.MethodPost, "/reporter/web/sockets/", report, auth...)
	require.Equal(t, http.StatusUnauthorized, resp.StatusCode, "the tokens of the file that holds now")
}
