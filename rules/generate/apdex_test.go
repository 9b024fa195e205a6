// SPDX-License-Identifier: Apache-2.0

package generate_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/rules"
	"github.com/pharos-status/pharos/rules/alerting"
	"github.com/pharos-status/pharos/rules/generate"
)

// TestApdexOverrides: each threshold that differs from the default has one term of
// the rule over native histograms, for the nodes that have it.
func TestApdexOverrides(t *testing.T) {
	t.Parallel()
	c := alerting.Default()
	override := func(service, node string, threshold time.Duration) {
		c.Apdex.Overrides = append(c.Apdex.Overrides, alerting.ApdexOverride{Service: service, Node: node, Threshold: model.Duration(threshold)})
	}
	override("web", "", 200*time.Millisecond)
	override("web", "api", 50*time.Millisecond)
	override("db", "", 200*time.Millisecond)
	override("mail", "", time.Duration(c.Apdex.Threshold))
	files, err := generate.Rules(c)
	require.NoError(t, err)
	bundled, err := rules.FS.ReadFile(generate.NativeFile)
	require.NoError(t, err)
	added, ok := strings.CutPrefix(string(files[generate.NativeFile]), string(bundled))
	require.True(t, ok)
	require.Equal(t, strings.TrimPrefix(`
          or
            (
                  (
                      histogram_fraction(0, 0.05, node:pharos_latency_seconds:rate15m)
                    +
                      histogram_fraction(0, 4 * 0.05, node:pharos_latency_seconds:rate15m)
                  )
                / 2
              * on (service, node)
                node:pharos_not_dead:ratio15m
            ) >= 0
          and on (service, node)
            node:pharos_apdex_target:seconds == 0.05
          or
            (
                  (
                      histogram_fraction(0, 0.2, node:pharos_latency_seconds:rate15m)
                    +
                      histogram_fraction(0, 4 * 0.2, node:pharos_latency_seconds:rate15m)
                  )
                / 2
              * on (service, node)
                node:pharos_not_dead:ratio15m
            ) >= 0
          and on (service, node)
            node:pharos_apdex_target:seconds == 0.2
`, "\n"), added)

	groups, errs := rulefmt.Parse(files[generate.NativeFile], false, model.UTF8Validation, parser.NewParser(parser.Options{}), slog.New(slog.DiscardHandler))
	require.Empty(t, errs)
	last := groups.Groups[0].Rules[len(groups.Groups[0].Rules)-1]
	require.Equal(t, schema.NodeApdexNative, last.Record)
	require.Contains(t, last.Expr, "== 0.2")
}

// TestApdexDefault: without overrides the file is the one that comes with Pharos.
func TestApdexDefault(t *testing.T) {
	t.Parallel()
	files, err := generate.Rules(alerting.Default())
	require.NoError(t, err)
	bundled, err := rules.FS.ReadFile(generate.NativeFile)
	require.NoError(t, err)
	require.Equal(t, string(bundled), string(files[generate.NativeFile]))
}
