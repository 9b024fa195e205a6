// SPDX-License-Identifier: Apache-2.0

package exposition

// Samples are some samples of one family. They are kept flat, and used again for
// the next ones: a hundred thousand small slices would cost more than their text.
type Samples struct {
	row        int32    // that samples are added for
	rows       []int32  // of all samples
	labels     []string // of all samples, one after the other
	width      int      // how many of them each sample has
	values     []float64
	histograms []Snapshot // in place of values
	detailed   bool       // whether buckets are wanted
	buckets    []Bucket   // of all histograms, one after the other
}

// reset makes room for samples of another family.
func (s *Samples) reset(f *Family, detailed bool) {
	s.rows, s.labels, s.values = s.rows[:0], s.labels[:0], s.values[:0]
	s.histograms, s.buckets = s.histograms[:0], s.buckets[:0]
	s.width, s.detailed = len(f.Labels), detailed
}

// Add adds a sample with the values of the family's labels.
func (s *Samples) Add(value float64, labels ...string) {
	s.rows = append(s.rows, s.row)
	s.labels = append(s.labels, labels...)
	s.values = append(s.values, value)
}

// AddHistogram adds what h has observed, unless that is nothing or h is nil.
func (s *Samples) AddHistogram(h *Histogram, labels ...string) {
	if h != nil && h.appendTo(s) {
		s.rows = append(s.rows, s.row)
		s.labels = append(s.labels, labels...)
	}
}

// of returns the values of the labels of sample i.
func (s *Samples) of(i int) []string { return s.labels[i*s.width : (i+1)*s.width] }
