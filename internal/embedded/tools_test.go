// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/testkit"
)

// tool runs a program that make test builds, against the APIs of the engine.
func (r *rig) tool(t *testing.T, name string) func(args ...string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", ".tools", name))
	require.NoError(t, err)
	if _, err := os.Stat(path); err != nil {
		testkit.Skip(t, name+" is not built (scripts/tool.sh "+name+")")
	}
	server := httptest.NewServer(r.Handler())
	t.Cleanup(server.Close)
	return func(args ...string) string {
		t.Helper()
		for i := range args {
			args[i] = strings.Replace(args[i], "HOST", server.URL, 1)
		}
		out, err := exec.CommandContext(t.Context(), path, args...).CombinedOutput()
		require.NoError(t, err, "%s: %s", args, out)
		return string(out)
	}
}

func TestPromtoolTalksToTheEngine(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1)
	r.start()
	promtool := r.tool(t, "promtool")

	require.Contains(t, promtool("query", "instant", "HOST/prometheus", "replica:pharos_status:severity"), `replica="replica-0000"`)
	require.Contains(t, promtool("query", "labels", "HOST/prometheus", "job"), "pharos_exporter")
	require.Contains(t, promtool("check", "healthy", "--url=HOST/prometheus"), "SUCCESS")
	require.Contains(t, promtool("check", "ready", "--url=HOST/prometheus"), "SUCCESS")
}

func TestAmtoolTalksToTheEngine(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1)
	r.exporter.set(0, false)
	r.start()
	r.page("firing ReplicaDead replica-0000")
	amtool := r.tool(t, "amtool")
	at := "--alertmanager.url=HOST/alertmanager"

	require.Contains(t, amtool(at, "alert", "query"), "ReplicaDead")
	require.Contains(t, amtool(at, "config", "show"), "hook")
	id := strings.TrimSpace(amtool(at, "silence", "add", "alertname=ReplicaDead", "--comment=test", "--author=me", "--duration=1h"))
	require.Contains(t, amtool(at, "silence", "query"), id[:8])
	require.NotContains(t, amtool(at, "alert", "query"), "ReplicaDead")
	amtool(at, "silence", "expire", id)
	require.NotContains(t, amtool(at, "silence", "query"), id[:8])
}
