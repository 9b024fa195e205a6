// SPDX-License-Identifier: Apache-2.0

package rules_test

import (
	"cmp"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/model/value"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/schema"
)

// TestMemory lets exporters come and go, replicas and nodes be added and removed,
// and Prometheus be away for 2 minutes or for 20, all at random, and compares every
// evaluation with these sentences: what a good scrape has is as its places say; what
// a good scrape has not is gone; what was in the last good scrape of an exporter that
// is down is unknown; so it is of one that is no target any more, for an hour, or
// until another one of its job and vantage is up. What a node needs is remembered like
// what it has. The memory is evaluated once a minute, between any two things that
// happen to one exporter, and the rest at each scrape.
func TestMemory(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, seed)
			for at := time.Unix(0, 0).Add(time.Minute); w.checked < 1500; at = w.next(at) {
				w.scrape(at.Add(-5 * time.Second))
				if at.Unix()%60 == 0 {
					w.evaluate(w.memory, at)
					w.remember(at)
					w.settled = true
				}
				replicas := w.evaluate(w.fast[:1], at)
				nodes := w.evaluate(w.fast[1:3], at)
				w.check(at, replicas, nodes)
			}
			for _, of := range []string{"forgotten", "succeeded", "remembered", "remembered for hours"} {
				require.Positive(t, w.seen[of], "nothing was ever %s: the test tests nothing", of)
			}
		})
	}
}

// A world is some exporters and a Prometheus that scrapes them.
type world struct {
	*machine

	t         *testing.T
	rand      *rand.Rand
	memory    []rulefmt.Rule
	fast      []rulefmt.Rule
	exporters []*exporter
	settled   bool // the memory was evaluated since Prometheus started

	checked int
	seen    map[string]int // how often something was so
}

// An exporter is up or not. What it has, it shows when it is up.
type exporter struct {
	job, instance, vantage string

	up, gone   bool // gone: no target any more
	until      time.Time
	has        map[string]int  // severities of replicas, nodes which have none, and what nodes need: "n0!"
	shown      map[string]bool // what Prometheus has to end when it is no longer there
	good       map[string]int  // what was in the last good scrape
	seen       time.Time       // when that was
	remembered bool            // as of the last evaluation of the memory
}

// place is where the exporter stands.
func (e *exporter) place() string { return cmp.Or(e.vantage, "instance "+e.instance) }

func newWorld(t *testing.T, seed uint64) *world {
	t.Helper()
	w := &world{machine: newMachine(t, ""), t: t, rand: rand.New(rand.NewPCG(seed, 1)), seen: map[string]int{}}
	w.memory, w.fast = load(t, "memory")[0].Rules, load(t, "pharos")[0].Rules
	for _, e := range []*exporter{
		{job: "pharos_exporter", instance: "a"},
		{job: "pharos_exporter", instance: "b", vantage: "west"},
		{job: "pharos_exporter", instance: "c", vantage: "west"},
		{job: "renamed", instance: "d", vantage: "west"},
	} {
		e.up, e.has, e.shown, e.good = true, map[string]int{}, map[string]bool{}, map[string]int{}
		for range 4 {
			w.change(e)
		}
		w.exporters = append(w.exporters, e)
	}
	return w
}

// change adds a replica or a node to the exporter, or removes one, or has it find
// one in another state, or does the same with what a node needs.
func (w *world) change(e *exporter) {
	id := []string{"n0/r0", "n0/r1", "n1/r2", "n1/r3", "n0", "n1", "n2", "n0!"}[w.rand.IntN(8)]
	if _, there := e.has[id]; there && w.rand.IntN(2) == 0 {
		delete(e.has, id)
		return
	}
	e.has[id] = w.rand.IntN(4)
}

