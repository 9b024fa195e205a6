// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"

	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/internal/status"
)

// The scene: what two exporters and a status page show in some two hours, over the
// end of a day. The moment is as good as any other; it is written so that whole
// hours lie within.
const (
	sceneLength = 136 * time.Minute
	scrapeEvery = 15 * time.Second
)

func sceneStart() time.Time { return time.Date(2026, time.March, 2, 22, 45, 0, 0, time.UTC) }

// A place is an exporter. Its scrapes lie a little after the evaluations.
type place struct {
	vantage, instance string
	phase             time.Duration
}

func places() []place {
	return []place{{"east", "east:9640", 3 * time.Second}, {"west", "west:9640", 7 * time.Second}}
}

// A span is a part of the scene, in minutes; the end lies outside.
type span struct{ from, to float64 }

// An actor is a replica.
type actor struct {
	service, node, replica, mode string

	only       string // the place that watches it; empty: both
	sick, dead []span
	deadAt     map[string][]span // what one place alone sees
	gone       []span            // not configured then
	took       func(minute float64) float64
	notAfter   time.Duration // after the start; 0: no certificate
	cpu        func(minute float64) float64
}

func steady(seconds float64) func(float64) float64 {
	return func(minute float64) float64 { return seconds * (1 + 0.2*math.Sin(minute)) }
}

// flaps is dead in every second minute of a quarter of an hour.
func flaps() (dead []span) {
	for m := 60.0; m < 80; m += 2 {
		dead = append(dead, span{m, m + 1})
	}
	return dead
}

func actors() []actor {
	const day = 24 * time.Hour
	return []actor{
		{service: "web", node: "api", replica: "https://a/", mode: "poll", took: steady(0.1), notAfter: 90 * day},
		{service: "web", node: "api", replica: "https://b/", mode: "poll", took: steady(0.2), gone: []span{{50, 999}}},
		{service: "web", node: "api", replica: "https://c/", mode: "poll", took: steady(0.3), dead: []span{{20, 35}}},
		{service: "web", node: "cdn", replica: "https://d/", mode: "poll", took: steady(0.05)},
		{service: "web", node: "cdn", replica: "https://e/", mode: "poll", took: steady(0.06), dead: []span{{30, 60}}},
		{service: "web", node: "cdn", replica: "https://f/", mode: "poll", took: steady(0.07), dead: []span{{40.5, 50}}},
		{
			service: "web", node: "slow", replica: "https://g/", mode: "poll", sick: []span{{15, 45}}, notAfter: 2 * day,
			took: func(m float64) float64 { return steady(0.4)(m) * (1 + 9*among(m, span{15, 45})) },
		},
		{
			service: "web", node: "slower", replica: "https://h/", mode: "poll", notAfter: 5 * day,
			took: func(m float64) float64 { return steady(0.1)(m) * (1 + among(m, span{5, 999})) },
		},
		{service: "shop", node: "flappy", replica: "tcp://i:1", mode: "poll", took: steady(0.01), dead: flaps()},
		{service: "shop", node: "checkout", replica: "tcp://j:1", mode: "poll", took: steady(0.02), dead: []span{{102, 112}}},
		{service: "shop", node: "plugins", replica: "load", mode: "script", took: steady(1.5), sick: []span{{50, 58}}},
		{service: "db", node: "primary", replica: "tcp://k:1", mode: "poll", took: steady(0.03), dead: []span{{70, 131.5}}},
		{service: "db", node: "replica", replica: "tcp://l:1", mode: "poll", took: steady(0.04), only: "east", dead: []span{{90, 93}}},
		{service: "edge", node: "dns", replica: "dns://m/", mode: "poll", took: steady(0.015), deadAt: map[string][]span{"east": {{25, 40}}}},
		{service: "edge", node: "dns", replica: "dns://n/", mode: "poll", took: steady(0.015), deadAt: map[string][]span{"east": {{97, 999}}}},
		{service: "queue", node: "jobs", replica: "host-1", mode: "push", cpu: func(m float64) float64 { return 0.5 + m/300 }, only: "west", sick: []span{{120, 999}}},
	}
}

