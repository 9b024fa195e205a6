// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pharos-status/pharos/bridge/words"
)

// plainForMastodon takes from a text what Mastodon makes mentions, hashtags, links
// and emojis of: a joiner of no width comes after each character that begins one.
func plainForMastodon(text string) string {
	const joiner = '\u2060'
	var b strings.Builder
	runes := []rune(text)
	for i, r := range runes {
		b.WriteRune(r)
		next := rune(' ')
		if i+1 < len(runes) {
			next = runes[i+1]
		}
		if strings.ContainsRune("@＠#＃", r) || r == ':' && (unicode.IsLetter(next) || next == '_' || next == '/') {
			b.WriteRune(joiner)
		}
	}
	return b.String()
}

// mastodonMark matches what Mastodon makes a mention or a hashtag of, within an address,
// too.
var mastodonMark = regexp.MustCompile(`(^|[^=/0-9A-Za-z])[@#]`)

// isLinkForMastodon tells whether a text is an address that is a link on Mastodon, and
// nothing else.
func isLinkForMastodon(text string) bool {
	return words.IsPlainURL(text) && !mastodonMark.MatchString(text)
}

// mastodonURL matches what Mastodon may take for an address; first the least that it
// may take of it.
var mastodonURL = regexp.MustCompile(`(https?://[0-9A-Za-z-]*(?:\.[0-9A-Za-z-]*)?)[^\s]*`)

// urlCharacters is what Mastodon counts for an address, however long it is.
const urlCharacters = 23

// mastodonLength returns for how many characters Mastodon counts a text, or some more:
// it counts clusters of characters, and has its own idea of what is an address and where
// it ends. So one that is long is not taken for a short one.
func mastodonLength(text string) int {
	length := utf8.RuneCountInString(text)
	for _, address := range mastodonURL.FindAllStringSubmatch(text, -1) {
		length += max(urlCharacters-len(address[1]), 0)
	}
	return length
}

// cutForMastodon cuts a text so that Mastodon counts at most so many characters. No
// address is cut in two: a part of it would lead elsewhere.
func cutForMastodon(text string, characters int) string {
	if mastodonLength(text) <= characters {
		return text
	}
	low, high := 0, utf8.RuneCountInString(text) // the longest beginning that fits is between them
	for low < high {
		middle := (low + high + 1) / 2
		if mastodonLength(cutBeforeURL(text, middle)) <= characters {
			low = middle
		} else {
			high = middle - 1
		}
	}
	return cutBeforeURL(text, low)
}

// cutBeforeURL cuts a text to so many characters, or before the address that this
// would cut in two.
func cutBeforeURL(text string, characters int) string {
	if characters < 1 {
		return ""
	}
	short := words.Cut(text, characters)
	kept := len(strings.TrimSuffix(short, "…"))
	for _, at := range mastodonURL.FindAllStringIndex(text, -1) {
		if short != text && at[0] < kept && kept <= at[1] {
			return cutBeforeURL(text, utf8.RuneCountInString(text[:at[0]]))
		}
	}
	return short
}
