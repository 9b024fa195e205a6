// SPDX-License-Identifier: Apache-2.0

package statuspage

import (
	"strings"
	"unicode/utf8"
)

// Line returns what people or programs call something, as one line without anything
// hostile to what stands around it.
func Line(text string) string {
	if plain(text, false) {
		return text
	}
	words := strings.FieldsFunc(strings.ToValidUTF8(strings.Map(unseen, text), "\uFFFD"), func(r rune) bool { return r == ' ' || hostile(r) })
	return strings.Join(words, " ")
}

// Lines returns what people wrote without anything hostile to what stands around it.
func Lines(text string) string {
	if plain(text, true) {
		return text
	}
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && hostile(r) {
			return -1
		}
		return unseen(r)
	}, strings.ToValidUTF8(text, "\uFFFD"))
}

// plain tells whether there is nothing to do, as nearly always.
func plain(text string, lines bool) bool {
	before := ' '
	for _, r := range text {
		switch {
		case lines && (r == '\n' || r == '\t'):
		case r == utf8.RuneError, unseen(r) < 0, hostile(r), !lines && r == ' ' && before == ' ':
			return false
		}
		before = r
	}
	return lines || text == "" || before != ' '
}

// hostile are the characters that no text needs: control characters, those that turn
// the direction of what follows, and what XML can't hold.
func hostile(r rune) bool {
	switch {
	case r < ' ', r >= 0x7f && r < 0xa0, r == '\u2028', r == '\u2029':
		return true
	case r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
		return true
	}
	return r == 0xfffe || r == 0xffff
}

// unseen takes out what nobody sees and no script needs. Joiners stay, which are part of
// words and of emojis, and so do the marks of direction, which turn nothing but
// themselves.
func unseen(r rune) rune {
	if r == '\u200b' || r >= '\u2060' && r <= '\u2064' || r == '\ufeff' {
		return -1
	}
	return r
}
