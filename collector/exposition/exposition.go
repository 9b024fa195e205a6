// SPDX-License-Identifier: Apache-2.0

// Package exposition writes metrics in the formats that Prometheus reads, fast
// enough that a hundred thousand series cost a scrape a few tens of milliseconds.
// It encodes tables of rows by hand, and compresses again only what changed since
// the last scrape.
//
// What the rows are, and which samples they have, is left to the caller; what
// cannot be a row (the metrics of the process) to a registry of client_golang.
package exposition

import "slices"

// A Type is a type of metric.
type Type uint8

// The types there are.
const (
	TypeGauge     Type = iota
	TypeHistogram      // a native one: in text it has its sum and its count alone
)

// A Family is a metric. It is not changed once it is in use.
type Family struct {
	Name   string
	Help   string
	Type   Type
	Labels []string // in the order in which the samples have their values
}

// A Label is a name and a value.
type Label struct{ Name, Value string }

// A View is all that there is to show at one moment.
type View struct {
	Tables []Table // a family is in one of them alone
	Common []Label // on every series, those of the registry included
	Done   func()  // called when the View is no longer in use; nil: nothing
}

// A Table is a [TableOf] rows of any kind.
type Table interface {
	layout() uint64
	rows() int
	columns() int
	family(column int) *Family
	// renew makes keys those of the rows from first on, and tells whether one of
	// them was another one.
	renew(column, first int, keys []uint64) (changed bool)
	// add adds the samples of the rows from first on, before end.
	add(column, first, end int, to *Samples)
}

// A TableOf rows of one kind has a column for each family that these rows have
// samples of.
type TableOf[R any] struct {
	// Layout must be another number whenever a row comes, goes or moves.
	Layout  uint64
	Rows    []R // not changed once the View is handed out
	Columns []Column[R]
}

// A Column is what rows show in one family.
type Column[R any] struct {
	*Family
	// Key returns a number that is another one whenever the samples of a row are;
	// nil if they never change while the layout is the same.
	Key func(row *R) uint64
	// Add adds the samples of a row.
	Add func(row *R, to *Samples)
}

func (t TableOf[R]) layout() uint64       { return t.Layout }
func (t TableOf[R]) rows() int            { return len(t.Rows) }
func (t TableOf[R]) columns() int         { return len(t.Columns) }
func (t TableOf[R]) family(c int) *Family { return t.Columns[c].Family }

func (t TableOf[R]) renew(c, first int, keys []uint64) (changed bool) {
	keyOf := t.Columns[c].Key
	if keyOf == nil {
		return false
	}
	rows := t.Rows[first : first+len(keys)]
	for i := range rows {
		if key := keyOf(&rows[i]); key != keys[i] {
			keys[i], changed = key, true
		}
	}
	return changed
}

func (t TableOf[R]) add(c, first, end int, to *Samples) {
	add, rows := t.Columns[c].Add, t.Rows[first:end]
	for i := range rows {
		add(&rows[i], to)
	}
}

// groupRows is how many rows are encoded, and compressed, together: enough for them
// to be compressed well, and few enough that most groups of a column that seldom
// changes stay as they are.
const groupRows = 512

// Samples are some samples of one family. They are kept flat, and used again for
// the next ones: a hundred thousand small slices would cost more than their text.
type Samples struct {
	labels     []string // of all samples, one after the other
	width      int      // how many of them each sample has
	values     []float64
	histograms []Snapshot // in place of values
	detailed   bool       // whether buckets are wanted
	buckets    []Bucket   // of all histograms, one after the other
}

// reset makes room for samples of another family.
func (s *Samples) reset(f *Family, detailed bool) {
	s.labels, s.values, s.histograms, s.buckets = s.labels[:0], s.values[:0], s.histograms[:0], s.buckets[:0]
	s.width, s.detailed = len(f.Labels), detailed
}

// Add adds a sample with the values of the family's labels.
func (s *Samples) Add(value float64, labels ...string) {
	s.labels = append(s.labels, labels...)
	s.values = append(s.values, value)
}

// AddHistogram adds what h has observed, unless that is nothing or h is nil.
func (s *Samples) AddHistogram(h *Histogram, labels ...string) {
	if h == nil {
		return
	}
	if h.appendTo(s) {
		s.labels = append(s.labels, labels...)
	}
}

// of returns the values of the labels of sample i.
func (s *Samples) of(i int) []string { return s.labels[i*s.width : (i+1)*s.width] }

// Of returns the samples of one row in one family, as they are added.
func Of[R any](c Column[R], row *R, each func(value float64, labels []string)) {
	var s Samples
	s.reset(c.Family, true)
	c.Add(row, &s)
	for i, v := range s.values {
		each(v, slices.Clip(s.of(i)))
	}
}
