// SPDX-License-Identifier: Apache-2.0

package rules_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/schema"
)

// Severities, as the rules count them.
const (
	healthy = iota
	unknown
	sick
	dead
)

// letters stand for severities in the names of what the tables below watch.
const letters = "husd"

// fast returns the rules that make severities, in the order of their evaluation.
func fast(t testing.TB) []rulefmt.Rule {
	t.Helper()
	var all []rulefmt.Rule
	for _, g := range load(t, "config", "memory", "pharos") {
		all = append(all, g.Rules...)
	}
	return all
}

// record evaluates the recording rules once over series in the notation of
// promqltest, and returns what they recorded: values by metric and id.
func record(t *testing.T, series string) map[string]map[string]float64 {
	t.Helper()
	storage := promqltest.LoadedStorage(t, "load 15s\n"+series)
	engine := promqltest.NewTestEngine(t, false, 5*time.Minute, 50_000_000)
	at := time.Unix(0, 0)
	recorded := map[string]map[string]float64{}
	for _, rule := range fast(t) {
		if rule.Record == "" {
			continue
		}
		query, err := engine.NewInstantQuery(context.Background(), storage, promql.NewPrometheusQueryOpts(false, 0), rule.Expr, at)
		require.NoError(t, err)
		result, err := query.Exec(context.Background()).Vector()
		require.NoError(t, err, rule.Record)
		recorded[rule.Record] = map[string]float64{}
		app := storage.Appender(context.Background())
		for _, s := range result {
			id := strings.Trim(s.Metric.Get(schema.Service)+"/"+s.Metric.Get(schema.Node)+"/"+s.Metric.Get(schema.Replica), "/")
			recorded[rule.Record][id] = s.F
			_, err := app.Append(0, labels.NewBuilder(s.Metric).Set(model.MetricNameLabel, rule.Record).Labels(), at.UnixMilli(), s.F)
			require.NoError(t, err)
		}
		require.NoError(t, app.Commit())
		query.Close()
	}
	return recorded
}

// place writes what a place says of a replica: the three series, or the three at
// zero if it cannot tell.
func place(b *strings.Builder, target, id string, severity int) {
	for status, of := range map[string]int{"healthy": healthy, "sick": sick, "dead": dead} {
		value := 0
		if of == severity {
			value = 1
		}
		fmt.Fprintf(b, "  %s{%s,%s,status=%q} %d\n", schema.ReplicaStatus, target, id, status, value)
	}
}

// words returns every way in which n places, or n replicas, can be found.
func words(n int) []string {
	if n == 0 {
		return []string{""}
	}
	var all []string
	for _, rest := range words(n - 1) {
		for _, letter := range letters {
			all = append(all, rest+string(letter))
		}
	}
	return all
}

// quorum says in other words than the rule what several places make of a replica.
func quorum(word string) float64 {
	fresh := len(word) - strings.Count(word, "u")
	deads := strings.Count(word, "d")
	bad := deads + strings.Count(word, "s")
	switch {
	case fresh == 0:
		return unknown
	case 2*deads > fresh:
		return dead
	case 2*bad > fresh:
		return sick
	}
	return healthy
}

func TestQuorum(t *testing.T) {
	t.Parallel()
	for _, vantage := range []bool{false, true} {
		for places := 1; places <= 4; places++ {
			t.Run(fmt.Sprintf("%d places, by vantage %t", places, vantage), func(t *testing.T) {
				t.Parallel()
				var series strings.Builder
				for _, word := range words(places) {
					for i, letter := range word {
						target := fmt.Sprintf(`job="pharos_exporter",instance="%d"`, i)
						if vantage {
							target += fmt.Sprintf(`,vantage="v%d"`, i)
						}
						place(&series, target, `service="s",node="n",replica="`+word+`"`, strings.IndexRune(letters, letter))
					}
				}
				for i := range places {
					fmt.Fprintf(&series, "  up{job=\"pharos_exporter\",instance=\"%d\"} 1\n", i)
				}
				got := record(t, series.String())[schema.ReplicaSeverity]
				require.Len(t, got, len(words(places)))
				for _, word := range words(places) {
					require.InDelta(t, quorum(word), got["s/n/"+word], 0, word)
				}
			})
		}
	}
}

