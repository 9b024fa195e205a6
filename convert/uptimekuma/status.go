// SPDX-License-Identifier: Apache-2.0

package uptimekuma

import (
	"slices"
	"strconv"
	"strings"
)

// ranges returns the statuses of a list such as 200-299, 301, and nothing for those
// that a module takes by itself; ok is false if one is none.
func ranges(texts []string) (codes []any, ok bool) {
	if slices.Equal(texts, []string{"200-299"}) {
		return nil, true
	}
	var is [1000]bool
	for _, text := range texts {
		first, last, isRange := strings.Cut(strings.TrimSpace(text), "-")
		if !isRange {
			last = first
		}
		from, err := strconv.Atoi(strings.TrimSpace(first))
		to, toErr := strconv.Atoi(strings.TrimSpace(last))
		if err != nil || toErr != nil || from < 100 || to > 999 || from > to {
			return nil, false
		}
		for s := from; s <= to; s++ {
			is[s] = true
		}
	}
	for s := 200; s < 600; s++ {
		if is[s] {
			codes = append(codes, s)
		}
	}
	if len(codes) == 100 && codes[0] == 200 && codes[99] == 299 {
		return nil, true
	}
	return codes, len(codes) > 0
}
