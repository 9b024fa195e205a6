// SPDX-License-Identifier: Apache-2.0

package probe

import "strings"

// The output of a monitoring plugin is a line in words, and maybe more lines.
// What follows a "|" in the first line is performance data; so is what follows the
// first "|" below it, to the end. Lines for Pharos may stand anywhere.

// forPharos tells whether a line is no part of what the plugin says.
func forPharos(line string) bool { return strings.HasPrefix(line, stepMark) }

// firstWords returns the first line that is not empty, without performance data,
// shortened to what a label or a table cell bears.
func firstWords(text string) string {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" || forPharos(line) {
			continue
		}
		words, _, _ := strings.Cut(line, "|")
		return clean(words)
	}
	return ""
}

// perfdataOf returns the performance data in the output of a plugin, or in what
// is no plugin's but has a "|".
func perfdataOf(text string) string {
	var data strings.Builder
	first, all := true, false
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" || forPharos(line) {
			continue
		}
		found := all
		if !all {
			_, line, found = strings.Cut(line, "|")
			all = found && !first
		}
		if found {
			data.WriteString(line)
			data.WriteByte('\n')
		}
		first = false
	}
	return data.String()
}
