// SPDX-License-Identifier: Apache-2.0

package rules_test

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/storage"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/schema"
)

// A history is what became of a few nodes, minute by minute at random, and what
// the rules for uptime and objectives recorded of it. It keeps the ticks in its own
// way, so that a test can count them again.
type history struct {
	t       testing.TB
	rng     *rand.Rand
	storage storage.Storage
	engine  *promql.Engine
	groups  map[string]group
	before  map[string]map[uint64]labels.Labels // what each rule recorded last
	nodes   map[string]*watched                 // by service and node: "a/1"
	weights map[string][2]float64               // up and total, by state

	ticks []moment
	sums  []int64 // when hours were summed, in ms
}

// watched is how a node is: its severity, or -1 if nobody knows the node.
type watched struct {
	severity    int
	maintenance bool
}

// moment holds the states at a tick by node "a/1" and by service "a/".
type moment struct {
	at     int64 // ms
	states map[string]string
}

const hour = int64(time.Hour / time.Millisecond)

func newHistory(t testing.TB, seed uint64) *history {
	t.Helper()
	h := &history{
		t: t, rng: rand.New(rand.NewPCG(seed, 0)),
		storage: promqltest.LoadedStorage(t, ""),
		engine:  promqltest.NewTestEngine(t, false, 5*time.Minute, 50_000_000),
		groups:  map[string]group{},
		before:  map[string]map[uint64]labels.Labels{},
		nodes:   map[string]*watched{"a/1": {}, "a/2": {}, "b/1": {}},
	}
	for _, g := range load(t, "uptime", "objectives") {
		h.groups[g.Name] = g
	}
	h.weights = map[string][2]float64{"healthy": {1, 1}, "dead": {0, 1}}
	any3 := [][2]float64{{0, 0}, {1, 1}, {0, 1}} // exclude, count_up, count_down
	h.weights["sick"] = any3[1+h.rng.IntN(2)]
	h.weights["unknown"] = any3[h.rng.IntN(3)]
	h.weights["maintenance"] = any3[h.rng.IntN(3)]
	return h
}

// schedule is when the groups are evaluated, in ms.
type schedule struct {
	tick, hour, objectives int64 // offsets
	jitter                 int64 // up to so much later
	late                   bool  // once it runs again, hours are evaluated as of when they were missed
}

// run lets the time from 1970 on pass. Now and then nothing runs for a while.
func (h *history) run(days int, s schedule, objectives func(at int64)) {
	missed := false
	for minute, resume := int64(0), int64(0); minute < int64(days)*24*60; minute++ {
		at := minute * 60_000
		h.live()
		if h.rng.IntN(600) == 0 {
			resume = minute + 1 + h.rng.Int64N(100)
		}
		due := at%hour == s.hour-s.hour%60_000
		if minute < resume {
			missed = missed || due
			continue
		}
		jitter := int64(0)
		if s.jitter > 0 {
			jitter = h.rng.Int64N(s.jitter)
		}
		steps := []struct {
			at int64
			do func(at int64)
		}{
			{at + s.objectives + jitter, func(at int64) {
				if objectives != nil && h.rng.IntN(60) == 0 {
					objectives(at)
				}
			}},
			{at + s.hour%60_000 + jitter, func(at int64) {
				if !due && missed && s.late {
					h.sum(at / hour * hour)
				} else if due {
					h.sum(at)
				}
				missed = false
			}},
			{at + s.tick + jitter, h.tick},
		}
		slices.SortStableFunc(steps, func(a, b struct {
			at int64
			do func(at int64)
		},
		) int {
			return int(a.at - b.at)
		})
		for _, step := range steps {
			step.do(step.at)
		}
	}
}

// live changes what the nodes are.
func (h *history) live() {
	for _, id := range []string{"a/1", "a/2", "b/1"} {
		n := h.nodes[id]
		if h.rng.IntN(40) == 0 {
			n.severity = h.rng.IntN(5) - 1
		}
		if h.rng.IntN(90) == 0 {
			n.maintenance = !n.maintenance
		}
	}
}

// tick evaluates the ticks, and notes in which states everything is.
func (h *history) tick(at int64) {
	app := h.storage.Appender(context.Background())
	for id, n := range h.nodes {
		place := []string{schema.Service, id[:1], schema.Node, id[2:]}
		severity, maintenance := float64(n.severity), 0.0
		if n.severity < 0 {
			severity = math.Float64frombits(value.StaleNaN)
		}
		if n.maintenance {
			maintenance = 1
		}
		h.append(app, at, severity, append(place, model.MetricNameLabel, schema.NodeSeverity)...)
		h.append(app, at, maintenance, append(place, model.MetricNameLabel, schema.MaintenanceActive)...)
	}
	require.NoError(h.t, app.Commit())
	h.ticks = append(h.ticks, moment{at, h.states()})
	h.eval("pharos_uptime_ticks", at)
}

