// SPDX-License-Identifier: Apache-2.0

package words

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

var (
	action     = regexp.MustCompile(`\{\{(?s:.*?)\}\}`)
	nameInside = regexp.MustCompile(`\.([A-Za-z_][A-Za-z0-9_]*)|"([A-Za-z_][A-Za-z0-9_]*)"`)
)

// Names returns the names that a template may ask labels and annotations for, sorted: those
// after a dot or in quotation marks in its own actions, and in those of the templates
// that it may call. Some are names of something else.
func (w *Words) Names(tmpl string) []string {
	var all strings.Builder
	all.WriteString(tmpl)
	for _, t := range w.all.asText.Templates() {
		if t.Tree != nil && t.Root != nil {
			all.WriteString(t.Root.String())
		}
	}
	names := map[string]bool{}
	for _, a := range action.FindAllString(all.String(), -1) {
		for _, m := range nameInside.FindAllStringSubmatch(a, -1) {
			names[m[1]+m[2]] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}
