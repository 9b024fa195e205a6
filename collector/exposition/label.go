// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"cmp"
	"slices"
)

// A place is a label of a family.
type place struct {
	name  string
	of    owner
	index int    // among the values of its owner
	value string // of a common label
}

// An owner is what a label has its value from.
type owner uint8

const (
	ofAll owner = iota // the same everywhere
	ofRow              // the same for all samples of the row
	ofSample
)

// places returns the labels of a family in the order of their names, in which
// client_golang writes them too.
func places(f *Family, row []string, common []Label) []place {
	all := make([]place, 0, len(row)+len(f.Labels)+len(common))
	for i, name := range row {
		all = append(all, place{name: name, of: ofRow, index: i})
	}
	for i, name := range f.Labels {
		all = append(all, place{name: name, of: ofSample, index: i})
	}
	for _, l := range common {
		all = append(all, place{name: l.Name, value: l.Value})
	}
	slices.SortFunc(all, func(a, b place) int { return cmp.Compare(a.name, b.name) })
	return all
}

// afterRow returns the labels that come after those of the row, if these come first.
// Then they can be written as they have been written for other families.
func afterRow(all []place, row []string) (rest []place, ok bool) {
	for _, p := range all[:len(row)] {
		if p.of != ofRow {
			return all, false
		}
	}
	return all[len(row):], len(row) > 0
}

// valueOf returns the value of a label, which is not one that is the same everywhere.
func (p *place) valueOf(row, sample []string) string {
	if p.of == ofRow {
		return row[p.index]
	}
	return sample[p.index]
}

// A rowLabels is the labels of some rows, which most of their samples begin with:
// they are encoded once for all columns.
type rowLabels struct {
	width  int
	values []string // of all rows, one after the other
	text   []byte   // likewise, encoded
	ends   []int    // where the text of each row ends
}

// load fills in the labels of the rows from first on, before end.
func (r *rowLabels) load(t Table, first, end int, f format) {
	names := t.labels()
	r.width = len(names)
	r.values, r.text, r.ends = t.values(first, end, r.values[:0]), r.text[:0], r.ends[:0]
	order := make([]int, len(names))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(names[a], names[b]) })
	for row := range int32(end - first) {
		values := r.of(row)
		for n, i := range order {
			r.text = f.label(r.text, n == 0, names[i], values[i])
		}
		r.ends = append(r.ends, len(r.text))
	}
}

// of returns the values of the labels of a row.
func (r *rowLabels) of(row int32) []string { return r.values[int(row)*r.width : (int(row)+1)*r.width] }

// encoded returns the labels of a row, encoded.
func (r *rowLabels) encoded(row int32) []byte {
	if row == 0 {
		return r.text[:r.ends[0]]
	}
	return r.text[r.ends[row-1]:r.ends[row]]
}
