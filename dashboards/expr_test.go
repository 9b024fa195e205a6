// SPDX-License-Identifier: Apache-2.0

package dashboards_test

import (
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/internal/testkit"
	"github.com/pharos-status/pharos/rules"
)

// foreign are metrics of others: of Prometheus, of Alertmanager and of every
// program in Go.
var foreign = regexp.MustCompile(`^(prometheus|alertmanager|process|go)_\w+$|^ALERTS_FOR_STATE$|^pharos_(exporter|statuspage|bridge)_build_info$`)

// classic are series of histograms that are kept as classic ones.
const (
	classicRefresh  = schema.StatuspageRefreshDuration + "_bucket"
	classicDelivery = schema.BridgeDelivery + "_bucket"
)

// foreignLabels are those that the project has no name for.
var foreignLabels = regexp.MustCompile(`^(__name__|alertname|alertstate|integration|le|version|revision|goversion)$`)

// recorded returns the names that the bundled rules record.
func recorded(t *testing.T) map[string]bool {
	t.Helper()
	all := map[string]bool{schema.Objective: true} // there is one for each objective in alerting.yml
	for _, file := range rules.Files() {
		text, err := rules.FS.ReadFile(file)
		require.NoError(t, err)
		groups, errs := rulefmt.Parse(text, false, model.UTF8Validation, parser.NewParser(parser.Options{}), slog.New(slog.DiscardHandler))
		require.Empty(t, errs, file)
		for _, g := range groups.Groups {
			for _, r := range g.Rules {
				all[r.Record] = true
			}
		}
	}
	return all
}

// TestExpressions parses every expression and looks up what it names.
func TestExpressions(t *testing.T) {
	t.Parallel()
	names := testkit.Constants(t, "internal/schema")
	ours := recorded(t)
	known := func(name string) bool {
		if strings.Contains(name, ":") {
			return ours[name]
		}
		return names[name] || name == classicRefresh || name == classicDelivery || foreign.MatchString(name)
	}
	for _, d := range testkit.Dashboards(t) {
		for _, e := range d.Expressions(t) {
			for _, s := range selectors(t, d, e) {
				require.True(t, known(s.name), "%s: no metric is called %s", e.Where, s.name)
			}
			parser.Inspect(parse(t, d, e), func(n parser.Node, _ []parser.Node) error {
				for _, label := range labelNames(n) {
					require.True(t, names[label] || foreignLabels.MatchString(label), "%s: no label is called %s", e.Where, label)
				}
				return nil
			})
		}
	}
}

func parse(t *testing.T, d testkit.Dashboard, e testkit.Expression) parser.Expr {
	t.Helper()
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(d.Fill(t, e.Expr, map[string]string{"service": "web"}))
	require.NoError(t, err, "%s: %s", e.Where, e.Expr)
	return expr
}

// A selector is one metric that a selector reads, with its matchers.
type selector struct {
	name     string
	matchers []*labels.Matcher
}

// selectors returns what the expression reads. A regular expression for a name
// has the alternatives of the reload metrics, and is as good as those.
func selectors(t *testing.T, d testkit.Dashboard, e testkit.Expression) []selector {
	t.Helper()
	var all []selector
	parser.Inspect(parse(t, d, e), func(n parser.Node, _ []parser.Node) error {
		s, ok := n.(*parser.VectorSelector)
		if !ok {
			return nil
		}
		if s.Name != "" {
			all = append(all, selector{s.Name, s.LabelMatchers})
			return nil
		}
		for _, m := range s.LabelMatchers {
			if m.Name != model.MetricNameLabel {
				continue
			}
			require.Equal(t, labels.MatchRegexp, m.Type, e.Where)
			for _, name := range []string{schema.ExporterReloadSuccessful, schema.StatuspageReloadOK, schema.EngineReloadSuccessful} {
				require.True(t, m.Matches(name), e.Where)
				all = append(all, selector{name, s.LabelMatchers})
			}
		}
		return nil
	})
	return all
}

func labelNames(n parser.Node) []string {
	switch n := n.(type) {
	case *parser.VectorSelector:
		var all []string
		for _, m := range n.LabelMatchers {
			all = append(all, m.Name)
		}
		return all
	case *parser.AggregateExpr:
		return n.Grouping
	case *parser.BinaryExpr:
		if n.VectorMatching != nil {
			return append(n.VectorMatching.MatchingLabels, n.VectorMatching.Include...)
		}
	}
	return nil
}

var (
	quoted   = regexp.MustCompile(`(=~|!~|!=|=)\s*"([^"]*\$[^"]*)"`)
	variable = regexp.MustCompile(`\$(\w+)`)
)

// TestVariablesAreQuoted holds variables to the places where Grafana escapes what
// is chosen: the whole of a matcher's value, as a regular expression if several
// may be chosen, and as a string if not.
func TestVariablesAreQuoted(t *testing.T) {
	t.Parallel()
	for _, d := range testkit.Dashboards(t) {
		several := map[string]bool{}
		for _, v := range d.Templating.List {
			several["$"+v.Name] = v.Multi
		}
		for _, e := range d.Expressions(t) {
			for _, m := range quoted.FindAllStringSubmatch(e.Expr, -1) {
				multi, ok := several[m[2]]
				require.True(t, ok, "%s: %s is no variable alone", e.Where, m[2])
				require.Equal(t, map[bool]string{true: "=~", false: "="}[multi], m[1], "%s: %s", e.Where, m[0])
			}
			for _, m := range variable.FindAllStringSubmatch(quoted.ReplaceAllString(e.Expr, ""), -1) {
				require.Contains(t, []string{"__rate_interval", "__interval", "__range"}, m[1], e.Where)
			}
		}
	}
}

// TestRates holds rates to the interval that fits the scrapes and the width of
// the graph, and counters to rates.
func TestRates(t *testing.T) {
	t.Parallel()
	for _, d := range testkit.Dashboards(t) {
		for _, e := range d.Expressions(t) {
			require.Equal(t, strings.Count(e.Expr, "rate("), strings.Count(e.Expr, "[$__rate_interval]"), e.Where)
			parser.Inspect(parse(t, d, e), func(n parser.Node, path []parser.Node) error {
				s, ok := n.(*parser.VectorSelector)
				if !ok || !strings.HasSuffix(s.Name, "_total") {
					return nil
				}
				rated := slices.ContainsFunc(path, func(n parser.Node) bool {
					call, ok := n.(*parser.Call)
					return ok && call.Func.Name == "rate"
				})
				require.True(t, rated, "%s: %s only grows", e.Where, s.Name)
				aggregated := slices.ContainsFunc(path, func(n parser.Node) bool {
					_, ok := n.(*parser.AggregateExpr)
					return ok
				})
				require.True(t, aggregated, "%s: %s is a line for each label", e.Where, s.Name)
				return nil
			})
		}
	}
}

// scraped tells whether a series of this name has the labels job and instance:
// what is recorded, and what Prometheus keeps of alerts, has not.
func scraped(name string) bool {
	return !strings.Contains(name, ":") && !strings.HasPrefix(name, schema.Alerts)
}
