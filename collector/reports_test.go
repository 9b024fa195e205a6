// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// A reporter reports to an Exporter.
type reporter struct {
	t *testing.T
	e *Exporter
}

// post sends a report of load and returns the status of the answer.
func (r reporter) post(token, node, replica string) int {
	r.t.Helper()
	resp, _ := ask(r.t, r.e.Reporter(), http.MethodPost, "/reporter/web/"+node, fmt.Sprintf(`{"replica": %q, "interval": 30, "load": {"cpu": 0.1, "ram": 0.2}}`, replica),
		"Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(":"+token)))
	return resp.StatusCode
}

// TestReporterLimits goes beyond what the file allows, raises that by a reload,
// and guesses tokens.
func TestReporterLimits(t *testing.T) {
	t.Parallel()
	const config = `
reporter: {tokens: [{token: s3cret, services: [web]}, {token: other, services: [lan]}], max_replicas_per_node: 2, max_replicas: 3}
services:
  - {id: web, nodes: [{id: a, mode: push}, {id: b, mode: push}]}
  - {id: lan, nodes: [{id: a, mode: local}]}
`
	e := newExporter(t, config)
	r := reporter{t, e}
	for _, test := range []struct {
		node, replica string
		code          int
	}{
		{"a", "1", 200},
		{"a", "2", 200},
		{"a", "3", 503}, // more than of a node
		{"b", "1", 200},
		{"b", "2", 503}, // more than in all
		{"a", "1", 200}, // which is known
		{"c", "1", 404},
	} {
		require.Equal(t, test.code, r.post("s3cret", test.node, test.replica), test)
	}
	require.Equal(t, http.StatusForbidden, r.post("other", "a", "1"), "a token for another service")
	write(t, e.o.ConfigFile, strings.Replace(config, "max_replicas_per_node: 2, max_replicas: 3", "max_replicas_per_node: 3", 1))
	require.NoError(t, e.Reload())
	require.Equal(t, http.StatusOK, r.post("s3cret", "a", "3"))
	require.Equal(t, http.StatusOK, r.post("s3cret", "b", "2"))
	require.Equal(t, http.StatusServiceUnavailable, r.post("s3cret", "a", "4"))

	_, text := ask(t, e.Metrics(), http.MethodGet, "/metrics", "")
	require.Len(t, series(text, "pharos_replica_status", `status="healthy"} 1`), 5)
	has(t, text, `pharos_exporter_reports_total{code="503"} 3`, `pharos_exporter_reports_total{code="200"} 6`)
}

// TestReasonIsForThoseWhoRunIt reports a reason: it is on the landing page, and in no
// metric.
func TestReasonIsForThoseWhoRunIt(t *testing.T) {
	t.Parallel()
	e := newExporter(t, `
reporter: {tokens: [{token: s3cret}]}
services: [{id: web, nodes: [{id: a, mode: push}, {id: b, mode: local}]}]
`)
	auth := "Basic " + base64.StdEncoding.EncodeToString([]byte(":s3cret"))
	for node, body := range map[string]string{
		"a": `{"replica": "x", "interval": 30, "load": {"cpu": 0.1, "ram": 0.2}, "health": "sick", "reason": "disk <b>is full"}`,
		"b": `{"replica": "x", "interval": 30, "health": "dead", "reason": "no such host"}`,
	} {
		resp, _ := ask(t, e.Reporter(), http.MethodPost, "/reporter/web/"+node, body, "Authorization", auth)
		require.Equal(t, http.StatusOK, resp.StatusCode)
	}
	_, page := ask(t, e.Handler(), http.MethodGet, "/", "")
	require.Contains(t, page, `<div class="detail">disk &lt;b&gt;is full</div>`)
	require.Contains(t, page, `<div class="detail">no such host</div>`)
	_, text := ask(t, e.Metrics(), http.MethodGet, "/metrics", "")
	has(t, text, `pharos_replica_failure_reason{node="a",reason="reported",replica="x",service="web"} 1`)
	require.NotContains(t, text, "is full")
	require.NotContains(t, text, "no such host")
	for _, sample := range e.Changes() {
		require.NotContains(t, sample.String(), "is full")
	}
}

// TestTokensRotate has a token file change: the old and the new token hold as
// long as both are in the configuration.
func TestTokensRotate(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "token")
	write(t, file, "first\n")
	config := func(more string) string {
		return fmt.Sprintf("reporter: {tokens: [{token_file: %q}%s]}\nservices: [{id: web, nodes: [{id: a, mode: push}]}]", file, more)
	}
	e := newExporter(t, config(""))
	r := reporter{t, e}
	codes := func(first, second int) {
		t.Helper()
		require.Equal(t, first, r.post("first", "a", "1"))
		require.Equal(t, second, r.post("second", "a", "1"))
	}
	codes(200, 401)
	write(t, e.o.ConfigFile, config(", {token: second}"))
	codes(200, 401) // until a reload
	require.NoError(t, e.Reload())
	codes(200, 200)
	write(t, file, "second")
	write(t, e.o.ConfigFile, config(""))
	require.NoError(t, e.Reload())
	codes(401, 200)
	write(t, file, "")
	require.ErrorContains(t, e.Reload(), file, "an empty file is a mistake")
	codes(401, 200)
}

// TestGuessingTokensIsSlow counts what one address may try in ten minutes, after the
// first one, in which reporters show whom to trust.
func TestGuessingTokensIsSlow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := newExporter(t, watched)
		r := reporter{t, e}
		time.Sleep(time.Minute)
		tried := 0
		for began := time.Now(); time.Since(began) < 10*time.Minute; time.Sleep(500 * time.Millisecond) {
			switch code := r.post("guess", "sockets", "1"); code {
			case http.StatusUnauthorized:
				tried++
			default:
				require.Equal(t, http.StatusServiceUnavailable, code)
				require.Equal(t, http.StatusServiceUnavailable, r.post("s3cret", "sockets", "1"), "a right guess does not help either")
			}
		}
		require.LessOrEqual(t, tried, 10*20)
		time.Sleep(time.Minute)
		require.Equal(t, http.StatusOK, r.post("s3cret", "sockets", "1"))
	})
}