// Nodes without replicas, those with a minimum, and those under maintenance.
func idleNodes() [][2]string           { return [][2]string{{"inside", "relayed"}} }
func minHealthy() map[string]float64   { return map[string]float64{"web/cdn": 2} }
func maintenances() map[string][]span  { return map[string][]span{"shop/checkout": {{100, 120}}} }
func exporterAway() map[string][]span  { return map[string][]span{"east": {{95, 110}}} }
func reloadFails() map[string][]span   { return map[string][]span{"west": {{10, 20}}} }
func queueLength(m float64) float64    { return math.Round(100 + 60*max(0, m-10)) }
func within(m float64, s ...span) bool { return among(m, s...) == 1 }

func among(minute float64, spans ...span) float64 {
	if slices.ContainsFunc(spans, func(s span) bool { return s.from <= minute && minute < s.to }) {
		return 1
	}
	return 0
}

// steps returns the moments at which rules are evaluated: each minute, and each
// tick for a while after something changed.
func steps() []time.Time {
	var changes []float64
	add := func(spans []span) {
		for _, s := range spans {
			changes = append(changes, s.from, s.to)
		}
	}
	for _, a := range actors() {
		if a.node != "flappy" {
			add(a.dead)
			add(a.gone)
		}
		for _, spans := range a.deadAt {
			add(spans)
		}
	}
	for _, spans := range exporterAway() {
		add(spans)
	}
	var all []time.Time
	for d := time.Duration(0); d <= sceneLength; d += tick {
		m := d.Minutes()
		if d%time.Minute == 0 || slices.ContainsFunc(changes, func(c float64) bool { return c <= m && m < c+1 }) {
			all = append(all, sceneStart().Add(d))
		}
	}
	return all
}

// A scene tells what was scraped.
type scene struct {
	start time.Time
	next  map[string]time.Time                // by instance
	last  map[string]map[uint64]labels.Labels // by instance: the series of the last scrape
}

func newScene(start time.Time) *scene {
	s := &scene{start, map[string]time.Time{}, map[string]map[uint64]labels.Labels{}}
	for _, p := range places() {
		s.next[p.instance] = start.Add(p.phase - time.Minute)
	}
	s.next[pageInstance] = start.Add(9*time.Second - time.Minute)
	return s
}

const pageInstance = "page:9641"

// until returns what was scraped since the last call, in the order of time within
// each series.
func (s *scene) until(at time.Time) (all []sample) {
	for _, p := range places() {
		for ; !s.next[p.instance].After(at); s.next[p.instance] = s.next[p.instance].Add(scrapeEvery) {
			now := s.next[p.instance]
			r := s.read(now, schema.JobExporter, p.instance, schema.Vantage, p.vantage)
			up := !within(r.minute, exporterAway()[p.vantage]...)
			if up {
				r.exporter(p.vantage)
			}
			all = append(all, s.scraped(r, up)...)
		}
	}
	for ; !s.next[pageInstance].After(at); s.next[pageInstance] = s.next[pageInstance].Add(scrapeEvery) {
		r := s.read(s.next[pageInstance], "pharos_statuspage", pageInstance)
		r.page()
		all = append(all, s.scraped(r, true)...)
	}
	return all
}

// read begins a scrape.
func (s *scene) read(at time.Time, job, instance string, more ...string) *reading {
	target := append([]string{schema.Job, job, schema.Instance, instance}, more...)
	return &reading{target: target, start: s.start, at: at, minute: at.Sub(s.start).Minutes()}
}

// scraped ends the series that were in the last scrape and are not in this one.
func (s *scene) scraped(r *reading, up bool) []sample {
	instance := r.target[3]
	have := map[uint64]labels.Labels{}
	for _, one := range r.samples {
		have[one.labels.Hash()] = one.labels
	}
	for hash, series := range s.last[instance] {
		if _, ok := have[hash]; !ok {
			r.samples = append(r.samples, sample{series, r.at.UnixMilli(), math.Float64frombits(value.StaleNaN)})
		}
	}
	s.last[instance] = have
	r.add(schema.Up, map[bool]float64{true: 1}[up])
	return r.samples
}

