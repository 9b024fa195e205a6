// SPDX-License-Identifier: Apache-2.0

package rules_test

import (
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/internal/testkit"
	"github.com/pharos-status/pharos/rules"
)

// group is a group of rules and the file that it is in.
type group struct {
	rulefmt.RuleGroup

	File string // without ".rules.yml"
}

// load parses the bundled files, as Prometheus does: all of them, or those named,
// without ".rules.yml". Those that are not there are left out.
func load(t testing.TB, only ...string) []group {
	t.Helper()
	var all []group
	for _, name := range rules.Files() {
		file := strings.TrimSuffix(name, ".rules.yml")
		if len(only) > 0 && !slices.Contains(only, file) {
			continue
		}
		content, err := rules.FS.ReadFile(name)
		require.NoError(t, err)
		groups, errs := rulefmt.Parse(content, false, model.UTF8Validation, parser.NewParser(parser.Options{}), slog.New(slog.DiscardHandler))
		require.Empty(t, errs, name)
		for _, g := range groups.Groups {
			all = append(all, group{g, file})
		}
	}
	return all
}

// each calls f for each rule of all bundled files, named so that one finds it.
func each(t *testing.T, f func(where string, rule rulefmt.Rule)) {
	t.Helper()
	for _, g := range load(t) {
		for _, rule := range g.Rules {
			f(g.File+": "+name(rule), rule)
		}
	}
}

func name(rule rulefmt.Rule) string { return rule.Record + rule.Alert }

// TestGroups: a change passes through the fast group at once and at every event;
// what costs more waits for the clock.
func TestGroups(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, g := range load(t) {
		require.False(t, seen[g.Name], "%s: group %s is there twice", g.File, g.Name)
		seen[g.Name] = true
		want := "pharos_" + strings.ReplaceAll(g.File, "-", "_")
		if g.File == "pharos" {
			want = "pharos"
		}
		require.True(t, g.Name == want || strings.HasPrefix(g.Name, want+"_"), "%s: group %s should be %s, or begin so", g.File, g.Name, want)
		require.Empty(t, g.Labels, "%s: Prometheus 2.42 knows no labels of groups", g.Name)
		require.Nil(t, g.QueryOffset, "%s: Prometheus 2.42 knows no query_offset", g.Name)
		require.Zero(t, g.Limit, g.Name)
		if g.File == "pharos" || g.File == "config" {
			require.Zero(t, g.Interval, "%s: the engine says when to evaluate", g.Name)
		} else {
			require.GreaterOrEqual(t, time.Duration(g.Interval), time.Minute, "%s: events must not evaluate this", g.Name)
		}
	}
	require.Len(t, load(t, "pharos"), 1, "an evaluation carries a change through one group")
}

// Names that rules use and the schema has not: what Prometheus and Alertmanager
// tell of themselves, and labels of those or of one expression alone.
var (
	foreignMetrics = []string{"prometheus_", "alertmanager_", "process_"}
	foreignLabels  = []string{
		model.MetricNameLabel, "le", "alertname", "alertstate", "alertmanager", "integration", "rule_group",
		"place", // made and used up in one expression
	}
)

// known returns the names of the schema and those that rules record.
func known(t *testing.T) map[string]bool {
	t.Helper()
	names := testkit.Constants(t, "internal/schema")
	each(t, func(_ string, rule rulefmt.Rule) {
		if rule.Record != "" {
			names[rule.Record] = true
		}
	})
	return names
}

// isMetric tells whether a metric is among the names that are known, or foreign.
func isMetric(names map[string]bool, metric string) bool {
	for _, prefix := range foreignMetrics {
		if strings.HasPrefix(metric, prefix) {
			return true
		}
	}
	for _, suffix := range []string{"_bucket", "_sum", "_count"} {
		if names[strings.TrimSuffix(metric, suffix)] {
			return true
		}
	}
	return names[metric]
}

