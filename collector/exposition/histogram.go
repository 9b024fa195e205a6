// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"iter"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A native histogram has 2^schema buckets for each doubling of the value, so that
// each is at most 9.1 % wider than the one before.
const (
	initialSchema = 3
	lowestSchema  = -4
	maxBuckets    = 100
	// minReset is how old a histogram with too many buckets is at least before it
	// begins anew. Until then its resolution is halved.
	minReset = time.Hour
	// zeroThreshold is the width of the zero bucket, 2^-128.
	zeroThreshold float64 = 0x1p-128
)

// A Histogram is a native histogram of positive values that takes little memory:
// ten thousand of client_golang's take 40 MB, as many of these 3 MB. It is safe for
// concurrent use.
//
// Too many buckets are met as client_golang does: a histogram older than an hour
// begins anew, with the new observation alone. A younger one has its buckets
// merged in pairs, and begins anew at the first observation after its hour.
type Histogram struct {
	clock   *atomic.Uint64 // shared by all histograms of a set
	version atomic.Uint64  // of the clock at the last observation

	mu      sync.Mutex
	created int64 // Unix nanoseconds
	count   uint64
	sum     float64
	buckets []Bucket // that have observations, in order
	zero    uint32
	schema  int8
}

// A Bucket is one with observations.
type Bucket struct {
	Index int32 // its upper bound is 2^(Index / 2^schema)
	Count uint32
}

// A Snapshot is what a Histogram has observed until some moment.
type Snapshot struct {
	Count   uint64
	Sum     float64
	Zero    uint64 // of Count, those in the zero bucket
	Created time.Time
	Schema  int32
	Buckets []Bucket
}

// Observe takes v into account. What is neither positive nor finite counts as 0.
func (h *Histogram) Observe(v float64) {
	if !(v > 0) || math.IsInf(v, 1) {
		v = 0
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.created == 0 || h.schema < initialSchema && h.oldLocked() {
		h.resetLocked()
	}
	for {
		counter := h.counterLocked(v)
		switch {
		case counter != nil && *counter < math.MaxUint32:
			*counter++
			h.count++
			h.sum += v
			h.version.Store(h.clock.Add(1))
			return
		case counter != nil, h.oldLocked(), h.schema == lowestSchema:
			h.resetLocked()
		default:
			h.halveLocked()
		}
	}
}

// counterLocked returns the counter of the bucket of v, nil if there is no room for
// one more bucket.
func (h *Histogram) counterLocked(v float64) *uint32 {
	if v <= zeroThreshold {
		return &h.zero
	}
	index := bucketOf(v)
	for range initialSchema - h.schema {
		index = half(index)
	}
	i, found := slices.BinarySearchFunc(h.buckets, index, func(b Bucket, index int32) int { return int(b.Index - index) })
	if !found {
		if len(h.buckets) == maxBuckets {
			return nil
		}
		if len(h.buckets) == cap(h.buckets) { // a few more at a time: slices.Insert would double them
			h.buckets = append(make([]Bucket, 0, len(h.buckets)+4), h.buckets...)
		}
		h.buckets = slices.Insert(h.buckets, i, Bucket{Index: index})
	}
	return &h.buckets[i].Count
}

// oldLocked tells whether the histogram may begin anew.
func (h *Histogram) oldLocked() bool { return time.Since(time.Unix(0, h.created)) >= minReset }

func (h *Histogram) resetLocked() {
	h.created = time.Now().UnixNano()
	h.count, h.sum, h.zero, h.schema, h.buckets = 0, 0, 0, initialSchema, nil
}

// halveLocked merges the buckets in pairs. If the counter of one is too small for
// that, the histogram begins anew.
func (h *Histogram) halveLocked() {
	h.schema--
	merged := h.buckets[:0]
	for _, b := range h.buckets {
		b.Index = half(b.Index)
		last := len(merged) - 1
		switch {
		case last < 0 || merged[last].Index != b.Index:
			merged = append(merged, b)
		case merged[last].Count > math.MaxUint32-b.Count:
			h.resetLocked()
			return
		default:
			merged[last].Count += b.Count
		}
	}
	h.buckets = merged
}

// Version returns a number that is another one after each observation, and that no
// other histogram of the set has; 0 if there was none yet, or h is nil.
func (h *Histogram) Version() uint64 {
	if h == nil {
		return 0
	}
	return h.version.Load()
}

// appendTo adds what has been observed to samples. It returns false if that is
// nothing.
func (h *Histogram) appendTo(to *Samples) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.created == 0 {
		return false
	}
	begin := len(to.buckets)
	if to.detailed {
		to.buckets = append(to.buckets, h.buckets...)
	}
	to.histograms = append(to.histograms, Snapshot{
		Count: h.count, Sum: h.sum, Zero: uint64(h.zero), Schema: int32(h.schema),
		Created: time.Unix(0, h.created), Buckets: to.buckets[begin:len(to.buckets):len(to.buckets)],
	})
	return true
}

