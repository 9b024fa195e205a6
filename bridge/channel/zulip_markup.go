// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"strconv"
	"strings"
	"unicode"
)

// plainForZulip returns what Zulip shows as text. Zulip's Markdown knows no
// backslash that would take the meaning of a character away, but it knows HTML's
// numbers of characters, and reads them when mentions, links and markup are found.
// What means nothing within a line is left as it is, so that the source of a message
// can be read.
func plainForZulip(text string) string {
	var b strings.Builder
	runes := []rune(text)
	before := '\n'
	for i, r := range runes {
		if r != '\n' && unicode.IsControl(r) {
			r = ' '
		}
		switch {
		case before == '\n' && r == ' ': // an indented line is code
			continue
		case r > unicode.MaxASCII || isASCIIWord(r) || r == '\n' || r == ' ' || isPlainForZulip(r, before, runes[i+1:]):
			b.WriteRune(r)
		default:
			b.WriteString("&#" + strconv.Itoa(int(r)) + ";")
		}
		before = r
	}
	return b.String()
}

// isPlainForZulip tells whether an ASCII character means nothing in its place.
func isPlainForZulip(r, before rune, after []rune) bool {
	switch r {
	case ',', ';', '"', '\'':
		return true
	case '-', '/', '_', '=', '+', '%', '?':
		return !unicode.IsSpace(before) // they make lists, lines and commands where a line begins
	case '.': // it makes lists after a number, and links before a letter
		return unicode.IsLetter(before) && (len(after) == 0 || unicode.IsSpace(after[0]))
	}
	return false
}
