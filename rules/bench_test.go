// SPDX-License-Identifier: Apache-2.0

package rules_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/storage"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/schema"
)

// BenchmarkEvaluation measures one evaluation of all rules of each file, over an
// hour of samples every 15 s, as the head of the storage has them. The file
// "pharos" is what an event costs. The time per replica should not grow with their
// number.
func BenchmarkEvaluation(b *testing.B) {
	for _, replicas := range []int{1_000, 3_000, 10_000, 30_000} {
		b.Run(fmt.Sprintf("replicas=%d", replicas), func(b *testing.B) {
			y := newYard(b, replicas)
			for _, file := range y.files {
				b.Run("file="+file, func(b *testing.B) {
					for b.Loop() {
						for _, rule := range y.rules[file] {
							y.query(b, rule.Expr, y.now)
						}
					}
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(replicas), "ns/replica")
				})
			}
		})
	}
}

// A yard is a storage with what an exporter has written in an hour, and what the
// rules have made of it.
type yard struct {
	*machine

	now   time.Time
	files []string
	rules map[string][]rulefmt.Rule // by file
}

func newYard(b *testing.B, replicas int) *yard {
	b.Helper()
	y := &yard{
		machine: newMachine(b, ""),
		now:     time.Unix(75*60, 0), // 300 samples: the newest chunk is half full, as on average
		rules:   map[string][]rulefmt.Rule{},
	}
	y.scrape(b, replicas)
	for _, g := range load(b) {
		if len(y.rules[g.File]) == 0 {
			y.files = append(y.files, g.File)
		}
		for _, rule := range g.Rules {
			y.rules[g.File] = append(y.rules[g.File], rule)
			if rule.Record != "" {
				y.record(b, rule, max(15*time.Second, time.Duration(g.Interval)))
			}
		}
	}
	return y
}

// record writes what the rule makes now as if it had been so for an hour.
func (y *yard) record(b *testing.B, rule rulefmt.Rule, every time.Duration) {
	b.Helper()
	var all []series
	for _, s := range y.query(b, rule.Expr, y.now) {
		all = append(all, series{recorded(rule, s.Metric), func(time.Time) float64 { return s.F }})
	}
	y.write(b, all, every)
}

// A series has a value for every time.
type series struct {
	labels labels.Labels
	value  func(at time.Time) float64
}

// write appends the samples until now, and the last one by itself: what is
// appended together, the storage has to tell from what is not complete yet.
func (y *yard) write(b *testing.B, all []series, every time.Duration) {
	b.Helper()
	last := y.now.Truncate(every)
	for _, span := range [][2]time.Time{{time.Unix(0, 0).Add(every), last.Add(-every)}, {last, last}} {
		app := y.storage.Appender(context.Background())
		for i, s := range all {
			var ref storage.SeriesRef
			for at := span[0]; !at.After(span[1]); at = at.Add(every) {
				var err error
				ref, err = app.Append(ref, s.labels, at.UnixMilli(), s.value(at))
				require.NoError(b, err)
			}
			if i%1000 == 999 {
				require.NoError(b, app.Commit())
				app = y.storage.Appender(context.Background())
			}
		}
		require.NoError(b, app.Commit())
	}
}

// scrape writes what an exporter says: nodes of 10 replicas, services of 10 nodes,
// and of 100 replicas one dead, two sick and one unknown.
func (y *yard) scrape(b *testing.B, replicas int) {
	b.Helper()
	constant := func(v float64) func(time.Time) float64 { return func(time.Time) float64 { return v } }
	probed := func(at time.Time) float64 { return float64(at.Truncate(2 * time.Minute).Unix()) }
	took := func(at time.Time) float64 { return float64(at.Truncate(2*time.Minute).Unix()%977) / 4096 }
	var all []series
	write := func(metric string, value func(time.Time) float64, pairs ...string) {
		lb := labels.NewBuilder(labels.FromStrings(pairs...))
		lb.Set(model.MetricNameLabel, metric).Set(schema.Job, schema.JobExporter).Set(schema.Instance, "127.0.0.1:9640")
		all = append(all, series{lb.Labels(), value})
	}
	write(schema.Up, constant(1))
	write(schema.ExporterReloadSuccessful, constant(1))
	for i := range replicas {
		id := []string{schema.Service, fmt.Sprintf("service-%d", i/100), schema.Node, fmt.Sprintf("node-%d", i/10)}
		if i%10 == 0 {
			write(schema.NodeInfo, constant(1), append(id, schema.Mode, "poll", schema.NodeLabel, "Nodes of the service")...)
		}
		id = append(id, schema.Replica, fmt.Sprintf("https://replica-%d.example.com/health", i))
		write(schema.ReplicaProbeDuration, took, id...)
		write(schema.ReplicaLastSeen, probed, id...)
		holds := map[int]string{17: "dead", 23: "sick", 42: "sick", 77: "unknown"}[i%100]
		if holds == "" {
			holds = "healthy"
		}
		for _, status := range []string{"healthy", "sick", "dead"} {
			value := 0.0
			if status == holds {
				value = 1
			}
			write(schema.ReplicaStatus, constant(value), append(id, schema.Status, status)...)
		}
	}
	y.write(b, all, 15*time.Second)
}