// next lets things happen until the next evaluation. What happens to an exporter
// is scraped before the memory is evaluated again.
func (w *world) next(at time.Time) time.Time {
	switch at.Unix() % 60 {
	case 0:
		if gap := []time.Duration{2 * time.Minute, 20 * time.Minute, 0}[min(w.rand.IntN(60), 2)]; gap > 0 {
			return w.restart(at, gap)
		}
	case 15:
		for _, e := range w.exporters {
			w.happen(e, at)
		}
	}
	return at.Add(15 * time.Second)
}

// restart ends Prometheus and starts it later: it no longer knows which series it
// would have to end. For as long as it looks back, 5 minutes, old ones look alive, so
// that exporters change only in longer gaps.
func (w *world) restart(at time.Time, gap time.Duration) time.Time {
	w.settled = false
	w.written = map[string]map[string]labels.Labels{}
	at = at.Add(gap + time.Duration(15*w.rand.IntN(4))*time.Second)
	for _, e := range w.exporters {
		e.shown = map[string]bool{}
		if gap < 5*time.Minute {
			if e.up && w.rand.IntN(3) == 0 {
				e.up, e.gone, e.until = false, false, at.Add(6*time.Minute)
			}
			continue
		}
		e.up, e.gone = w.rand.IntN(2) == 0, w.rand.IntN(2) == 0
		w.change(e)
	}
	return at
}

func (w *world) happen(e *exporter, at time.Time) {
	switch {
	case e.up && w.rand.IntN(15) == 0:
		e.up, e.gone = false, w.rand.IntN(2) == 0
		e.until = at.Add([]time.Duration{2 * time.Minute, 10 * time.Minute, 90 * time.Minute}[w.rand.IntN(3)])
	case e.up && w.rand.IntN(3) == 0:
		w.change(e)
	case !e.up && at.After(e.until):
		e.up, e.gone = true, false
		w.change(e)
		w.change(e)
	}
}

// scrape writes what a scrape of every exporter writes.
func (w *world) scrape(at time.Time) {
	w.t.Helper()
	app := w.storage.Appender(w.t.Context())
	for _, e := range w.exporters {
		now := map[string]bool{}
		write := func(v float64, metric string, pairs ...string) {
			lb := labels.NewBuilder(labels.FromStrings(pairs...)).Set(model.MetricNameLabel, metric)
			lb.Set(schema.Job, e.job).Set(schema.Instance, e.instance)
			if metric != schema.Up { // the exporter says where it stands
				lb.Set(schema.Vantage, e.vantage)
			}
			_, err := app.Append(0, lb.Labels(), at.UnixMilli(), v)
			require.NoError(w.t, err)
		}
		series := func(v float64, metric string, pairs ...string) {
			write(v, metric, pairs...)
			now[strings.Join(append(pairs, metric), "\xff")] = true
		}
		if e.up {
			e.good, e.seen = maps.Clone(e.has), at
			series(1, schema.Up)
			series(1, schema.ExporterReloadSuccessful)
			for id, severity := range e.has {
				e.show(series, id, severity)
			}
		} else if !e.gone {
			series(0, schema.Up)
		}
		for key := range e.shown {
			if parts := strings.Split(key, "\xff"); !now[key] {
				write(math.Float64frombits(value.StaleNaN), parts[len(parts)-1], parts[:len(parts)-1]...)
			}
		}
		e.shown = now
	}
	require.NoError(w.t, app.Commit())
}

func (e *exporter) show(series func(float64, string, ...string), id string, severity int) {
	if node, ok := strings.CutSuffix(id, "!"); ok {
		series(float64(severity), schema.NodeMinHealthy, schema.Service, "s", schema.Node, node)
		return
	}
	node, replica, isReplica := strings.Cut(id, "/")
	if !isReplica {
		series(1, schema.NodeInfo, schema.Service, "s", schema.Node, node)
		return
	}
	for status, of := range map[string]int{"healthy": healthy, "sick": sick, "dead": dead} {
		v := 0.0
		if of == severity {
			v = 1
		}
		series(v, schema.ReplicaStatus, schema.Service, "s", schema.Node, node, schema.Replica, replica, schema.Status, status)
	}
}

