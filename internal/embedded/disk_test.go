// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/tsdb/index"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/rules/alerting"
)

// What a day has in BenchmarkDisk: 500 replicas of 60 nodes, polled at the
// default interval, each of them dead for five minutes once a day. Besides what
// is watched, the two jobs bring series that never change and series that always
// do.
const (
	diskReplicas  = 500
	diskInterval  = DefaultScrapeInterval
	diskPoll      = 120 * time.Second
	diskOutage    = 5 * time.Minute
	diskScrape    = 3217 * time.Millisecond // after the tick; scrapes of a target keep their phase
	diskConstants = 150
	diskNoise     = 20
)

// BenchmarkDisk feeds a day of simulated time through the storage, at default
// settings: the series of the exporter, native histograms included, and what the
// bundled rules make of them at each tick and at each event. It says how large
// the blocks of a day are, and what is in them.
func BenchmarkDisk(b *testing.B) {
	for b.Loop() {
		w := newWorld(b, diskReplicas)
		for tick := range int(27 * time.Hour / diskInterval) { // the last hours stay in memory
			w.step(tick)
		}
		require.NoError(b, w.p.db.Compact(b.Context()))
		w.report(b)
		require.NoError(b, w.p.close())
	}
}

// A world is what is simulated.
type world struct {
	ctx      context.Context
	p        *prom
	start    time.Time
	rng      *rand.Rand
	groups   []*rules.Group
	slotted  map[string]bool // names of rules of groups with slots
	replicas []*replica
	scraped  []*series // in the order of a scrape
	outages  map[int][]*replica
	ends     map[int][]*replica
}

// A series of the scrape, and what it is worth at the moment.
type series struct {
	labels    labels.Labels
	ref       storage.SeriesRef
	value     float64
	histogram *histogram.Histogram
	noise     bool
}

// A replica is probed once in an interval, at its own phase.
type replica struct {
	healthy, dead, duration, seen, latency *series
	observed                               prometheus.Histogram
	phase                                  time.Duration
}

func newWorld(b *testing.B, replicas int) *world {
	b.Helper()
	o := usual(b, newExporter(0))
	bundled(&o)
	o = o.withDefaults()
	p, err := openPrometheus(o, http.NotFoundHandler())
	require.NoError(b, err)
	c, err := loadPrometheus(o)
	require.NoError(b, err)
	groups, err := p.loadRules(o, c, alerting.Default())
	require.NoError(b, err)
	w := &world{
		ctx: b.Context(), p: p, start: time.Now().Add(-48 * time.Hour).Truncate(24 * time.Hour), rng: rand.New(rand.NewPCG(1, 2)),
		groups: slices.SortedFunc(maps.Values(groups), inOrder), outages: map[int][]*replica{}, ends: map[int][]*replica{}, slotted: map[string]bool{},
	}
	for _, g := range w.groups {
		restored(g)
		for _, r := range g.Rules() {
			w.slotted[r.Name()] = g.Interval() > diskInterval
		}
	}
	w.add("up").value = 1
	for i := range diskConstants {
		w.add("pharos_constant", "i", strconv.Itoa(i))
	}
	for i := range diskNoise {
		w.add("process_noise", "i", strconv.Itoa(i)).noise = true
	}
	for i := range 60 {
		w.add(schema.NodeInfo, append(at2(i), schema.NodeLabel, "Access to the API", schema.ServiceLabel, "Web nodes", schema.Mode, "poll")...).value = 1
	}
	for i := range replicas {
		w.addReplica(i)
	}
	return w
}

// at2 returns service and node of the i-th replica as pairs.
func at2(i int) []string { return []string{schema.Service, place(i)[0], schema.Node, place(i)[1]} }

func (w *world) add(name string, pairs ...string) *series {
	all := append([]string{"__name__", name, "job", schema.JobExporter, "instance", instance}, pairs...)
	s := &series{labels: labels.FromStrings(all...)}
	w.scraped = append(w.scraped, s)
	return s
}

