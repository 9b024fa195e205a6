// SPDX-License-Identifier: Apache-2.0

package folder

import (
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/pharos-status/pharos/internal/status"
)

const maxSlug = 64 // bytes, so that there is room for a number

// names are those that are taken. Its zero value has none.
type names map[string]int

// take returns a name for a path and a label, made of what people call it; otherwise
// is for what nothing is left of. It is unique by a number, if it has to be.
func (n *names) take(text, otherwise string) (name string, numbered bool) {
	if *n == nil {
		*n = names{}
	}
	base := slug(text)
	if base == "" {
		base = otherwise
	}
	name = base
	for i := max((*n)[base], 1); ; i++ {
		if i > 1 {
			name = base + "-" + strconv.Itoa(i)
		}
		if _, taken := (*n)[name]; !taken {
			(*n)[base] = i + 1
			(*n)[name] = max((*n)[name], 1)
			return name, name != base
		}
	}
}

// slug returns the ASCII letters and digits of a text in small letters, those with
// accents without them, with a hyphen for what is between them.
func slug(text string) string {
	var b strings.Builder
	hyphen := false
	for _, r := range norm.NFD.String(strings.ToLower(text)) {
		if unicode.Is(unicode.Mn, r) {
			continue
		}
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') {
			hyphen = b.Len() > 0
			continue
		}
		if hyphen {
			b.WriteByte('-')
			hyphen = false
		}
		b.WriteRune(r)
		if b.Len() >= maxSlug {
			break
		}
	}
	return b.String()
}

// Label returns what people call something as a label may be: on one line, and of at
// most 200 bytes; otherwise where nothing is left.
func Label(name, otherwise string) string {
	clean := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(name, ""))
	if clean = status.Shorten(strings.TrimSpace(clean)); clean == "" {
		return otherwise
	}
	return clean
}
