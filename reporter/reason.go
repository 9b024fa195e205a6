// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxReason is how many bytes of a reason are sent.
const maxReason = 200

// clean makes a text fit to be shown: one line of valid UTF-8 without what controls
// terminals, of at most maxReason bytes.
func clean(text string) string {
	const looked = 8 * maxReason // spaces may shrink it; all of a huge one needn't be looked at
	text = strings.ToValidUTF8(text[:min(len(text), looked)], "\uFFFD")
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsGraphic(r)
	}), " ")
	if len(text) <= maxReason {
		return text
	}
	const ellipsis = "…"
	cut := maxReason - len(ellipsis)
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + ellipsis
}