func (w *world) addReplica(i int) {
	of := append(at2(i), schema.Replica, fmt.Sprintf("https://%s.example.com:8443/v1/health", place(i)[2]))
	with := func(more ...string) []string { return append(of[:6:6], more...) }
	r := &replica{
		healthy: w.add(schema.ReplicaStatus, with(schema.Status, "healthy")...),
		dead:    w.add(schema.ReplicaStatus, with(schema.Status, "dead")...),
		observed: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "x", Help: "x", NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 100,
		}),
		phase: time.Duration(i) * diskPoll / diskReplicas % diskPoll,
	}
	w.add(schema.ReplicaStatus, with(schema.Status, "sick")...)
	r.duration, r.seen, r.latency = w.add(schema.ReplicaProbeDuration, of...), w.add(schema.ReplicaLastSeen, of...), w.add(schema.ReplicaLatency, of...)
	r.healthy.value = 1
	r.probe(w)
	w.replicas = append(w.replicas, r)
	begin := w.rng.IntN(int(24 * time.Hour / diskInterval))
	w.outages[begin] = append(w.outages[begin], r)
	end := begin + int(diskOutage/diskInterval)
	w.ends[end] = append(w.ends[end], r)
}

// probe is a poll that took about 50 ms.
func (r *replica) probe(w *world) {
	took := 0.05 * math.Exp(w.rng.NormFloat64()*0.3)
	unit := math.Exp2(math.Floor(math.Log2(took)) - 11) // as the exporter rounds
	took = math.Round(took/unit) * unit
	r.duration.value = took
	r.observed.Observe(took)
	r.latency.histogram = native(r.observed)
}

// native returns the histogram as a scrape reads it.
func native(h prometheus.Histogram) *histogram.Histogram {
	var m dto.Metric
	if err := h.Write(&m); err != nil {
		panic(err)
	}
	spans := func(in []*dto.BucketSpan) (out []histogram.Span) {
		for _, s := range in {
			out = append(out, histogram.Span{Offset: s.GetOffset(), Length: s.GetLength()})
		}
		return out
	}
	d := m.GetHistogram()
	return &histogram.Histogram{
		Schema: d.GetSchema(), ZeroThreshold: d.GetZeroThreshold(), ZeroCount: d.GetZeroCount(),
		Count: d.GetSampleCount(), Sum: d.GetSampleSum(), PositiveSpans: spans(d.GetPositiveSpan()), PositiveBuckets: d.GetPositiveDelta(),
	}
}

// step is an interval: the tick, the scrape, then what happens.
func (w *world) step(n int) {
	now := w.start.Add(time.Duration(n) * diskInterval)
	if n > 0 {
		w.tick(n, now)
	}
	at := now.Add(diskScrape)
	for _, r := range w.replicas {
		if since := (at.Sub(w.start) - r.phase) % diskPoll; since >= 0 && since < diskInterval {
			r.probe(w)
			r.seen.value = float64(at.Add(-since).Unix())
		}
	}
	w.scrape(at)
	for i, r := range w.outages[n] {
		w.event(at.Add(time.Duration(i*100+w.rng.IntN(100))*time.Millisecond+time.Second), r, 0)
	}
	for i, r := range w.ends[n] {
		w.event(at.Add(time.Duration(i*100+w.rng.IntN(100))*time.Millisecond+6*time.Second), r, 1)
	}
}

// tick writes the results of all rules. Where nothing can have changed, those of
// each tick are those of the last one, which spares most of the evaluations.
func (w *world) tick(n int, now time.Time) {
	changed := len(w.outages[n-1])+len(w.ends[n-1]) > 0
	if changed || n%20 == 0 || n < 10 {
		w.evaluate(now, false)
		return
	}
	w.slots(now)
	app := w.p.db.Appender(w.ctx)
	for _, last := range w.p.results.last {
		if w.slotted[last.labels.Get("__name__")] || w.slotted[last.labels.Get("alertname")] {
			continue
		}
		if _, err := app.Append(0, last.labels, now.UnixMilli(), math.Float64frombits(last.bits)); err != nil {
			panic(err)
		}
	}
	if err := app.Commit(); err != nil {
		panic(err)
	}
}

