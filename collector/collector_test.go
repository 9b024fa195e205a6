// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/collector/schedule"
	"github.com/pharos-status/pharos/internal/status"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// watched is a configuration of every mode. The intervals are so long that
// nothing is probed while a test runs, unless it says so.
const watched = `
reporter: {tokens: [{token: s3cret, services: ["*"]}]}
services:
  - id: web
    label: Web nodes
    nodes:
      - id: api
        label: API
        mode: poll
        replicas: ["http://user:pass@127.0.0.1:1/health?key=s3cret", "tcp://127.0.0.1:1"]
        min_healthy: 1
        reveal_replica_name: true
        link: {url: "https://docs.example.com", label: Docs}
      - {id: sockets, mode: push}
  - id: host
    nodes:
      - {id: disk, mode: script, scripts: ["exit 0"]}
      - {id: gateway, mode: local}
`

func write(tb testing.TB, path, text string) {
	tb.Helper()
	require.NoError(tb, os.WriteFile(path, []byte(text), 0o600))
}

func options(tb testing.TB, config string) Options {
	tb.Helper()
	o := Options{
		ConfigFile:  filepath.Join(tb.TempDir(), "exporter.yml"),
		StoragePath: tb.TempDir(),
		Logger:      slog.New(slog.DiscardHandler),
	}
	write(tb, o.ConfigFile, config)
	return o
}

// newExporter returns one that does not run.
func newExporter(tb testing.TB, config string) *Exporter {
	tb.Helper()
	e, err := New(options(tb, config))
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, e.Close()) })
	return e
}

// run runs e until the test ends.
func run(t *testing.T, e *Exporter) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- e.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
}

// outcome records what a probe of the replica might have seen.
func (e *Exporter) outcome(id status.ID, err error, took time.Duration) {
	j := e.current().jobs[id].Job
	r := probe.Result{At: time.Now(), Took: took, Err: err}
	e.record(schedule.Outcome{Job: j, Result: r, Verdict: probe.Limits{SickAfter: 5 * time.Second}.Judge(r)})
}

var (
	idHTTP = status.ID{Service: "web", Node: "api", Replica: "http://127.0.0.1:1/health"}
	idTCP  = status.ID{Service: "web", Node: "api", Replica: "tcp://127.0.0.1:1"}
)

// series returns the lines of an exposition that contain all of the parts.
func series(text string, parts ...string) (found []string) {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		has := true
		for _, part := range parts {
			has = has && strings.Contains(line, part)
		}
		if has {
			found = append(found, line)
		}
	}
	return found
}

// has fails the test unless each of the lines is in an exposition.
func has(t *testing.T, text string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains(text, line+"\n") {
			name, _, _ := strings.Cut(line, "{")
			t.Fatalf("%s is not among\n%s", line, strings.Join(series(text, name), ""))
		}
	}
}
