// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"math"
	"math/rand/v2"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/testing/protocmp"
)

// twins are histograms that observe the same.
type twins struct {
	set    Histograms[string]
	theirs prometheus.Histogram
}

// newTwins returns ours and one of client_golang with the same settings.
func newTwins() *twins {
	return &twins{theirs: prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "h", Help: "h", NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: maxBuckets,
		NativeHistogramMinResetDuration: minReset,
	})}
}

func (p *twins) observe(v float64) {
	p.set.Observe("h", v)
	p.theirs.Observe(v)
}

// same fails the test if they differ in anything but the time of their making.
func (p *twins) same(t *testing.T) *dto.Histogram {
	t.Helper()
	var m dto.Metric
	require.NoError(t, p.theirs.Write(&m))
	s := Samples{detailed: true}
	s.AddHistogram(p.set.Of("h"))
	got := s.histograms[0].dto()
	require.Empty(t, cmp.Diff(m.Histogram, got, protocmp.Transform(),
		protocmp.IgnoreFields(&dto.Histogram{}, "created_timestamp", "sample_sum")))
	require.InEpsilon(t, m.Histogram.GetSampleSum()+1, got.GetSampleSum()+1, 1e-9)
	return got
}

func TestHistogramIsThatOfClientGolang(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	tests := map[string]func(i int) float64{
		"spread": func(int) float64 { return 0.02 * math.Exp(random.NormFloat64()) },
		"gaps":   func(i int) float64 { return math.Pow(1.3, float64(i%7)) },
		"zero":   func(i int) float64 { return float64(i % 2) },
		"bounds": func(i int) float64 { return math.Exp2(float64(i%80-40) / 8) },
		"around": func(i int) float64 { return math.Nextafter(math.Exp2(float64(i%80-40)/8), float64(i%3-1)*1e9) },
		"tiny":   func(i int) float64 { return zeroThreshold * math.Exp2(float64(i%5-2)) },
	}
	for name, value := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newTwins()
			for i := range 500 {
				p.observe(value(i))
				p.same(t)
			}
		})
	}
}

// TestHistogramIsBounded has more buckets than there may be, from which client_golang
// makes the same.
func TestHistogramIsBounded(t *testing.T) {
	t.Parallel()
	p := newTwins()
	for i := range 1200 {
		p.observe(math.Exp2(float64(i)/8 - 60))
		require.LessOrEqual(t, len(p.set.Of("h").buckets), maxBuckets)
	}
	require.EqualValues(t, -1, p.same(t).GetSchema())
}

func TestHistogramBeginsAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var set Histograms[string]
		began := time.Now()
		many := func() Snapshot {
			for i := range 2 * maxBuckets {
				set.Observe("h", math.Exp2((float64(i)-0.5)/8)) // the middle of bucket i
			}
			return of(set.Of("h"))
		}
		s := many()
		require.EqualValues(t, 2*maxBuckets, s.Count, "a young one keeps all")
		require.EqualValues(t, 1, s.Schema)
		require.True(t, s.Created.Equal(began))

		time.Sleep(minReset)
		set.Observe("h", 3)
		s = of(set.Of("h"))
		require.EqualValues(t, 1, s.Count, "its resolution is restored after its hour")
		require.EqualValues(t, initialSchema, s.Schema)
		require.Equal(t, minReset, s.Created.Sub(began))

		time.Sleep(minReset)
		set.Observe("h", 3)
		require.EqualValues(t, 2, of(set.Of("h")).Count, "one with few buckets goes on for ever")
		s = many()
		require.Equal(t, 2*minReset, s.Created.Sub(began))
		require.EqualValues(t, maxBuckets, s.Count, "bucket 101 began it anew")
	})
}

func of(h *Histogram) Snapshot {
	s := Samples{detailed: true}
	s.AddHistogram(h)
	return s.histograms[0]
}

func TestHistogramOfFullCounters(t *testing.T) {
	t.Parallel()
	var set Histograms[string]
	set.Observe("h", 1)
	h := set.Of("h")
	h.buckets[0].Count = math.MaxUint32
	set.Observe("h", 1)
	require.EqualValues(t, 1, of(h).Count, "a full one begins anew")
	h.zero = math.MaxUint32
	set.Observe("h", 0)
	require.EqualValues(t, 1, of(h).Count)

	h.buckets = []Bucket{{1, math.MaxUint32}, {2, 7}}
	h.halveLocked()
	require.Empty(t, h.buckets, "two do not fit into one")
}

func TestHistogramOfNoNumbers(t *testing.T) {
	t.Parallel()
	var set Histograms[string]
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), -1, 0} {
		set.Observe("h", v)
	}
	s := of(set.Of("h"))
	require.EqualValues(t, 5, s.Zero)
	require.EqualValues(t, 5, s.Count)
	require.Zero(t, s.Sum)
}

func TestHistograms(t *testing.T) {
	t.Parallel()
	var set Histograms[string]
	require.Nil(t, set.Of("a"))
	require.Zero(t, set.Of("a").Version())
	seen := map[uint64]bool{}
	for range 3 {
		for _, key := range []string{"a", "b"} {
			set.Observe(key, 1)
			v := set.Of(key).Version()
			require.False(t, seen[v])
			seen[v] = true
		}
	}
	require.Equal(t, 2, set.Len())
	set.Delete("a")
	require.Equal(t, 1, set.Len())
	set.Observe("a", 1)
	require.False(t, seen[set.Of("a").Version()], "another one of the same name is another one")
	require.EqualValues(t, 1, of(set.Of("a")).Count)
}

func TestConcurrentObservations(t *testing.T) {
	t.Parallel()
	var set Histograms[int]
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 3000 {
				set.Observe(i%3, float64(i*(w+1)))
				var s Samples
				s.AddHistogram(set.Of(i % 3))
			}
		})
	}
	wg.Wait()
	for key := range 3 {
		require.EqualValues(t, 4000, of(set.Of(key)).Count)
	}
}

// BenchmarkHistogram measures an observation, and the memory of ten thousand
// histograms of latencies that vary as they do.
func BenchmarkHistogram(b *testing.B) {
	const n = 10_000
	keys := make([]string, n)
	for i := range keys {
		keys[i] = "https://host.example.com/" + strconv.Itoa(i)
	}
	random := rand.New(rand.NewPCG(1, 2))
	measure := func(name string, observe func(key string, v float64)) {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		for i := range 50 * n {
			observe(keys[i%n], 0.02*math.Exp(0.5*random.NormFloat64()))
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.Run(name, func(b *testing.B) {
			for i := range b.N {
				observe(keys[i%n], 0.02)
			}
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/n, "B/histogram")
		})
	}
	var ours Histograms[string]
	measure("ours", ours.Observe)
	theirs := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "h", Help: "h", NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: maxBuckets,
	}, []string{"replica"})
	measure("client_golang", func(key string, v float64) { theirs.WithLabelValues(key).Observe(v) })
	runtime.KeepAlive(&ours)
	runtime.KeepAlive(theirs)
}
