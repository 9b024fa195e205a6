// SPDX-License-Identifier: Apache-2.0

package push_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/testkit"
)

// TestNodeClient runs the real npm package vigil-reporter 1.2.0.
func TestNodeClient(t *testing.T) {
	t.Parallel()
	node := testkit.Program(t, "node")
	folder := filepath.Join("testdata", "npm")
	if _, err := os.Stat(filepath.Join(folder, "node_modules", "vigil-reporter", "package.json")); err != nil {
		testkit.Skip(t, "the npm package vigil-reporter is not installed; run npm ci in collector/push/"+folder)
	}
	s := serve(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()

	// The path of the URL is dropped by the client.
	cmd := exec.CommandContext(ctx, node, "report.js", "http://"+s.addr+"/status", token, "web", "visitor sockets", "10.0.0.1:80", "2.5")
	cmd.Dir = folder
	cmd.Stderr = os.Stderr
	start := time.Now()
	out, err := cmd.Output()
	require.NoError(t, err, "the client does not exit by itself:\n%s", out)
	require.Less(t, time.Since(start), 9*time.Second, "a connection is held until the client's time limit of 10 s")

	var sent []map[string]any
	succeeded, ended := 0, false
	for line := range strings.Lines(string(out)) {
		var event struct {
			Sent      map[string]any `json:"sent"`
			Succeeded string         `json:"succeeded"`
			Problem   string         `json:"problem"`
			Ended     bool           `json:"ended"`
		}
		require.NoError(t, json.Unmarshal([]byte(line), &event))
		require.Empty(t, event.Problem, "%s", out)
		if event.Sent != nil {
			sent = append(sent, event.Sent)
		}
		if event.Succeeded != "" {
			succeeded++
		}
		ended = ended || event.Ended
	}
	require.Equal(t, 3, succeeded, "%s", out)
	require.True(t, ended)

	reports := s.seen()
	require.Len(t, reports, 3, "end() ends the reports")
	for i, r := range reports {
		require.Equal(t, "web:visitor sockets:10.0.0.1:80", r.id.String())
		require.Equal(t, 2500*time.Millisecond, r.report.Interval)
		load := sent[i]["load"].(map[string]any)
		require.InDelta(t, load["cpu"], r.report.Load.CPU, 0)
		require.InDelta(t, load["ram"], r.report.Load.RAM, 0)
	}
	require.Equal(t, []int{200, 200, 200}, s.answered())
}