// maxGap is how many empty buckets are written between two others. A wider gap
// begins another span, which takes about as many bytes.
const maxGap = 2

// spans returns the runs of buckets as Prometheus has them: how many buckets each is
// away from the one before, or the first one from bucket 0, and how many it has.
func (s *Snapshot) spans() iter.Seq2[int32, uint32] {
	return func(yield func(int32, uint32) bool) {
		var offset, next int32
		var length uint32
		for i, b := range s.Buckets {
			gap := b.Index - next
			if i == 0 || gap > maxGap {
				if i > 0 && !yield(offset, length) {
					return
				}
				offset, length = gap, 0
			} else {
				length += uint32(gap)
			}
			length++
			next = b.Index + 1
		}
		if len(s.Buckets) > 0 {
			yield(offset, length)
		}
	}
}

// deltas returns the count of each bucket of the spans, less that of the one before.
func (s *Snapshot) deltas() iter.Seq[int64] {
	return func(yield func(int64) bool) {
		var next int32
		var before int64
		for i, b := range s.Buckets {
			for ; i > 0 && b.Index-next <= maxGap && next < b.Index; next++ {
				if !yield(-before) {
					return
				}
				before = 0
			}
			if !yield(int64(b.Count) - before) {
				return
			}
			before, next = int64(b.Count), b.Index+1
		}
	}
}

// bounds are the upper bounds of the buckets from 0.5 to 1 at the initial schema,
// without the last one: 2^(i/8 - 1).
var bounds = []float64{
	0.5, 0.5452538663326288, 0.5946035575013605, 0.6484197773255048,
	0.7071067811865475, 0.7711054127039704, 0.8408964152537144, 0.9170040432046711,
}

// bucketOf returns the index of the bucket of a positive number at the initial
// schema.
func bucketOf(v float64) int32 {
	fraction, exponent := math.Frexp(v)
	i, _ := slices.BinarySearch(bounds, fraction)
	return int32(i + (exponent-1)*len(bounds))
}

// half returns the index of a bucket when its schema is lowered by one.
func half(index int32) int32 { return (index + 1) >> 1 }

// Histograms are a set of histograms. The zero value is empty and ready to use; it
// is safe for concurrent use.
type Histograms[K comparable] struct {
	clock   atomic.Uint64
	changes atomic.Uint64
	mu      sync.RWMutex
	all     map[K]*Histogram
}

// Observe has the histogram of key observe v.
func (h *Histograms[K]) Observe(key K, v float64) {
	histogram := h.Of(key)
	if histogram == nil {
		histogram = h.add(key)
	}
	histogram.Observe(v)
}

// Of returns the histogram of key, nil if there is none.
func (h *Histograms[K]) Of(key K) *Histogram {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.all[key]
}

func (h *Histograms[K]) add(key K) *Histogram {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.all == nil {
		h.all = map[K]*Histogram{}
	}
	if h.all[key] == nil { // nobody else was faster
		h.all[key] = &Histogram{clock: &h.clock}
		h.changes.Add(1)
	}
	return h.all[key]
}

// Delete drops the histogram of key.
func (h *Histograms[K]) Delete(key K) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.all, key)
	h.changes.Add(1)
}

// Changes returns a number that is another one whenever a histogram has come or
// gone. While it is the same, Of returns the same.
func (h *Histograms[K]) Changes() uint64 { return h.changes.Load() }

// Len returns how many there are.
func (h *Histograms[K]) Len() int {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return len(h.all)
}
