// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of texts, in bytes. The key of a group has all of its labels in it.
const (
	maxText     = 4 << 10
	maxGroupKey = 64 << 10
)

// cleanLine returns the text as one line: control characters become spaces.
func cleanLine(text string) string { return clean(text, false) }

// cleanText returns the text, which may have lines and tabs.
func cleanText(text string) string { return clean(text, true) }

// clean takes out of a text what is not seen but changes how the rest is: control
// characters, directions of writing, characters of no width, other breaks of lines,
// and what is no character.
// It cuts what is too long.
func clean(text string, lines bool) string {
	if isPlain(text) {
		return text
	}
	text = strings.Map(func(r rune) rune {
		switch {
		case lines && (r == '\n' || r == '\t'):
			return r
		case !lines && unicode.IsControl(r):
			return ' '
		case unicode.IsControl(r) || isDeceptive(r):
			return -1
		}
		return r // of invalid UTF-8, strings.Map makes U+FFFD
	}, text)
	return cutBytes(text, maxText)
}

// isPlain tells whether nothing needs to be cleaned, as with nearly every text.
func isPlain(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c >= 0x7f {
			return false
		}
	}
	return len(text) <= maxText
}

// isDeceptive tells whether a character shows nothing itself, moves or joins what is
// around it, or is none. The joiner of emojis and of several scripts, U+200D, its
// opposite, and marks that are seen with what follows them, are fine.
func isDeceptive(r rune) bool {
	if r == '\u200c' || r == '\u200d' || unicode.Is(unicode.Prepended_Concatenation_Mark, r) {
		return false
	}
	return unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point, unicode.Noncharacter_Code_Point)
}

// cutBytes cuts a text, but no character.
func cutBytes(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}
