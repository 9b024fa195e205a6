// SPDX-License-Identifier: Apache-2.0

package rules_test

import (
	"fmt"
	"log/slog"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/rules/alerting"
	"github.com/pharos-status/pharos/rules/generate"
)

// A counter is what the exporter keeps of the latencies of a replica: how many fell
// into each bucket of schema 3. Neighbours are 9 % apart.
type counter struct {
	buckets map[int]int64
	sum     float64
}

const (
	bucketSchema = 3
	bucketFactor = 1.1 // the most by which what is read may differ from what was
)

func (c *counter) observe(seconds float64) {
	if c.buckets == nil {
		c.buckets = map[int]int64{}
	}
	c.buckets[int(math.Ceil(math.Log2(seconds)*(1<<bucketSchema)))]++
	c.sum += seconds
}

// histogram returns a copy in the form of the storage.
func (c *counter) histogram() *histogram.Histogram {
	h := &histogram.Histogram{Schema: bucketSchema, ZeroThreshold: math.SmallestNonzeroFloat32, Sum: c.sum}
	last, before := 0, int64(0)
	for _, i := range slices.Sorted(maps.Keys(c.buckets)) {
		n := c.buckets[i]
		switch spans := len(h.PositiveSpans); {
		case spans == 0:
			h.PositiveSpans = append(h.PositiveSpans, histogram.Span{Offset: int32(i), Length: 1})
		case i == last+1:
			h.PositiveSpans[spans-1].Length++
		default:
			h.PositiveSpans = append(h.PositiveSpans, histogram.Span{Offset: int32(i - last - 1), Length: 1})
		}
		h.PositiveBuckets = append(h.PositiveBuckets, n-before)
		h.Count += uint64(n)
		last, before = i, n
	}
	return h
}

// lookedAt is when the rules are evaluated, and the end of all that is scraped.
func lookedAt() time.Time { return time.Unix(3600, 0) }

// set writes a value of that time.
func set(t testing.TB, m *machine, metric string, v float64, pairs ...string) {
	t.Helper()
	app := m.storage.Appender(t.Context())
	ls := labels.NewBuilder(labels.FromStrings(pairs...)).Set(model.MetricNameLabel, metric).Labels()
	_, err := app.Append(0, ls, lookedAt().UnixMilli(), v)
	require.NoError(t, err)
	require.NoError(t, app.Commit())
}

// scrape writes histograms, one for each 15 s before that time.
func scrape(t testing.TB, m *machine, all []*histogram.Histogram, pairs ...string) {
	t.Helper()
	app := m.storage.Appender(t.Context())
	ls := labels.NewBuilder(labels.FromStrings(pairs...)).Set(model.MetricNameLabel, schema.ReplicaLatency).Labels()
	for i, one := range all {
		at := lookedAt().Add(time.Duration(i+1-len(all)) * 15 * time.Second)
		_, err := app.AppendHistogram(0, ls, at.UnixMilli(), one, nil)
		require.NoError(t, err)
	}
	require.NoError(t, app.Commit())
}

// probed makes up an hour of a replica: its histograms, and what was observed within
// the last quarter of an hour. Now and then the exporter starts anew.
func probed(random *rand.Rand) (scraped []*histogram.Histogram, observed []float64) {
	median, spread := math.Exp(random.NormFloat64()-2), random.Float64()
	every := 1 + random.IntN(8) // scrapes between two probes
	var c counter
	for i := range 240 {
		if random.IntN(100) == 0 {
			c = counter{}
		}
		if i%every == 0 {
			took := median * math.Exp(spread*random.NormFloat64())
			c.observe(took)
			if i > 180 { // the one of 180 is the first of the window, and what the others are compared with
				observed = append(observed, took)
			}
		}
		scraped = append(scraped, c.histogram())
	}
	return scraped, observed
}

