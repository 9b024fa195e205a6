// SPDX-License-Identifier: Apache-2.0

package rules_test

import (
	"cmp"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/configfile"
	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/internal/testkit"
	"github.com/pharos-status/pharos/rules"
	"github.com/pharos-status/pharos/rules/alerting"
	"github.com/pharos-status/pharos/rules/generate"
)

// runbooks is where each alert has a page. Two more are of no alert: their index, and
// what leads from a severity to its cause.
const (
	runbooks   = "../docs/runbooks"
	index      = "README"
	severities = "severities"
)

// An alert is all rules of one name.
type alert struct {
	severities []string // from the worst on
	bundled    bool     // else it is generated
	constant   bool     // whether it always fires
}

// alerts returns those of all bundled and generated files, by name.
func alerts(t *testing.T) map[string]*alert {
	t.Helper()
	c, err := alerting.Parse("alerting.yml", []byte("reminders: {interval: 10m}\nstartup: {receiver: team}\n"))
	require.NoError(t, err)
	files, err := generate.Rules(c)
	require.NoError(t, err)
	all := map[string]*alert{}
	for name, content := range files {
		groups, errs := rulefmt.Parse(content, false, model.UTF8Validation, parser.NewParser(parser.Options{}), slog.New(slog.DiscardHandler))
		require.Empty(t, errs, name)
		for _, g := range groups.Groups {
			for _, rule := range g.Rules {
				if rule.Alert == "" {
					continue
				}
				a := all[rule.Alert]
				if a == nil {
					a = &alert{bundled: slices.Contains(rules.Files(), name), constant: rule.Expr == "vector(1)"}
					all[rule.Alert] = a
				}
				if s := rule.Labels[schema.Severity]; !slices.Contains(a.severities, s) {
					a.severities = append(a.severities, s)
				}
			}
		}
	}
	order := []string{"critical", "warning", "info"}
	for _, a := range all {
		slices.SortFunc(a.severities, func(a, b string) int { return cmp.Compare(slices.Index(order, a), slices.Index(order, b)) })
	}
	require.Contains(t, all, "PharosReminder")
	require.Contains(t, all, "PharosStarted")
	return all
}

// runbook returns the page of an alert, or another one beside them.
func runbook(t *testing.T, alert string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(runbooks, alert+".md"))
	require.NoError(t, err, "each alert has a runbook")
	return string(text)
}

// TestEachAlertHasARunbook, and each runbook an alert.
func TestEachAlertHasARunbook(t *testing.T) {
	t.Parallel()
	all := alerts(t)
	for name := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := runbook(t, name)
			require.True(t, strings.HasPrefix(text, "# "+name+"\n\n"), "the first line is the name")
			var sections []string
			for line := range strings.Lines(text) {
				if section, ok := strings.CutPrefix(line, "## "); ok {
					sections = append(sections, strings.TrimSpace(section))
				}
			}
			require.Equal(t, []string{"Meaning", "What is behind it", "What to do", "When to ignore it"}, sections)
		})
	}
	paths, err := filepath.Glob(runbooks + "/*.md")
	require.NoError(t, err)
	for _, path := range paths {
		if name := strings.TrimSuffix(filepath.Base(path), ".md"); name != index && name != severities {
			require.Contains(t, all, name, "a runbook of an alert that is not there")
		}
	}
}

// ruleTests are what is read here of a file with tests for promtool.
type ruleTests struct {
	Tests []struct {
		Alerts []struct {
			Name     string `yaml:"alertname"`
			Expected []struct {
				Labels map[string]string `yaml:"exp_labels"`
				Rest   map[string]any    `yaml:",inline"`
			} `yaml:"exp_alerts"`
			Rest map[string]any `yaml:",inline"`
		} `yaml:"alert_rule_test"`
		Rest map[string]any `yaml:",inline"`
	} `yaml:"tests"`
	Rest map[string]any `yaml:",inline"`
}

// TestEachAlertIsTested: that it fires, with each of its severities, and that it does
// not.
func TestEachAlertIsTested(t *testing.T) {
	t.Parallel()
	fires, silent := map[string]bool{}, map[string]bool{}
	for _, path := range files(t, "testdata/*.test.yml", false) {
		var file ruleTests
		f, err := configfile.Read(path)
		require.NoError(t, err)
		require.NoError(t, f.Decode(&file))
		for _, test := range file.Tests {
			for _, a := range test.Alerts {
				for _, expected := range a.Expected {
					fires[a.Name+" "+expected.Labels[schema.Severity]] = true
				}
				if len(a.Expected) == 0 {
					silent[a.Name] = true
				}
			}
		}
	}
	for name, a := range alerts(t) {
		if !a.bundled { // the generator has tests of its own
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, severity := range a.severities {
				require.True(t, fires[name+" "+severity], "no test in which it fires with severity %s", severity)
			}
			require.True(t, a.constant || silent[name], "no test in which it is silent")
		})
	}
}

// TestQueriesOfRunbooks: what is behind an alert can be asked for as it is written,
// once the words in capitals are filled in.
func TestQueriesOfRunbooks(t *testing.T) {
	t.Parallel()
	names := known(t)
	placeholders := strings.NewReplacer("SERVICE", "web", "NODE", "a b", "REPLICA", "tcp://127.0.0.1:80")
	sections := map[string]string{severities: runbook(t, severities)}
	for name := range alerts(t) {
		_, section, _ := strings.Cut(runbook(t, name), "\n## What is behind it\n")
		sections[name], _, _ = strings.Cut(section, "\n## ")
	}
	for name, section := range sections {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			queries := queriesOf(section)
			require.NotEmpty(t, queries)
			for _, query := range queries {
				expr, err := parser.NewParser(parser.Options{}).ParseExpr(placeholders.Replace(query))
				require.NoError(t, err, query)
				parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
					if n, ok := node.(*parser.VectorSelector); ok {
						require.True(t, n.Name == "" || isMetric(names, n.Name), "metric %s is neither in the schema nor recorded", n.Name)
					}
					return nil
				})
			}
		})
	}
}

// queriesOf returns the queries of a text: the lines that are indented by four, with
// those that follow and are indented by more.
func queriesOf(section string) (queries []string) {
	for line := range strings.Lines(section) {
		switch query, ok := strings.CutPrefix(line, "    "); {
		case !ok:
		case strings.HasPrefix(query, " ") && len(queries) > 0:
			queries[len(queries)-1] += query
		default:
			queries = append(queries, query)
		}
	}
	return queries
}

// TestIndexOfRunbooks keeps the table of all alerts.
func TestIndexOfRunbooks(t *testing.T) {
	t.Parallel()
	var table strings.Builder
	table.WriteString("| alert | severity | when |\n|---|---|---|\n")
	all := alerts(t)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		_, when, _ := strings.Cut(runbook(t, name), "\n\n")
		when, _, _ = strings.Cut(when, "\n\n")
		fmt.Fprintf(&table, "| [%[1]s](%[1]s.md) | %[2]s | %[3]s |\n", name, strings.Join(all[name].severities, ", "), strings.ReplaceAll(when, "\n", " "))
	}
	testkit.Document(t, "docs/runbooks/README.md", "alerts", table.String())
}