// evaluate does what the driver does: groups with slots at these alone.
func (w *world) evaluate(at time.Time, sparsely bool) {
	w.p.results.on = sparsely
	for _, g := range w.groups {
		if g.Interval() <= diskInterval {
			rules.DefaultEvalIterationFunc(w.ctx, g, at)
		}
	}
	if !sparsely {
		w.slots(at)
	}
}

// slots evaluates the groups whose slot this is.
func (w *world) slots(at time.Time) {
	w.p.results.on = false
	for _, g := range w.groups {
		if g.Interval() > diskInterval && at.Equal(at.Truncate(g.Interval())) {
			rules.DefaultEvalIterationFunc(w.ctx, g, at)
		}
	}
}

func (w *world) scrape(at time.Time) {
	app := w.p.db.AppenderV2(w.ctx)
	for _, s := range w.scraped {
		if s.noise {
			s.value = w.rng.Float64()
		}
		var h *histogram.Histogram
		if s.histogram != nil {
			h = s.histogram.Copy()
		}
		ref, err := app.Append(s.ref, s.labels, 0, at.UnixMilli(), s.value, h, nil, storage.AOptions{})
		if err != nil {
			panic(err)
		}
		s.ref = ref
	}
	if err := app.Commit(); err != nil {
		panic(err)
	}
}

// event is a verdict: the changed samples, and the rules.
func (w *world) event(at time.Time, r *replica, healthy float64) {
	r.healthy.value, r.dead.value = healthy, 1-healthy
	points := []point{{r.healthy.labels, healthy}, {r.dead.labels, 1 - healthy}}
	if err := write(w.ctx, w.p.db, at, points); err != nil {
		panic(err)
	}
	w.evaluate(at, true)
}

// report says how large a day is, and logs the metrics that take the most.
func (w *world) report(b *testing.B) {
	b.Helper()
	var bytes, span int64
	classes := map[string]int64{}
	longest := time.Duration(0)
	for _, block := range w.p.db.Blocks() {
		m := block.Meta()
		span += m.MaxTime - m.MinTime
		longest = max(longest, time.Duration(m.MaxTime-m.MinTime)*time.Millisecond)
		bytes += sizeOf(b, block.Dir())
		classes["(index)"] += sizeOf(b, filepath.Join(block.Dir(), "index"))
		inBlock(b, block, classes)
	}
	days := float64(span) / float64(24*time.Hour.Milliseconds())
	b.ReportMetric(float64(bytes)/1e6/days, "MB/day")
	for _, name := range slices.SortedFunc(maps.Keys(classes), func(x, y string) int { return int(classes[y] - classes[x]) }) {
		if mb := float64(classes[name]) / 1e6 / days; mb > 0.1 {
			b.Logf("%6.2f MB/day %s", mb, name)
		}
	}
	b.Logf("%d blocks, the longest of %s, over %.2f days", len(w.p.db.Blocks()), longest, days)
}

// inBlock adds the bytes of the chunks of each metric.
func inBlock(b *testing.B, block *tsdb.Block, classes map[string]int64) {
	b.Helper()
	ir, err := block.Index()
	require.NoError(b, err)
	defer ir.Close() // only read
	cr, err := block.Chunks()
	require.NoError(b, err)
	defer cr.Close() // only read
	name, v := index.AllPostingsKey()
	postings, err := ir.Postings(b.Context(), name, v)
	require.NoError(b, err)
	var builder labels.ScratchBuilder
	var metas []chunks.Meta
	for postings.Next() {
		require.NoError(b, ir.Series(postings.At(), &builder, &metas))
		for _, m := range metas {
			c, _, err := cr.ChunkOrIterable(m)
			require.NoError(b, err)
			classes[builder.Labels().Get("__name__")] += int64(len(c.Bytes())) + 8 // its length, kind and checksum
		}
	}
	require.NoError(b, postings.Err())
}

func sizeOf(b *testing.B, path string) (total int64) {
	b.Helper()
	require.NoError(b, filepath.WalkDir(path, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := os.Stat(file)
		if err == nil {
			total += info.Size()
		}
		return err
	}))
	return total
}
