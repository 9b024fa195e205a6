// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/internal/testkit"
)

// TestPlugins runs monitoring plugins of Debian, and what speaks as they do.
func TestPlugins(t *testing.T) {
	t.Parallel()
	load := testkit.Program(t, "/usr/lib/nagios/plugins/check_load")
	e := newExporter(t, `
services:
  - id: host
    nodes:
      - {id: load, mode: script, scripts: [{name: load, command: ["`+load+`", -w, "1000,1000,1000", -c, "2000,2000,2000"]}]}
      - {id: disk, mode: script, scripts: ["echo 'DISK WARNING | /=2GB;1;3;0;4 took=12ms;;;;'; exit 1"]}
      - id: shop
        mode: script
        script: {steps: {pay: {sick_after: 1s}}}
        scripts:
          - {name: slow, script: "echo bought; echo 'pharos: step=login seconds=0.25'; echo 'pharos: step=pay seconds=1.5'"}
          - {name: fast, script: "echo bought; echo 'pharos: step=pay seconds=0.5'"}
      - {id: what, mode: script, scripts: ["echo 'UNKNOWN: no such disk'; exit 3"]}
`)
	_, worst, err := e.Once(t.Context())
	require.NoError(t, err)
	require.Equal(t, status.Sick, worst)
	_, text := ask(t, e.Metrics(), http.MethodGet, "/metrics", "")
	has(t, text,
		`pharos_script_perfdata{label="/",node="disk",replica="1",service="host",uom="bytes"} 2.147483648e+09`,
		`pharos_script_perfdata{label="took",node="disk",replica="1",service="host",uom="seconds"} 0.012`,
		`pharos_script_step_duration_seconds{node="shop",replica="slow",service="host",step="login"} 0.25`,
		`pharos_script_step_duration_seconds{node="shop",replica="slow",service="host",step="pay"} 1.5`,
		`pharos_replica_status{node="load",replica="load",service="host",status="healthy"} 1`,
		`pharos_replica_failure_reason{node="shop",reason="slow",replica="slow",service="host"} 1`,
		`pharos_replica_status{node="shop",replica="fast",service="host",status="healthy"} 1`,
		`pharos_replica_status{node="what",replica="1",service="host",status="dead"} 0`,
	)
	require.Len(t, series(text, `pharos_script_perfdata{label="load`, `node="load"`, `uom=""`), 3)
	_, page := ask(t, e.Handler(), http.MethodGet, "/", "")
	for _, words := range []string{"DISK WARNING", "UNKNOWN: no such disk", "step pay took 1.5s"} {
		require.Contains(t, page, words)
	}
}
