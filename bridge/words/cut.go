// SPDX-License-Identifier: Apache-2.0

package words

import (
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// zwj joins the emojis on both of its sides to one.
const zwj = '\u200d'

// maxCluster is how many characters back a cut moves so as not to break up what is
// seen as one character. What has more marks is not meant to be read.
const maxCluster = 32

// Cut returns the text if it has at most so many characters (code points). A longer
// one is cut, and ends in … as its last character; what is seen as one character is
// left whole.
func Cut(text string, characters int) string {
	if characters < 1 {
		return ""
	}
	if len(text) <= characters || utf8.RuneCountInString(text) <= characters {
		return text
	}
	return cut(text, characters-1) + "…"
}

// CutSMS returns the text if it has at most so many units of UTF-16, as which services
// count the characters of an SMS. A longer one is cut like by Cut, and ends in three dots:
// a single … has every SMS sent in an alphabet with half as many characters a part.
func CutSMS(text string, units int) string {
	const dots = "..."
	if len(text) <= units {
		return text
	}
	fit, used := 0, 0 // how many characters leave room for the dots
	for _, r := range text {
		n := max(utf16.RuneLen(r), 1)
		if used+n <= units-len(dots) {
			fit++
		}
		used += n
	}
	switch {
	case used <= units:
		return text
	case units < len(dots):
		return ""
	}
	return cut(text, fit) + dots
}

// cut returns the first characters of a longer text, without the last of them if they
// are a part of what is seen as one character.
func cut(text string, characters int) string {
	runes := make([]rune, 0, characters+1)
	for _, r := range text { // as many as are kept, and the one after them
		if runes = append(runes, r); len(runes) > characters {
			break
		}
	}
	return strings.TrimRightFunc(string(runes[:boundary(runes, characters)]), unicode.IsSpace)
}

// boundary returns where to cut: at the place, or at the begin of what is seen as one
// character there.
func boundary(runes []rune, place int) int {
	at := place
	for at > 0 && place-at < maxCluster && isInside(runes, at) {
		at--
	}
	if isInside(runes, at) {
		return place
	}
	return at
}

// isInside tells whether runes[at] belongs to the character before it.
func isInside(runes []rune, at int) bool {
	if at == 0 {
		return false
	}
	r, before := runes[at], runes[at-1]
	switch {
	case unicode.Is(unicode.M, r), r == zwj, before == zwj, r >= 0x1f3fb && r <= 0x1f3ff: // marks, joined emojis, colors of skin
		return true
	case isRegional(r): // two of them are a flag
		flags := 0
		for i := at - 1; i >= 0 && isRegional(runes[i]); i-- {
			flags++
		}
		return flags%2 == 1
	}
	return r == '\n' && before == '\r'
}

func isRegional(r rune) bool { return r >= 0x1f1e6 && r <= 0x1f1ff }
