// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/rules/alerting"
	"github.com/pharos-status/pharos/rules/generate"
)

// The engines that must agree, and what is known to differ, with the reason.
// docs/engines.md tells users of it.
func engines() []engineCase {
	return []engineCase{
		{name: "Prometheus 2.42", start: startPrometheus},
		{name: "VictoriaMetrics 1.79", start: startVictoriaMetrics, allowed: map[string]int{
			// changes() of MetricsQL counts the change into the window as well.
			"ALERTS PharosFlapping": 2,
		}},
		{name: "Thanos 0.42", start: startThanos, native: true},
	}
}

type engineCase struct {
	name    string
	start   func(t *testing.T, series []labels.Labels) engine
	native  bool           // it knows native histograms, and what PromQL has for them
	allowed map[string]int // how many results of that name may differ
}

// sceneChoices has something of everything that becomes a rule or a constant.
const sceneChoices = `
apdex: {threshold: 500ms, overrides: [{service: web, threshold: 200ms}, {service: web, node: api, threshold: 100ms}]}
slo: [{service: db, objective: 99.9, window: 30d}, {service: web, objective: 95, window: 7d}]
reminders: {interval: 10m, backoff: linear, limit: 3}
`

// ruleFiles writes the rule files that pharosctl rules generate makes of the
// choices, and returns the folder.
func ruleFiles(t *testing.T, choices string) string {
	t.Helper()
	c, err := alerting.Parse("alerting.yml", []byte(choices))
	if err != nil {
		t.Fatal(err)
	}
	files, err := generate.Rules(c)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range files {
		write(t, dir, name, string(text))
	}
	return dir
}

// A moment is what was recorded at one time: values by series.
type moment struct {
	at      time.Time
	results map[string]float64
}

// TestRulesAreTheSameOnEveryEngine plays the scene to each engine, with its own
// results given back to it, and compares whatever any rule recorded at any step.
func TestRulesAreTheSameOnEveryEngine(t *testing.T) {
	t.Parallel()
	files, batches := ruleFiles(t, sceneChoices), played()
	want, series := play(t, startEmbedded(t), files, batches, true)
	happened(t, want)
	for _, c := range engines() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, _ := play(t, c.start(t, series), files, batches, c.native)
			compare(t, want, got, c.allowed)
		})
	}
}

// A batch is what was scraped before an evaluation.
type batch struct {
	at      time.Time
	samples []sample
}

func played() (all []batch) {
	s := newScene(sceneStart())
	for _, at := range steps() {
		all = append(all, batch{at, s.until(at)})
	}
	return all
}

// play plays the scene to the engine. It returns what was recorded, and of which
// series.
func play(t *testing.T, e engine, files string, batches []batch, native bool) (all []moment, series []labels.Labels) {
	t.Helper()
	r, err := newRuler(e, files, native)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range batches {
		if err := e.write(t.Context(), b.samples); err != nil {
			t.Fatal(err)
		}
		results, err := r.evaluate(t.Context(), b.at)
		if err != nil {
			t.Fatalf("at %s: %v", b.at.Format(time.TimeOnly), err)
		}
		all = append(all, moment{b.at, results})
	}
	for _, last := range r.newest {
		series = append(series, last.labels)
	}
	return all, series
}

// A difference is what differs of the series of one name.
type difference struct {
	name, first string
	count       int
}

func compare(t *testing.T, want, got []moment, allowed map[string]int) {
	t.Helper()
	byName := map[string]*difference{}
	for i, w := range want {
		g := got[i]
		for series := range union(w.results, g.results) {
			a, b := valueOf(w.results, series), valueOf(g.results, series)
			if !differs(a, b) {
				continue
			}
			name := nameOf(series)
			d := byName[name]
			if d == nil {
				d = &difference{name: name, first: fmt.Sprintf("at %s %s is %v, not %v", w.at.Format(time.TimeOnly), series, b, a)}
				byName[name] = d
			}
			d.count++
		}
	}
	for _, d := range slices.SortedFunc(maps.Values(byName), func(a, b *difference) int { return cmp.Compare(a.name, b.name) }) {
		if d.count <= allowed[d.name] {
			continue
		}
		t.Errorf("%s differs %d times from the embedded engine; first %s", d.name, d.count, d.first)
	}
}

func union(a, b map[string]float64) map[string]bool {
	all := map[string]bool{}
	for k := range a {
		all[k] = true
	}
	for k := range b {
		all[k] = true
	}
	return all
}

// valueOf returns NaN for what is not there: a series that ends is one that is not.
func valueOf(of map[string]float64, series string) float64 {
	if v, ok := of[series]; ok {
		return v
	}
	return math.NaN()
}

// happened holds the scene to what it is meant to show, and the embedded engine to
// what is known without it.
func happened(t *testing.T, all []moment) {
	t.Helper()
	seen := map[string]bool{}
	for _, m := range all {
		for series, v := range m.results {
			seen[fmt.Sprint(nameOf(series), " ", v)] = true
			if strings.Contains(series, `alertstate="firing"`) {
				seen[nameOf(series)+" fires"] = true
			}
			if m.at.Equal(sceneStart().Add(135 * time.Minute)) { // 01:00
				seen[fmt.Sprint(series, " ", v)] = true
			}
		}
	}
	wanted := []string{
		schema.NodeTicks + `{node="primary", service="db", state="dead"} 57`,
		schema.NodeTicks + `{node="primary", service="db", state="healthy"} 3`,
		schema.NodeTicks + `{node="checkout", service="shop", state="maintenance"} 20`,
		schema.ServiceTicks + `{service="edge", state="healthy"} 60`,
	}
	for _, name := range []string{schema.ReplicaSeverity, schema.NodeSeverity, schema.ServiceSeverity} {
		for severity := range 4 {
			wanted = append(wanted, fmt.Sprint(name, " ", severity))
		}
	}
	for alert := range strings.FieldsSeq(`CertificateExpiring ConfigReloadFailed ErrorBudgetBurn ErrorBudgetSpent ExporterDown Flapping
		NodeDead NodeSick NodeUnknown QueueGrowing Reminder ReplicaDead ServiceDead VantagesDisagree Watchdog`) {
		wanted = append(wanted, "ALERTS Pharos"+alert+" fires")
	}
	for _, want := range wanted {
		if !seen[want] {
			t.Errorf("it never happened: %s", want)
		}
	}
}
