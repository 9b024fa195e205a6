// SPDX-License-Identifier: Apache-2.0

package prom_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	commonconfig "github.com/prometheus/common/config"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/internal/testkit"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/prom"
)

// TestRealPrometheus reads from the Prometheus of the machine, which scrapes what
// an exporter could say and evaluates the bundled rules.
func TestRealPrometheus(t *testing.T) {
	t.Parallel()
	program := testkit.Program(t, "prometheus")
	e := &exposition{}
	e.say(nodeText("api", 0), replicaText("api", "a", "healthy"), replicaText("api", "b", "dead"),
		`pharos_replica_failure_reason{service="web",node="api",replica="b",reason="timeout"} 1`,
		`pharos_replica_load_ratio{service="web",node="api",replica="a",resource="cpu"} 0.5`,
		nodeText("old", 1), replicaText("old", "c", "healthy"))
	exporter := httptest.NewServer(e)
	t.Cleanup(exporter.Close)
	s := startPrometheus(t, program, exporter.Listener.Addr().String())

	api, old := status.NodeID{Service: "web", Node: "api"}, status.NodeID{Service: "web", Node: "old"}
	r := waitFor(t, s, func(r statuspage.Reading) bool { return r.Overall == status.Dead })
	require.Equal(t, map[string]status.Status{"web": status.Dead}, r.Services)
	require.Equal(t, map[status.NodeID]status.Status{api: status.Dead, old: status.Healthy}, r.Nodes)
	a, b := r.Replicas[api.Replica("a")], r.Replicas[api.Replica("b")]
	require.Equal(t, status.Healthy, a.Status)
	require.InDelta(t, 0.5, *a.CPU, 0)
	require.Equal(t, 125*time.Millisecond, a.Latency)
	require.Equal(t, time.Unix(1_700_000_000, 0).UTC(), a.LastSeen)
	require.Equal(t, status.Dead, b.Status)
	require.Equal(t, status.Timeout, b.Reason)
	require.WithinDuration(t, time.Now(), r.Newest, 30*time.Second)
	require.Equal(t, []string{"API api", "API old"}, labels(r.Layout))

	e.say(nodeText("api", 0), replicaText("api", "a", "sick"))
	r = waitFor(t, s, func(r statuspage.Reading) bool { return r.Overall == status.Sick && len(r.Layout.Services) == 1 })
	require.Equal(t, []string{"API api"}, labels(r.Layout), "a removed node is gone at once")
	require.Len(t, r.Replicas, 1)

	exporter.Close()
	r = waitFor(t, s, func(r statuspage.Reading) bool { return r.Overall == status.Unknown && len(r.Replicas) > 0 })
	require.Contains(t, labels(r.Layout), "API api", "the layout outlives the exporter")
	require.Equal(t, status.Unknown, r.Replicas[api.Replica("a")].Status)
	require.Equal(t, status.Unknown, r.Nodes[api])
	require.False(t, r.Newest.IsZero())
}

func labels(l statuspage.Layout) []string {
	var all []string
	for _, s := range l.Services {
		for _, n := range s.Nodes {
			all = append(all, n.Label)
		}
	}
	return all
}

func nodeText(node string, position int) string {
	return fmt.Sprintf(`pharos_node_info{service="web",node=%q,mode="poll",service_label="Web",node_label=%q,service_position="0",node_position="%d",reveal="false"} 1`,
		node, "API "+node, position)
}

func replicaText(node, replica, holds string) string {
	id := fmt.Sprintf(`service="web",node=%q,replica=%q`, node, replica)
	lines := []string{
		"pharos_replica_probe_duration_seconds{" + id + "} 0.125",
		"pharos_replica_last_seen_timestamp_seconds{" + id + "} 1.7e9",
	}
	for _, st := range []string{"healthy", "sick", "dead"} {
		value := 0
		if st == holds {
			value = 1
		}
		lines = append(lines, fmt.Sprintf("pharos_replica_status{%s,status=%q} %d", id, st, value))
	}
	return strings.Join(lines, "\n")
}

// An exposition is what an exporter says.
type exposition struct {
	mu   sync.Mutex
	text string
}

func (e *exposition) say(lines ...string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.text = "pharos_exporter_config_last_reload_successful 1\n" + strings.Join(lines, "\n") + "\n"
}

func (e *exposition) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	w.Header().Set("Content-Type", "text/plain; version=0.0.4")
	_, _ = w.Write([]byte(e.text))
}

func startPrometheus(t *testing.T, program, target string) *prom.Source {
	t.Helper()
	folder := t.TempDir()
	for _, name := range []string{"memory.rules.yml", "pharos.rules.yml"} {
		text, err := os.ReadFile(filepath.Join("../../rules", name))
		require.NoError(t, err)
		soon := strings.ReplaceAll(string(text), "interval: 1m", "interval: 250ms")
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(soon), 0o600))
	}
	text := fmt.Sprintf("global: {scrape_interval: 500ms, scrape_timeout: 500ms, evaluation_interval: 250ms}\nrule_files: ['*.rules.yml']\n"+
		"scrape_configs: [{job_name: pharos_exporter, static_configs: [{targets: [%q]}]}]\n", target)
	return runPrometheus(t, program, folder, text)
}

// runPrometheus runs Prometheus with its data in the subfolder tsdb.
func runPrometheus(t *testing.T, program, folder, config string, components ...prom.Component) *prom.Source {
	t.Helper()
	file := filepath.Join(folder, "prometheus.yml")
	require.NoError(t, os.WriteFile(file, []byte(config), 0o600))
	address := testkit.FreePort(t)
	cmd := exec.CommandContext(t.Context(), program, "--config.file="+file, "--storage.tsdb.path="+filepath.Join(folder, "tsdb"),
		"--web.listen-address="+address)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Wait() })
	s, err := prom.New(prom.Options{
		URL: "http://" + address, HTTP: commonconfig.DefaultHTTPClientConfig, Logger: slog.New(slog.DiscardHandler), Components: components,
	})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s
}

// waitFor waits for a reading. The overall status is what a rule group records
// last, so it tells that all of an evaluation is there.
func waitFor(t *testing.T, s *prom.Source, ok func(statuspage.Reading) bool) statuspage.Reading {
	t.Helper()
	var r statuspage.Reading
	require.Eventually(t, func() bool {
		var err error
		r, err = s.Current(t.Context())
		return err == nil && ok(r)
	}, 60*time.Second, 50*time.Millisecond)
	return r
}