// states says in other words than the rules how everything is.
func (h *history) states() map[string]string {
	names := []string{"healthy", "unknown", "sick", "dead"}
	ranking := []string{"", "maintenance", "unknown", "healthy", "sick", "dead"} // of the nodes of a service
	states := map[string]string{}
	for id, n := range h.nodes {
		switch {
		case n.severity < 0:
			continue
		case n.maintenance:
			states[id] = "maintenance"
		default:
			states[id] = names[n.severity]
		}
		service := id[:2]
		states[service] = ranking[max(slices.Index(ranking, states[service]), slices.Index(ranking, states[id]))]
	}
	return states
}

// sum evaluates the hours.
func (h *history) sum(at int64) {
	h.constants(at)
	h.eval("pharos_uptime_hours", at)
	h.sums = append(h.sums, at)
}

// constants writes the choices of alerting.yml.
func (h *history) constants(at int64) {
	app := h.storage.Appender(context.Background())
	for state, w := range h.weights {
		h.append(app, at, w[0], model.MetricNameLabel, schema.UptimeWeightUp, schema.State, state)
		h.append(app, at, w[1], model.MetricNameLabel, schema.UptimeWeightTotal, schema.State, state)
	}
	h.append(app, at, 1, model.MetricNameLabel, schema.UptimePolicy, schema.Sick, "s", schema.Unknown, "u", schema.Maintenance, "m")
	h.append(app, at, objectiveA, model.MetricNameLabel, schema.Objective, schema.Service, "a", schema.Window, "7d")
	h.append(app, at, objectiveB, model.MetricNameLabel, schema.Objective, schema.Service, "b", schema.Window, "30d")
	require.NoError(h.t, app.Commit())
}

func (h *history) append(app storage.Appender, at int64, v float64, pairs ...string) {
	_, err := app.Append(0, labels.FromStrings(pairs...), at, v)
	require.NoError(h.t, err)
}

// eval evaluates the recording rules of a group, as Prometheus does: in order, and
// with an end for each series that is no more.
func (h *history) eval(group string, at int64) {
	for i, rule := range h.groups[group].Rules {
		if rule.Record == "" {
			continue
		}
		now := map[uint64]labels.Labels{}
		app := h.storage.Appender(context.Background())
		for _, s := range h.query(rule.Expr, at) {
			b := labels.NewBuilder(s.Metric).Set(model.MetricNameLabel, rule.Record)
			for name, v := range rule.Labels {
				b.Set(name, v)
			}
			ls := b.Labels()
			now[ls.Hash()] = ls
			_, err := app.Append(0, ls, at, s.F)
			require.NoError(h.t, err)
		}
		key := group + string(rune('0'+i))
		for hash, ls := range h.before[key] {
			if _, ok := now[hash]; !ok {
				_, err := app.Append(0, ls, at, math.Float64frombits(value.StaleNaN))
				require.NoError(h.t, err)
			}
		}
		require.NoError(h.t, app.Commit())
		h.before[key] = now
	}
}

func (h *history) query(expr string, at int64) promql.Vector {
	h.t.Helper()
	query, err := h.engine.NewInstantQuery(context.Background(), h.storage, promql.NewPrometheusQueryOpts(false, 0), expr, time.UnixMilli(at))
	require.NoError(h.t, err)
	defer query.Close()
	result, err := query.Exec(context.Background()).Vector()
	require.NoError(h.t, err, expr)
	return slices.Clone(result)
}

// count counts the ticks that are wanted: the states by node or service.
func (h *history) count(wanted func(at int64) bool) map[string]map[string]float64 {
	all := map[string]map[string]float64{}
	for _, m := range h.ticks {
		if !wanted(m.at) {
			continue
		}
		for id, state := range m.states {
			if all[id] == nil {
				all[id] = map[string]float64{}
			}
			all[id][state]++
		}
	}
	return all
}

// summed returns whether a tick is in a sum that was recorded after from and not
// after to.
func (h *history) summed(from, to int64) func(at int64) bool {
	hours := map[int64]bool{}
	for _, at := range h.sums {
		if at > from && at <= to {
			hours[at/hour-1] = true
		}
	}
	return func(at int64) bool { return hours[at/hour] }
}

// lastSum returns when the hours were summed last, up to the time.
func (h *history) lastSum(until int64) (at int64) {
	for _, sum := range h.sums {
		if sum <= until {
			at = sum
		}
	}
	return at
}

// ratio divides what counts as up by what counts; false if nothing does.
func (h *history) ratio(minutes map[string]float64) (float64, bool) {
	var up, total float64
	for state, n := range minutes {
		up += n * h.weights[state][0]
		total += n * h.weights[state][1]
	}
	return up / total, total > 0
}