// TestPlaces: exporters of one vantage are one place, of which the worst counts;
// an exporter that is down has no say, even if its series are still there.
func TestPlaces(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		says map[string]int // what exporters say, by vantage and instance
		want float64
	}{
		"one place of three says dead": {map[string]int{"west/1": dead, "west/2": dead, "west/3": dead, "east/4": healthy, "/5": healthy}, healthy},
		"the worst of a place counts":  {map[string]int{"west/1": healthy, "west/2": dead, "west/3": sick}, dead},
		"one that is down has no say":  {map[string]int{"west/1": healthy, "/down": dead}, healthy},
		"none that is up":              {map[string]int{"/down": dead}, unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var series strings.Builder
			for exporter, says := range test.says {
				vantage, instance, _ := strings.Cut(exporter, "/")
				target := fmt.Sprintf(`job="j",instance=%q`, instance)
				up := 1
				if instance == "down" {
					up = 0
				}
				fmt.Fprintf(&series, "  up{%s} %d\n", target, up)
				if vantage != "" {
					target += fmt.Sprintf(`,vantage=%q`, vantage)
				}
				place(&series, target, `service="s",node="n",replica="r"`, says)
			}
			require.InDelta(t, test.want, record(t, series.String())[schema.ReplicaSeverity]["s/n/r"], 0)
		})
	}
}

// node says in the words of the design what becomes of a node, m < 0: no minimum.
func node(word string, m int) float64 {
	u := strings.Count(word, "u")
	a := strings.Count(word, "h") + strings.Count(word, "s")
	bad := strings.ContainsAny(word, "sd")
	switch {
	case m >= 0 && a+u < m:
		return dead
	case m >= 0 && a < m:
		return unknown
	case m < 0 && strings.Contains(word, "d"):
		return dead
	case bad:
		return sick
	case u > 0:
		return unknown
	}
	return healthy
}

func TestNode(t *testing.T) {
	t.Parallel()
	var series strings.Builder
	series.WriteString("  up{job=\"j\",instance=\"i\"} 1\n")
	want := map[string]float64{}
	for replicas := 1; replicas <= 3; replicas++ {
		for _, word := range words(replicas) {
			for m := -1; m <= replicas+1; m++ {
				id := fmt.Sprintf(`service="s",node="%s %d"`, word, m)
				for i, letter := range word {
					place(&series, `job="j",instance="i"`, fmt.Sprintf(`%s,replica="%d"`, id, i), strings.IndexRune(letters, letter))
				}
				fmt.Fprintf(&series, "  %s{job=\"j\",instance=\"i\",%s} 1\n", schema.NodeInfo, id)
				if m >= 0 {
					fmt.Fprintf(&series, "  %s{job=\"j\",instance=\"i\",%s} %d\n", schema.NodeMinHealthy, id, m)
				}
				want[fmt.Sprintf("s/%s %d", word, m)] = node(word, m)
			}
		}
	}
	// Nodes without replicas.
	for _, m := range []int{-1, 0, 2} {
		fmt.Fprintf(&series, "  %s{job=\"j\",instance=\"i\",service=\"s\",node=\"none %d\"} 1\n", schema.NodeInfo, m)
		if m >= 0 {
			fmt.Fprintf(&series, "  %s{job=\"j\",instance=\"i\",service=\"s\",node=\"none %d\"} %d\n", schema.NodeMinHealthy, m, m)
		}
		want[fmt.Sprintf("s/none %d", m)] = unknown
	}
	require.Equal(t, want, record(t, series.String())[schema.NodeSeverity])
}

// TestWhole: a service is as bad as its worst node, and the whole as its worst
// service, where unknown is worse than healthy and better than sick.
func TestWhole(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]float64{"hh": healthy, "hu": unknown, "us": sick, "hs": sick, "sd": dead, "ud": dead} {
		var series strings.Builder
		series.WriteString("  up{job=\"j\",instance=\"i\"} 1\n")
		for i, letter := range word {
			severity := strings.IndexRune(letters, letter)
			place(&series, `job="j",instance="i"`, fmt.Sprintf(`service="same",node="%d",replica="r"`, i), severity)
			place(&series, `job="j",instance="i"`, fmt.Sprintf(`service="%d",node="n",replica="r"`, i), severity)
		}
		got := record(t, series.String())
		require.InDelta(t, want, got[schema.ServiceSeverity]["same"], 0, word)
		require.InDelta(t, want, got[schema.OverallSeverity][""], 0, word)
	}
}
