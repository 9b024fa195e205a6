// SPDX-License-Identifier: Apache-2.0

package configfile

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// unknownKey says what is wrong with a key that the mapping at holder does not
// have, in a document for t. A key that may be a secret in the wrong place is
// not shown.
func unknownKey(key string, holder, t reflect.Type) string {
	elsewhere := parentsOf(t)
	var here []string
	if holder != nil && holder.Kind() == reflect.Struct {
		here = slices.Sorted(maps.Keys(fieldsOf(holder)))
	}
	near := Nearest(key, here)
	if twin := key + "_file"; slices.Contains(here, twin) {
		near = twin // only a file may hold it here
	}
	if near != "" {
		return fmt.Sprintf("unknown key %q; did you mean %q?", key, near)
	}
	if parents := elsewhere[key]; parents != nil {
		return fmt.Sprintf("unknown key %q here; it belongs %s", key, below(parents))
	}
	if near := Nearest(key, slices.Sorted(maps.Keys(elsewhere))); near != "" {
		return fmt.Sprintf("unknown key %q; did you mean %q, which belongs %s?", key, near, below(elsewhere[near]))
	}
	if len(here) > 0 && holdsSecrets(holder) {
		return "unknown key, not shown as it may be a secret; keys here are " + enumerate(here, "and")
	}
	return fmt.Sprintf("unknown key %q", key)
}

// below says where a key belongs.
func below(parents map[string]bool) string {
	if parents[""] {
		return "at the top of the file"
	}
	return "in " + enumerate(slices.Sorted(maps.Keys(parents)), "or")
}

// enumerate joins words as in a sentence.
func enumerate(words []string, conjunction string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " " + conjunction + " " + words[last]
}

// parentsOf returns every key that a document for t may have, at any depth, with
// the keys of the mappings or lists that it may stand in; "" is the document.
func parentsOf(t reflect.Type) map[string]map[string]bool {
	keys := map[string]map[string]bool{}
	type visit struct {
		t      reflect.Type
		parent string
	}
	seen := map[visit]bool{}
	var collect func(t reflect.Type, parent string)
	collect = func(t reflect.Type, parent string) {
		for t = bare(t); t != nil && (t.Kind() == reflect.Slice || t.Kind() == reflect.Array || t.Kind() == reflect.Map); {
			t = bare(t.Elem())
		}
		if t == nil || t.Kind() != reflect.Struct || seen[visit{t, parent}] {
			return
		}
		seen[visit{t, parent}] = true
		for key, of := range fieldsOf(t) {
			if keys[key] == nil {
				keys[key] = map[string]bool{}
			}
			keys[key][parent] = true
			collect(of, key)
		}
	}
	collect(t, "")
	return keys
}

// holdsSecrets tells whether a mapping for t has a secret, or a list of mappings
// that have one.
func holdsSecrets(t reflect.Type) bool {
	for _, of := range fieldsOf(t) {
		switch of = bare(of); {
		case of.Kind() == reflect.String && of.Name() == "Secret":
			return true
		case of.Kind() == reflect.Slice && bare(of.Elem()).Kind() == reflect.Struct && holdsSecrets(bare(of.Elem())):
			return true
		}
	}
	return false
}

// Nearest returns the one of known that is nearest to key, and not key itself: at
// most two edits away, and no more than a third of its letters. It returns an empty
// string if none is so near.
func Nearest(key string, known []string) string {
	best, bestDistance := "", min(2, (len(key)+1)/3)+1
	for _, k := range known {
		if d := distance(key, k); d > 0 && d < bestDistance {
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