// A reading is one scrape of one target.
type reading struct {
	target  []string
	start   time.Time // of the scene
	at      time.Time
	minute  float64
	samples []sample
}

func (r *reading) add(name string, v float64, more ...string) {
	pairs := slices.Concat([]string{model.MetricNameLabel, name}, r.target, more)
	r.samples = append(r.samples, sample{labels.FromStrings(pairs...), r.at.UnixMilli(), v})
}

func (r *reading) seconds() float64 { return float64(r.at.UnixMilli()) / 1000 }

func (r *reading) exporter(vantage string) {
	nodes := map[[2]string]string{}
	for _, id := range idleNodes() {
		nodes[id] = "local"
	}
	for _, a := range actors() {
		if a.only != "" && a.only != vantage {
			continue
		}
		nodes[[2]string{a.service, a.node}] = a.mode
		if !within(r.minute, a.gone...) {
			r.replica(a, vantage)
		}
	}
	for id, mode := range nodes {
		r.add(schema.NodeInfo, 1, schema.Service, id[0], schema.Node, id[1], schema.Mode, mode,
			schema.ServiceLabel, strings.ToTitle(id[0]), schema.NodeLabel, strings.ToTitle(id[1]), schema.Reveal, "false")
		if minimum, ok := minHealthy()[id[0]+"/"+id[1]]; ok {
			r.add(schema.NodeMinHealthy, minimum, schema.Service, id[0], schema.Node, id[1])
		}
	}
	if vantage == "west" {
		queue := []string{schema.Service, "queue", schema.Node, "jobs", schema.Queue, "jobs", schema.State, schema.Ready}
		r.add(schema.NodeQueueMessages, queueLength(r.minute), queue...)
		r.add("pharos_node_queue_dead_above_messages", 20_000, queue...)
	}
	r.itself(vantage)
}

// itself is what the exporter says of itself.
func (r *reading) itself(vantage string) {
	r.add(schema.ExporterReloadSuccessful, 1-among(r.minute, reloadFails()[vantage]...))
	r.add(schema.ExporterReloadSuccessTime, float64(r.start.Unix()))
	for _, mode := range []string{"poll", "script"} {
		r.add(schema.ExporterProbes, math.Floor(10*(r.minute+5)), schema.Mode, mode, schema.Result, "success")
	}
}

func (r *reading) replica(a actor, vantage string) {
	id := []string{schema.Service, a.service, schema.Node, a.node, schema.Replica, a.replica}
	is, reason := status.Healthy, ""
	switch {
	case within(r.minute, a.dead...), within(r.minute, a.deadAt[vantage]...):
		is, reason = status.Dead, "connect"
	case within(r.minute, a.sick...):
		is, reason = status.Sick, "slow"
	}
	for _, s := range []status.Status{status.Healthy, status.Sick, status.Dead} {
		r.add(schema.ReplicaStatus, map[bool]float64{true: 1}[s == is], append(id, schema.Status, s.String())...)
	}
	if reason != "" {
		r.add(schema.ReplicaFailureReason, 1, append(id, schema.Reason, reason)...)
	}
	r.add(schema.ReplicaLastSeen, math.Floor(r.seconds()), id...)
	if a.took != nil {
		r.add(schema.ReplicaProbeDuration, a.took(r.minute), id...)
	}
	if a.cpu != nil {
		r.add(schema.ReplicaLoad, a.cpu(r.minute), append(id, schema.Resource, schema.CPU)...)
	}
	if a.notAfter != 0 {
		r.add(schema.ReplicaTLSNotAfter, float64(r.start.Add(a.notAfter).Unix()), id...)
	}
}

func (r *reading) page() {
	r.add("pharos_statuspage_config_last_reload_successful", 1)
	for _, a := range actors() {
		if a.node == "checkout" || a.node == "primary" {
			spans := maintenances()[a.service+"/"+a.node]
			r.add(schema.MaintenanceActive, among(r.minute, spans...), schema.Service, a.service, schema.Node, a.node)
		}
	}
}
