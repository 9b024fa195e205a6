// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"html"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
)

func TestPlainForZulip(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                               "",
		"web":                            "web",
		"edge-1, über_all/x":             "edge-1, über_all/x",
		"It is dead. So it is.":          "It is dead. So it is.",
		"@**all** *b*":                   "&#64;&#42;&#42;all&#42;&#42; &#42;b&#42;",
		"@_**Alice|8** @*oncall*":        "&#64;_&#42;&#42;Alice&#124;8&#42;&#42; &#64;&#42;oncall&#42;",
		"#**ops>x**":                     "&#35;&#42;&#42;ops&#62;x&#42;&#42;",
		"[x](http://evil.example)":       "&#91;x&#93;&#40;http&#58;//evil&#46;example&#41;",
		"evil.example a@evil.example":    "evil&#46;example a&#64;evil&#46;example",
		"`x` ~~y~~ $$z$$ <time:1> :cat:": "&#96;x&#96; &#126;&#126;y&#126;&#126; &#36;&#36;z&#36;&#36; &#60;time&#58;1&#62; &#58;cat&#58;",
		"a\n# b\n- c\n1. d\n    e\n---":  "a\n&#35; b\n&#45; c\n1&#46; d\ne\n&#45;--",
		"/poll x":                        "&#47;poll x",
		"&#64; &amp;":                    "&#38;&#35;64; &#38;amp;",
		`\*`:                             "&#92;&#42;",
	} {
		require.Equal(t, want, plainForZulip(text), text)
	}
}

// zulipMarkup matches whatever of ASCII begins something in Zulip's Markdown.
var zulipMarkup = regexp.MustCompile("[*`~$<>|\\[\\]()@#!\\\\{}^]|:|(?m:^[-+=_/%?])|(?m:^[ \\t])|[0-9]\\.|\\.[\\p{L}0-9]|&(?:[^#]|#[^0-9])")

func FuzzPlainForZulip(f *testing.F) {
	f.Add("@**all** [x](https://evil.example) `code`\n    more\r\n1. one")
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.ToValidUTF8(text, "?")
		plain := plainForZulip(text)
		rest := zulipNumbers.ReplaceAllString(plain, ",")
		require.False(t, zulipMarkup.MatchString(rest), "%q becomes %q", text, plain)
		require.Equal(t, unindented(text), html.UnescapeString(plain))
	})
}

var zulipNumbers = regexp.MustCompile(`&#[0-9]+;`)

// unindented returns a text without control characters, and without white space at
// the beginning of its lines.
func unindented(text string) string {
	text = strings.Map(func(r rune) rune {
		if r != '\n' && unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimLeft(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}
