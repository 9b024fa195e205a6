// SPDX-License-Identifier: Apache-2.0

package view

import (
	"fmt"
	"html/template"
	"strings"

	"github.com/pharos-status/pharos/statuspage/markdown"
)

// What operators write has headings of levels 4 to 6.
const topLevel, lastLevel = 4, 6

// text renders what operators wrote below a heading of the level above top: its own
// headings begin at top, and leave no level out.
func text(source string, top int) template.HTML {
	if source == "" {
		return ""
	}
	out := string(markdown.HTML(source))
	var pairs []string
	next := top
	for level := topLevel; level <= lastLevel; level++ {
		if strings.Contains(out, fmt.Sprintf("<h%d", level)) {
			pairs = append(pairs, fmt.Sprintf("<h%d", level), fmt.Sprintf("<h%d", next), fmt.Sprintf("</h%d", level), fmt.Sprintf("</h%d", next))
			next++
		}
	}
	if len(pairs) > 0 {
		out = strings.NewReplacer(pairs...).Replace(out)
	}
	return template.HTML(out) //nolint:gosec // package markdown made it harmless
}
