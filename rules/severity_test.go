// SPDX-License-Identifier: Apache-2.0

package rules_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/rulefmt"
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
// promqltest, and returns what they recorded: values by metric and id. A chosen
// quorum stands in place of the configured one.
func record(t *testing.T, series string, chosen ...string) map[string]map[string]float64 {
	t.Helper()
	m := newMachine(t, series)
	results := map[string]map[string]float64{}
	for _, rule := range fast(t) {
		if rule.Record == "" {
			continue
		}
		if rule.Record == schema.QuorumQuantile && len(chosen) > 0 {
			rule.Expr = "vector(" + chosen[0] + ")"
		}
		results[rule.Record] = map[string]float64{}
		for _, s := range m.evaluate(t, rule, time.Unix(0, 0)) {
			id := strings.Trim(s.Metric.Get(schema.Service)+"/"+s.Metric.Get(schema.Node)+"/"+s.Metric.Get(schema.Replica), "/")
			results[rule.Record][id] = s.F
		}
	}
	return results
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

// quorum says in other words than the rule what several places make of a replica
// if need of those that are fresh have to agree.
func quorum(word string, need func(fresh int) int) float64 {
	fresh := len(word) - strings.Count(word, "u")
	deads := strings.Count(word, "d")
	bad := deads + strings.Count(word, "s")
	switch {
	case fresh == 0:
		return unknown
	case deads >= need(fresh):
		return dead
	case bad >= need(fresh):
		return sick
	}
	return healthy
}

func TestQuorum(t *testing.T) {
	t.Parallel()
	majority := func(fresh int) int { return fresh/2 + 1 }
	for name, test := range map[string]struct {
		chosen []string
		need   func(fresh int) int
	}{
		"configured": {nil, majority},
		"majority":   {[]string{"0.5"}, majority},
		"any":        {[]string{"1"}, func(int) int { return 1 }},
		"all":        {[]string{"0"}, func(fresh int) int { return fresh }},
	} {
		for _, vantage := range []bool{false, true} {
			for places := 1; places <= 4; places++ {
				t.Run(fmt.Sprintf("%s of %d places, by vantage %t", name, places, vantage), func(t *testing.T) {
					t.Parallel()
					got := record(t, everyWord(places, vantage), test.chosen...)[schema.ReplicaSeverity]
					require.Len(t, got, len(words(places)))
					for _, word := range words(places) {
						require.InDelta(t, quorum(word, test.need), got["s/n/"+word], 0, word)
					}
				})
			}
		}
	}
}

// everyWord has a replica for every way in which so many places can find one.
func everyWord(places int, vantage bool) string {
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
	return series.String()
}

// TestQuorumWithoutChoice: where nothing says what makes a quorum it is the
// majority, and where two say it the stricter one does not make it vanish.
func TestQuorumWithoutChoice(t *testing.T) {
	t.Parallel()
	var series strings.Builder
	for i, severity := range []int{dead, dead, healthy} {
		target := fmt.Sprintf(`job="j",instance="%d"`, i)
		fmt.Fprintf(&series, "  up{%s} 1\n", target)
		place(&series, target, `service="s",node="n",replica="r"`, severity)
	}
	two := "  pharos:quorum:quantile{replica=\"a\"} 0\n  pharos:quorum:quantile{replica=\"b\"} 0.5\n"
	for name, choice := range map[string]string{"none": "", "two": two} {
		m := newMachine(t, series.String()+choice)
		for _, rule := range load(t, "pharos")[0].Rules[:1] {
			got := m.evaluate(t, rule, time.Unix(0, 0))
			require.Len(t, got, 1, name)
			require.InDelta(t, dead, got[0].F, 0, name)
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
