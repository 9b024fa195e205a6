// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"cmp"
	"slices"
)

// A place is a label of a family: one whose value each sample has for itself, or
// one that is the same everywhere.
type place struct {
	name     string
	variable bool
	index    int    // among the values of a sample
	value    string // if it is the same everywhere
}

// sorted returns the labels in the order of their names, in which client_golang
// writes them too.
func sorted(f *Family, common []Label) []place {
	all := make([]place, 0, len(f.Labels)+len(common))
	for i, name := range f.Labels {
		all = append(all, place{name: name, variable: true, index: i})
	}
	for _, l := range common {
		all = append(all, place{name: l.Name, value: l.Value})
	}
	slices.SortFunc(all, func(a, b place) int { return cmp.Compare(a.name, b.name) })
	return all
}
