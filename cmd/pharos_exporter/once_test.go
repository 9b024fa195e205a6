// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/testkit"
)

// TestOnceToPrometheus sends what one run saw to a real Prometheus, by way of what
// asks for a password, and reads it back.
func TestOnceToPrometheus(t *testing.T) {
	t.Parallel()
	address := startPrometheus(t)
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	config := file("exporter.yml", `
vantage: cron
services:
  - id: web
    nodes:
      - {id: site, mode: poll, replicas: ["http://`+address+`/-/ready"], http: {method: GET}}
      - {id: disk, mode: script, scripts: [{name: full, script: "echo 'DISK full | used=95%'; exit 1"}]}
`)
	var stdout, stderr strings.Builder
	code := run(t.Context(), []string{
		"--once", "--config.file=" + config, "--once.remote-write-url=http://" + address + "/api/v1/write",
		"--once.http-config-file=" + file("client.yml", "basic_auth: {username: pharos, password: ignored}"),
		"--once.label=job=cron", "--once.label=region=eu",
	}, &stdout, &stderr)
	require.Equal(t, exitSick, code, stderr.String())
	require.Empty(t, stdout.String(), "the metrics go elsewhere")

	host, err := os.Hostname()
	require.NoError(t, err)
	place := map[string]string{"job": "cron", "instance": host, "region": "eu"}
	at := query(t, address, `up`, place, "1")
	require.WithinDuration(t, time.Now(), at, time.Minute)
	place["vantage"] = "cron"
	for expr, want := range map[string]string{
		`pharos_replica_status{node="site", status="healthy"}`:              "1",
		`pharos_replica_status{node="disk", replica="full", status="sick"}`: "1",
		`pharos_replica_failure_reason{node="disk", reason="exit"}`:         "1",
		`pharos_script_perfdata{label="used", uom="ratio"}`:                 "0.95",
		`pharos_node_info{node="site"}`:                                     "1",
	} {
		require.Equal(t, at, query(t, address, expr, place, want), "all of one time")
	}
}

// startPrometheus runs one that takes remote write until the test ends.
func startPrometheus(t *testing.T) (address string) {
	t.Helper()
	program := testkit.Program(t, "prometheus")
	address = testkit.FreePort(t)
	dir := t.TempDir()
	config := filepath.Join(dir, "prometheus.yml")
	require.NoError(t, os.WriteFile(config, nil, 0o600))
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, program, "--config.file="+config, "--storage.tsdb.path="+filepath.Join(dir, "data"),
		"--web.listen-address="+address, "--web.enable-remote-write-receiver", "--log.level=warn")
	cmd.Stderr = t.Output()
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // it was killed
	})
	require.Eventually(t, func() bool {
		code, _ := get(t, "http://"+address+"/-/ready")
		return code == http.StatusOK
	}, time.Minute, 50*time.Millisecond)
	return address
}

// query returns the time of the one sample that expr finds, which must have these
// labels and this value.
func query(t *testing.T, address, expr string, labels map[string]string, value string) time.Time {
	t.Helper()
	// A selector of a range gives samples the time they have.
	_, body := get(t, "http://"+address+"/api/v1/query?query="+url.QueryEscape(expr+"[5m]"))
	var answer struct {
		Data struct {
			Result []struct {
				Metric map[string]string
				Values [][2]any
			}
		}
	}
	require.NoError(t, json.Unmarshal([]byte(body), &answer), body)
	require.Len(t, answer.Data.Result, 1, "%s: %s", expr, body)
	found := answer.Data.Result[0]
	for name, want := range labels {
		require.Equal(t, want, found.Metric[name], "%s: %s", expr, body)
	}
	require.Len(t, found.Values, 1)
	require.Equal(t, value, found.Values[0][1], expr)
	seconds, ok := found.Values[0][0].(float64)
	require.True(t, ok)
	return time.UnixMilli(int64(seconds * 1000))
}

// get returns the status and the body of an answer, 0 if there is none.
func get(t *testing.T, url string) (code int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, fmt.Sprint(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(text)
}
