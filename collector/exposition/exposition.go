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
	Labels []string // of the samples, besides those of their row
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
	labels() []string
	// values appends the values of the labels of the rows from first on, before end.
	values(first, end int, to []string) []string
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
	Layout uint64
	// Labels are those that every sample of the table has. What they are in each row
	// is what Values sets the elements of to, of which there are as many.
	Labels  []string
	Values  func(row *R, to []string)
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
func (t TableOf[R]) labels() []string     { return t.Labels }

func (t TableOf[R]) values(first, end int, to []string) []string {
	for i := range t.Rows[first:end] {
		begin := len(to)
		to = append(to, t.Labels...) // room for as many
		if len(t.Labels) > 0 {
			t.Values(&t.Rows[first+i], to[begin:])
		}
	}
	return to
}

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
		to.row = int32(i)
		add(&rows[i], to)
	}
}

// Each calls each with the samples that a row would have, less histograms: the
// family, and the names and the values of its labels.
func (t TableOf[R]) Each(row *R, each func(f *Family, names, values []string, value float64)) {
	one := TableOf[R]{Labels: t.Labels, Values: t.Values, Rows: []R{*row}, Columns: t.Columns}
	labels := one.values(0, 1, nil)
	var s Samples
	for c := range one.Columns {
		f := one.family(c)
		s.reset(f, true)
		one.add(c, 0, 1, &s)
		for i, v := range s.values {
			each(f, slices.Concat(t.Labels, f.Labels), slices.Concat(labels, s.of(i)), v)
		}
	}
}