func TestNamesAreOfTheSchema(t *testing.T) {
	t.Parallel()
	inSchema, names := testkit.Constants(t, "internal/schema"), known(t)
	requireLabels := func(where string, used ...string) {
		for _, label := range used {
			require.True(t, inSchema[label] || slices.Contains(foreignLabels, label), "%s: label %s is not in the schema", where, label)
		}
	}
	each(t, func(where string, rule rulefmt.Rule) {
		if rule.Record != "" {
			require.True(t, inSchema[rule.Record], "%s: what is recorded should be named in the schema", where)
		}
		expr, err := parser.NewParser(parser.Options{}).ParseExpr(rule.Expr)
		require.NoError(t, err)
		parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
			switch n := node.(type) {
			case *parser.VectorSelector:
				require.True(t, isMetric(names, n.Name), "%s: metric %q is neither in the schema nor recorded", where, n.Name)
				for _, m := range n.LabelMatchers {
					requireLabels(where, m.Name)
					requireKnownValue(t, where, m.Name, m.Value)
				}
			case *parser.AggregateExpr:
				requireLabels(where, n.Grouping...)
			case *parser.BinaryExpr:
				if n.VectorMatching != nil {
					requireLabels(where, n.VectorMatching.MatchingLabels...)
					requireLabels(where, n.VectorMatching.Include...)
				}
			}
			return nil
		})
	})
	for _, record := range []string{schema.ReplicaSeverity, schema.NodeSeverity, schema.ServiceSeverity, schema.OverallSeverity} {
		require.True(t, names[record], "%s is not recorded", record)
	}
}

func TestRecordedNamesAreDocumented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/metrics.md")
	require.NoError(t, err)
	each(t, func(where string, rule rulefmt.Rule) {
		if rule.Record != "" {
			require.True(t, strings.Contains(string(text), "`"+rule.Record+"`"), "%s: docs/metrics.md does not tell what it is", where)
		}
	})
}

// requireKnownValue: where labels have a closed list of values, a rule asks for
// one of them.
func requireKnownValue(t *testing.T, where, label, value string) {
	t.Helper()
	lists := map[string][]string{
		schema.Status: {status.Healthy.String(), status.Sick.String(), status.Dead.String()},
		schema.Job:    {schema.JobExporter, schema.JobBridge, "pharos"},
	}
	if list, closed := lists[label]; closed {
		for one := range strings.SplitSeq(value, "|") {
			require.Contains(t, list, one, "%s: value of %s", where, label)
		}
	}
}

// dashboard is what a dashboard_url looks like before the generator puts the
// address of Grafana in front of it.
const dashboard = `^/d/(pharos-overview/overview|pharos-service/service|pharos-reports/reports|pharos-objectives/objectives|pharos-self/pharos-itself)` +
	`(\?var-service=\{\{ \$labels\.service \| urlquery \}\}(&var-node=\{\{ \$labels\.node \| urlquery \}\})?)?$`

func TestAlertsCarryWhatReceiversRelyOn(t *testing.T) {
	t.Parallel()
	each(t, func(where string, rule rulefmt.Rule) {
		if rule.Alert == "" {
			return
		}
		require.Regexp(t, `^Pharos[A-Z]\w+$`, rule.Alert)
		require.Contains(t, []string{"critical", "warning", "info"}, rule.Labels[schema.Severity], where)
		require.Equal(t, "change", rule.Labels[schema.Notification], where)
		require.Regexp(t, `^[A-Z][^{]*\.$`, rule.Annotations["summary"], where)
		require.Regexp(t, `(?s)^[A-Z].*\.$`, rule.Annotations["description"], where)
		require.Equal(t, "https://github.com/pharos-status/pharos/blob/main/docs/runbooks/"+rule.Alert+".md", rule.Annotations["runbook_url"], where)
		require.Regexp(t, dashboard, rule.Annotations["dashboard_url"], where)
		if strings.HasSuffix(rule.Alert, "Dead") {
			require.Zero(t, rule.For, "%s: the probe's retries debounce", where)
			require.Zero(t, rule.KeepFiringFor, "%s: the probe's retries debounce", where)
		}
	})
}