// evaluate evaluates the rules, and returns by id what the last one recorded.
func (w *world) evaluate(rules []rulefmt.Rule, at time.Time) map[string]float64 {
	w.t.Helper()
	var got map[string]float64
	for _, rule := range rules {
		got = map[string]float64{}
		for _, s := range w.machine.evaluate(w.t, rule, at) {
			got[strings.Trim(s.Metric.Get(schema.Node)+"/"+s.Metric.Get(schema.Replica), "/")] = s.F
		}
	}
	return got
}

// remember is what an evaluation of the memory should do.
func (w *world) remember(at time.Time) {
	for _, e := range w.exporters {
		succeeded := e.gone && e.vantage != "" && slices.ContainsFunc(w.exporters, func(other *exporter) bool {
			return other.up && other.job == e.job && other.vantage == e.vantage
		})
		switch {
		case e.up:
			e.remembered = true
		case e.remembered && succeeded:
			e.remembered = false
			w.seen["succeeded"]++
		case e.remembered && e.gone && at.Sub(e.seen) >= time.Hour:
			e.remembered = false
			w.seen["forgotten"]++
		case e.remembered && at.Sub(e.seen) > 65*time.Minute:
			w.seen["remembered for hours"]++
		}
	}
}

// check compares what the rules made with what they should have made. What only
// the memory knows has to wait for its first evaluation; and where the hour ends it is
// a matter of seconds.
func (w *world) check(at time.Time, replicas, nodes map[string]float64) {
	w.t.Helper()
	for _, e := range w.exporters {
		if age := at.Sub(e.seen) - time.Hour; e.gone && age.Abs() < 2*time.Minute {
			return
		}
	}
	want, byNode := map[string]float64{}, map[string]string{}
	for _, id := range []string{"n0/r0", "n0/r1", "n1/r2", "n1/r3"} {
		if word, there := w.said(id); there {
			want[id] = quorum(word, func(fresh int) int { return fresh/2 + 1 })
			byNode[id[:2]] += string(letters[int(want[id])])
		}
	}
	wantNodes := map[string]float64{}
	for _, id := range []string{"n0", "n1", "n2"} {
		if word := byNode[id]; word != "" {
			wantNodes[id] = node(word, w.needed(id))
		} else if _, there := w.said(id); there {
			wantNodes[id] = unknown
		}
	}
	if !w.settled {
		for id, severity := range want { // what is up is right at once
			if severity != unknown {
				require.InDelta(w.t, severity, replicas[id], 0, "%s at %d", id, at.Unix())
			}
		}
		return
	}
	require.Equal(w.t, want, replicas, "replicas at %d", at.Unix())
	require.Equal(w.t, wantNodes, nodes, "nodes at %d", at.Unix())
	w.checked++
}

// said returns what places say of a replica or node, u for those that cannot
// tell, and whether it is there at all.
func (w *world) said(id string) (word string, there bool) {
	places := map[string]int{} // the worst of each
	for _, e := range w.exporters {
		severity, has := e.has[id]
		_, had := e.good[id]
		switch {
		case e.up && has:
			there = true
			if severity != unknown {
				places[e.place()] = max(places[e.place()], severity)
			}
		case !e.up && e.remembered && had:
			there = true
			w.seen["remembered"]++
		}
	}
	var known strings.Builder
	for _, severity := range places {
		known.WriteByte(letters[severity])
	}
	if there && len(places) == 0 {
		return "u", true
	}
	return known.String(), there
}

// needed returns how many replicas a node needs; -1 if nobody says so.
func (w *world) needed(node string) int {
	most := -1
	for _, e := range w.exporters {
		from := e.has
		if !e.up {
			from = e.good
		}
		if n, ok := from[node+"!"]; ok && (e.up || e.remembered) {
			most = max(most, n)
		}
	}
	return most
}
