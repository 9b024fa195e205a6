// SPDX-License-Identifier: Apache-2.0

package rules_test

import (
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/rules"
)

// load parses the bundled file, as Prometheus does.
func load(t testing.TB) []rulefmt.Rule {
	t.Helper()
	require.Equal(t, []string{"pharos.rules.yml"}, rules.Files())
	content, err := rules.FS.ReadFile("pharos.rules.yml")
	require.NoError(t, err)
	groups, errs := rulefmt.Parse(content, false, model.UTF8Validation, parser.NewParser(parser.Options{}), slog.New(slog.DiscardHandler))
	require.Empty(t, errs)
	require.Len(t, groups.Groups, 1, "an evaluation carries a change through one group")
	require.Zero(t, groups.Groups[0].Interval, "the engine says when to evaluate")
	return groups.Groups[0].Rules
}

// names returns what the metrics and labels of the schema are called.
func names() (metrics, labelNames map[string]bool) {
	set := func(names ...string) map[string]bool {
		m := map[string]bool{}
		for _, n := range names {
			m[n] = true
		}
		return m
	}
	metrics = set(
		schema.ReplicaStatus, schema.ReplicaFailureReason, schema.ReplicaProbeDuration, schema.ReplicaLatency,
		schema.ReplicaLastSeen, schema.ReplicaLoad, schema.NodeInfo, schema.NodeMinHealthy,
		schema.ExporterReloadSuccessful, schema.StatuspageReloadOK, schema.EngineReloadSuccessful,
		schema.Up, schema.Alerts,
	)
	labelNames = set(
		model.MetricNameLabel, schema.Service, schema.Node, schema.Replica, schema.Status, schema.Reason, schema.Resource,
		schema.Mode, schema.Vantage, schema.Job, schema.Instance, schema.Part, schema.Severity,
		"place", // made and used up in one expression
	)
	return metrics, labelNames
}

func TestNamesAreOfTheSchema(t *testing.T) {
	t.Parallel()
	metrics, labelNames := names()
	statuses := []string{status.Healthy.String(), status.Sick.String(), status.Dead.String()}
	for _, rule := range load(t) {
		expr, err := parser.NewParser(parser.Options{}).ParseExpr(rule.Expr)
		require.NoError(t, err)
		parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
			switch n := node.(type) {
			case *parser.VectorSelector:
				require.True(t, metrics[n.Name], "%s: metric %s is neither in the schema nor recorded before", name(rule), n.Name)
				for _, m := range n.LabelMatchers {
					require.True(t, labelNames[m.Name], "%s: label %s is not in the schema", name(rule), m.Name)
					if m.Name == schema.Status {
						require.Contains(t, statuses, m.Value)
					}
					if m.Name == schema.Job {
						require.Equal(t, schema.JobExporter, m.Value)
					}
				}
			case *parser.AggregateExpr:
				requireKnown(t, rule, labelNames, n.Grouping)
			case *parser.BinaryExpr:
				if n.VectorMatching != nil {
					requireKnown(t, rule, labelNames, n.VectorMatching.MatchingLabels)
					requireKnown(t, rule, labelNames, n.VectorMatching.Include)
				}
			}
			return nil
		})
		if rule.Record != "" {
			metrics[rule.Record] = true
		}
	}
	for _, record := range []string{schema.ReplicaSeverity, schema.NodeSeverity, schema.ServiceSeverity, schema.OverallSeverity} {
		require.True(t, metrics[record], "%s is not recorded", record)
	}
}

func requireKnown(t *testing.T, rule rulefmt.Rule, known map[string]bool, used []string) {
	t.Helper()
	for _, label := range used {
		require.True(t, known[label], "%s: label %s is not in the schema", name(rule), label)
	}
}

func name(rule rulefmt.Rule) string { return rule.Record + rule.Alert }

func TestAlertsCarryWhatReceiversRelyOn(t *testing.T) {
	t.Parallel()
	alerts := map[string]bool{}
	for _, rule := range load(t) {
		if rule.Alert == "" {
			continue
		}
		alerts[rule.Alert] = true
		require.Contains(t, []string{"critical", "warning", "info"}, rule.Labels[schema.Severity], rule.Alert)
		require.Equal(t, "change", rule.Labels[schema.Notification], rule.Alert)
		require.Regexp(t, `^[A-Z].*\.$`, rule.Annotations["summary"], rule.Alert)
		require.Regexp(t, `(?s)^[A-Z].*\.$`, rule.Annotations["description"], rule.Alert)
		require.Equal(t, "https://github.com/pharos-status/pharos/blob/main/docs/runbooks/"+rule.Alert+".md", rule.Annotations["runbook_url"])
		if strings.HasSuffix(rule.Alert, "Dead") {
			require.Zero(t, rule.For, "%s: the probe's retries debounce", rule.Alert)
			require.Zero(t, rule.KeepFiringFor, "%s: the probe's retries debounce", rule.Alert)
		}
	}
	require.Len(t, alerts, 7)
	for alert := range alerts {
		runbook, err := os.ReadFile("../docs/runbooks/" + alert + ".md")
		require.NoError(t, err)
		for _, part := range []string{"# " + alert, "## Meaning", "## What is behind it", "## What to do"} {
			require.Contains(t, string(runbook), part)
		}
	}
}
