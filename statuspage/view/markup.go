// SPDX-License-Identifier: Apache-2.0

package view

import (
	"fmt"
	"html/template"
	"net/url"
	"strconv"
	"strings"
)

// Markup is HTML under construction. Templates draw the frame of a page; what a
// page has by the thousand is appended here, which costs a tenth.
type markup []byte

// Write implements [io.Writer], for templates.
func (m *markup) Write(text []byte) (int, error) {
	*m = append(*m, text...)
	return len(text), nil
}

// raw appends markup of our own.
func (m *markup) raw(parts ...string) {
	for _, part := range parts {
		*m = append(*m, part...)
	}
}

// text appends what others wrote, for the inside of an element or of an attribute
// in double quotes.
func (m *markup) text(s string) {
	from := 0
	for i := range len(s) {
		var safe string
		switch s[i] {
		case '&':
			safe = "&amp;"
		case '<':
			safe = "&lt;"
		case '>':
			safe = "&gt;"
		case '"':
			safe = "&#34;"
		case 0:
			safe = "\uFFFD"
		default:
			continue
		}
		*m = append(append(*m, s[from:i]...), safe...)
		from = i + 1
	}
	*m = append(*m, s[from:]...)
}

func (m *markup) int(n int) { *m = strconv.AppendInt(*m, int64(n), 10) }

// html returns what was built.
func (m *markup) html() template.HTML {
	return template.HTML(*m) //nolint:gosec // text has escaped what others wrote
}

// icon appends the shape of a state. Words stand beside it.
func (m *markup) icon(state string) {
	m.raw(`<svg class="icon" aria-hidden="true"><use href="#`, state, `"/></svg>`)
}

// safeURL returns the address if a link to it does no harm, else nothing.
func safeURL(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "mailto" {
		return ""
	}
	return address
}

// anchor makes an id of the parts that stays the same from one page to the next.
// Bytes that not every parser takes in an id become _ and two hexadecimal digits,
// so the two underlines that join the parts are in none of them.
func anchor(parts ...string) string {
	var b strings.Builder
	for i, part := range parts {
		if i > 0 {
			b.WriteString("__")
		}
		for _, c := range []byte(part) {
			if c == '-' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' {
				b.WriteByte(c)
			} else {
				fmt.Fprintf(&b, "_%02x", c)
			}
		}
	}
	return b.String()
}