// TestNativeAgainstObservations: quantiles and Apdex of a node are what its
// observations say, within the width of a bucket, whatever its T.
func TestNativeAgainstObservations(t *testing.T) {
	t.Parallel()
	const nodes = 60
	random := rand.New(rand.NewPCG(5, 11))
	choices := alerting.Default()
	thresholds := []time.Duration{500 * time.Millisecond, 50 * time.Millisecond, 200 * time.Millisecond}
	m := newMachine(t, "")
	observed := map[string][]float64{}
	set(t, m, schema.ApdexThreshold, thresholds[0].Seconds())
	for n := range nodes {
		node := strconv.Itoa(n)
		id := []string{schema.Service, "s", schema.Node, node}
		threshold := thresholds[n%len(thresholds)]
		choices.Apdex.Overrides = append(choices.Apdex.Overrides, alerting.ApdexOverride{Service: "s", Node: node, Threshold: model.Duration(threshold)})
		set(t, m, schema.NodeApdexTarget, threshold.Seconds(), id...)
		set(t, m, schema.NodeNotDead, notDead(n), id...)
		for replica := range 1 + random.IntN(5) {
			for place := range 1 + random.IntN(2) {
				scraped, seen := probed(random)
				scrape(t, m, scraped, append(id, schema.Replica, strconv.Itoa(replica), schema.Instance, strconv.Itoa(place))...)
				observed[node] = append(observed[node], seen...)
			}
		}
	}
	for _, rule := range nativeRules(t, choices) {
		m.evaluate(t, rule, lookedAt())
	}

	apdex := byNode(m.query(t, schema.NodeApdexNative, lookedAt()))
	require.Len(t, apdex, nodes)
	for n := range nodes {
		node := strconv.Itoa(n)
		all := slices.Sorted(slices.Values(observed[node]))
		for _, phi := range []float64{0.5, 0.95, 0.99} {
			got := byNode(m.query(t, fmt.Sprintf("%s{quantile=\"%v\"}", schema.NodeLatencyNative, phi), lookedAt()))[node]
			require.GreaterOrEqual(t, got, ranked(all, phi, -1)/bucketFactor, "node %s, quantile %v of %v", node, phi, all)
			require.LessOrEqual(t, got, ranked(all, phi, 1)*bucketFactor, "node %s, quantile %v of %v", node, phi, all)
		}
		threshold := thresholds[n%len(thresholds)].Seconds()
		require.GreaterOrEqual(t, apdex[node], notDead(n)*satisfied(all, threshold/bucketFactor)-1e-9, "node %s", node)
		require.LessOrEqual(t, apdex[node], notDead(n)*satisfied(all, threshold*bucketFactor)+1e-9, "node %s", node)
	}
}

// notDead is the share of the time in which the replicas of the n-th node were not
// dead.
func notDead(n int) float64 { return 1 - float64(n%4)/4 }

// nativeRules returns the rules over native histograms, as they are generated.
func nativeRules(t testing.TB, c *alerting.Config) []rulefmt.Rule {
	t.Helper()
	files, err := generate.Rules(c)
	require.NoError(t, err)
	groups, errs := rulefmt.Parse(files[generate.NativeFile], false, model.UTF8Validation, parser.NewParser(parser.Options{}), slog.New(slog.DiscardHandler))
	require.Empty(t, errs)
	require.Len(t, groups.Groups, 1)
	return groups.Groups[0].Rules
}

func byNode(vector promql.Vector) map[string]float64 {
	values := map[string]float64{}
	for _, s := range vector {
		values[s.Metric.Get(schema.Node)] = s.F
	}
	return values
}

// ranked returns the observation at the quantile phi; where that is between two, or
// so near that rounding may decide, the one before (side -1) or after (side 1).
func ranked(all []float64, phi float64, side int) float64 {
	rank := math.Ceil(phi*float64(len(all)) + float64(side)*1e-6)
	return all[min(max(int(rank), 1), len(all))-1]
}

// satisfied returns Apdex of the observations, in the words of its definition.
func satisfied(all []float64, threshold float64) float64 {
	var points float64
	for _, took := range all {
		switch {
		case took <= threshold:
			points++
		case took <= 4*threshold:
			points += 0.5
		}
	}
	return points / float64(len(all))
}

// BenchmarkNative measures one evaluation of all rules over native histograms that
// are scraped every 15 s and gain an observation a minute.
func BenchmarkNative(b *testing.B) {
	var kinds [50][]*histogram.Histogram
	random := rand.New(rand.NewPCG(1, 2))
	for k := range kinds {
		var c counter
		for i := range 840 {
			if i < 600 || i%4 == 0 {
				c.observe(0.1 * math.Exp(random.NormFloat64()*0.3))
			}
			if i >= 600 {
				kinds[k] = append(kinds[k], c.histogram())
			}
		}
	}
	all := nativeRules(b, alerting.Default())
	for _, replicas := range []int{1_000, 3_000, 10_000} {
		b.Run(fmt.Sprintf("replicas=%d", replicas), func(b *testing.B) {
			m := newMachine(b, "")
			set(b, m, schema.ApdexThreshold, 0.5)
			for i := range replicas {
				id := []string{schema.Service, fmt.Sprintf("service-%d", i/100), schema.Node, fmt.Sprintf("node-%d", i/10)}
				if i%10 == 0 {
					set(b, m, schema.NodeApdexTarget, 0.5, id...)
					set(b, m, schema.NodeNotDead, 1, id...)
				}
				scrape(b, m, kinds[i%len(kinds)], append(id, schema.Job, schema.JobExporter, schema.Instance, "127.0.0.1:9640",
					schema.Replica, fmt.Sprintf("https://replica-%d.example.com/health", i))...)
			}
			for _, rule := range all {
				m.evaluate(b, rule, lookedAt())
			}
			for b.Loop() {
				for _, rule := range all {
					m.query(b, rule.Expr, lookedAt())
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(replicas), "ns/replica")
		})
	}
}
