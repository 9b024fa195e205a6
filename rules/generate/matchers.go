// SPDX-License-Identifier: Apache-2.0

package generate

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/pharos-status/pharos/internal/configfile"
)

// A matcher is what Alertmanager selects alerts by. The zero value selects all.
type matcher string

// equal selects the alerts whose label has the value.
func equal(label, value string) matcher {
	return matcher(label + " = " + quote(value))
}

// among selects the alerts whose label has one of the values; all alerts if there
// are none.
func among(label string, values []string) matcher {
	switch len(values) {
	case 0:
		return ""
	case 1:
		return equal(label, values[0])
	}
	alternatives := make([]string, len(values))
	for i, v := range values {
		alternatives[i] = regexp.QuoteMeta(v)
	}
	return like(label, strings.Join(alternatives, "|"))
}

// like selects the alerts whose label matches a regular expression as a whole.
func like(label, expression string) matcher {
	return matcher(label + " =~ " + quote(expression))
}

// quote writes a value so that the parsers of Alertmanager agree on it: the older
// one knows no other escapes.
func quote(value string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(value) + `"`
}

// matchers leaves out those that select all.
func matchers(all ...matcher) []configfile.Quoted {
	out := make([]configfile.Quoted, 0, len(all))
	for _, m := range all {
		if m != "" {
			out = append(out, configfile.Quoted(m))
		}
	}
	return out
}

// atLeast returns a regular expression for the whole numbers, written without leading
// zeros, from n on, which is 1 or more: those of more digits, and those of as many
// that are greater at the first digit that differs.
func atLeast(n int) string {
	digits := strconv.Itoa(n)
	more := "[1-9]" + strings.Repeat("[0-9]", len(digits)-1) + "[0-9]+"
	var same []string
	for i := range len(digits) {
		low := digits[i] + 1
		if i == len(digits)-1 {
			low-- // n itself
		}
		if low <= '9' {
			same = append(same, digits[:i]+class(low)+strings.Repeat("[0-9]", len(digits)-i-1))
		}
	}
	return strings.Join(append(same, more), "|")
}

// class matches the digits from low on.
func class(low byte) string {
	if low == '9' {
		return "9"
	}
	return "[" + string(low) + "-9]"
}
