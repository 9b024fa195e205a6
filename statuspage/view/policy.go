// SPDX-License-Identifier: Apache-2.0

package view

import (
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// Hashes returns the sources, such as 'sha256-…' with its quotes, that a
// Content-Security-Policy must allow for what the views write inline.
func Hashes() (scripts, styles []string) {
	return []string{sourceOf(inlined("theme.js"))}, []string{sourceOf(inlined("page.css"))}
}

func sourceOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// InlineHashes returns the sources of the scripts and styles that are inline in the
// operator's own HTML, and the origins of what it loads from elsewhere, sorted.
// Attributes such as onclick and style have no source: they stay forbidden.
func InlineHashes(custom string) (scripts, styles, origins []string) {
	z := html.NewTokenizer(strings.NewReader(custom))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return tidy(scripts), tidy(styles), tidy(origins)
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			from := origin(t)
			switch {
			case from != "":
				origins = append(origins, from)
			case t.Data == "script" && !loads(t):
				scripts = append(scripts, sourceOf(content(z)))
			case t.Data == "style":
				styles = append(styles, sourceOf(content(z)))
			}
		default:
		}
	}
}

// content returns what the element that has just begun holds as raw text.
func content(z *html.Tokenizer) string {
	if z.Next() != html.TextToken {
		return ""
	}
	// A browser hashes what it has parsed: with its ends of lines.
	return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(z.Raw()))
}

// origin returns the origin elsewhere that an element loads from.
func origin(t html.Token) string {
	for _, a := range t.Attr {
		if a.Key == "src" || a.Key == "href" && t.Data == "link" {
			if u, err := url.Parse(strings.TrimSpace(a.Val)); err == nil && u.Host != "" {
				scheme := u.Scheme
				if scheme == "" {
					scheme = "https"
				}
				return scheme + "://" + u.Host
			}
		}
	}
	return ""
}

// loads tells whether an element has its content elsewhere, be it here.
func loads(t html.Token) bool {
	return slices.ContainsFunc(t.Attr, func(a html.Attribute) bool { return a.Key == "src" })
}

func tidy(all []string) []string {
	slices.Sort(all)
	return slices.Compact(all)
}
