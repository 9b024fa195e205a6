// SPDX-License-Identifier: Apache-2.0

package rules_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/schema"
)

// BenchmarkEvaluation measures one evaluation of each recording rule over an hour
// of samples every 15 s, which is what an event costs.
func BenchmarkEvaluation(b *testing.B) {
	for _, replicas := range []int{500, 3000} {
		var series strings.Builder
		series.WriteString("load 15s\n  up{job=\"pharos_exporter\",instance=\"a\"} 1x240\n  pharos_exporter_config_last_reload_successful{job=\"pharos_exporter\",instance=\"a\"} 1x240\n")
		for i := range replicas {
			id := fmt.Sprintf(`job="pharos_exporter",instance="a",service="s%d",node="n%d",replica="tcp://10.0.0.%d:80"`, i/100, i/10, i)
			for value, status := range []string{"sick", "healthy", "dead"} {
				fmt.Fprintf(&series, "  pharos_replica_status{%s,status=%q} %dx240\n", id, status, value%2)
			}
			fmt.Fprintf(&series, "  %s{service=\"s%d\",node=\"n%d\",replica=\"tcp://10.0.0.%d:80\"} 0x240\n", schema.ReplicaSeverity, i/100, i/10, i)
			if i%10 == 0 {
				fmt.Fprintf(&series, "  pharos_node_info{job=\"pharos_exporter\",instance=\"a\",service=\"s%d\",node=\"n%d\"} 1x240\n", i/100, i/10)
			}
		}
		storage := promqltest.LoadedStorage(b, series.String())
		engine := promqltest.NewTestEngine(b, false, 5*time.Minute, 50_000_000)
		for _, rule := range fast(b) {
			b.Run(fmt.Sprintf("%d/%s", replicas, name(rule)), func(b *testing.B) {
				for b.Loop() {
					query, err := engine.NewInstantQuery(context.Background(), storage, promql.NewPrometheusQueryOpts(false, 0), rule.Expr, time.Unix(3600, 0))
					require.NoError(b, err)
					require.NoError(b, query.Exec(context.Background()).Err)
					query.Close()
				}
			})
		}
	}
}
