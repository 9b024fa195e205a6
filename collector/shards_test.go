// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestShards has three exporters share one file, then four: each service is of
// exactly one, and stands on the page where it stands without shards.
func TestShards(t *testing.T) {
	t.Parallel()
	const services = 100
	var config strings.Builder
	config.WriteString("services:\n")
	for i := range services {
		fmt.Fprintf(&config, "  - {id: s%d, nodes: [{id: a, mode: push}, {id: b, mode: poll, replicas: [\"tcp://127.0.0.1:1\"]}]}\n", i)
	}
	info := regexp.MustCompile(`^pharos_node_info\{.*node="(\w)".*node_position="(\d+)".*service="s(\d+)".*service_position="(\d+)"`)
	// owners returns the exporter that has each service.
	owners := func(count int) map[string]int {
		of := map[string]int{}
		for index := range count {
			e := newExporter(t, fmt.Sprintf("shard: {index: %d, count: %d}\n%s", index, count, config.String()))
			_, text := ask(t, e.Metrics(), http.MethodGet, "/metrics", "")
			lines := series(text, "pharos_node_info")
			require.NotEmpty(t, lines)
			for _, line := range lines {
				m := info.FindStringSubmatch(line)
				require.NotNil(t, m, line)
				require.Equal(t, m[3], m[4], "the place of the service")
				require.Equal(t, map[string]string{"a": "0", "b": "1"}[m[1]], m[2], "the place of the node")
				before, had := of[m[3]]
				require.True(t, !had || before == index, "service %s is of two exporters", m[3])
				of[m[3]] = index
			}
			require.Len(t, series(text, "pharos_replica_status", `status="dead"`), len(lines)/2)
		}
		require.Len(t, of, services, "each service is of an exporter")
		return of
	}
	three, four := owners(3), owners(4)
	moved := 0
	for s := range three {
		if three[s] != four[s] {
			require.Equal(t, 3, four[s], "to the new one only")
			moved++
		}
	}
	require.InDelta(t, services/4, moved, 12, "about a fourth")
}
