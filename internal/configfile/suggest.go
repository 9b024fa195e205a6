// SPDX-License-Identifier: Apache-2.0

package configfile

import (
	"maps"
	"reflect"
	"slices"
	"strings"
)

// keysOf returns every key that a document for type t may have, at any depth.
func keysOf(t reflect.Type) []string {
	keys := map[string]bool{}
	collectKeys(t, keys, map[reflect.Type]bool{})
	return slices.Sorted(maps.Keys(keys))
}

func collectKeys(t reflect.Type, keys map[string]bool, seen map[reflect.Type]bool) {
	if t == nil || seen[t] {
		return
	}
	seen[t] = true
	switch t.Kind() { //nolint:exhaustive // the others have no keys
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		collectKeys(t.Elem(), keys, seen)
	case reflect.Struct:
		for field := range t.Fields() {
			if name, _, _ := strings.Cut(field.Tag.Get("yaml"), ","); name != "" && name != "-" {
				keys[name] = true
			}
			if field.IsExported() {
				collectKeys(field.Type, keys, seen)
			}
		}
	}
}

// nearest returns the one of known that is at most two edits away from key, or
// an empty string if none is.
func nearest(key string, known []string) string {
	best, bestDistance := "", 3
	for _, k := range known {
		if d := distance(key, k); d < bestDistance && d < len(key) {
			best, bestDistance = k, d
		}
	}
	return best
}

// distance is the Levenshtein distance in bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
