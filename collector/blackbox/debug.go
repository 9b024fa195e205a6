// SPDX-License-Identifier: Apache-2.0

package blackbox

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// maxDetail bounds the detail of an event in a log, in bytes.
const maxDetail = 1 << 10

// debugText tells all of a probe to a person: its log, its metrics and its
// module, without secrets.
func debugText(s *seen) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Log of the probe of %s by module %s, at %s, with %v to spend\n\n",
		s.target, printable(s.name), s.result.At.UTC().Format("2006-01-02 15:04:05.000 MST"), s.limit)
	for _, e := range s.result.Events {
		logLine(&b, e.After, e.What, e.Detail)
	}
	if s.success() {
		logLine(&b, s.result.Took, "the probe succeeded", s.result.Note)
	} else {
		logLine(&b, s.result.Took, "the probe failed", s.result.Err.Error())
	}
	b.WriteString("\n\nIts metrics\n\n")
	b.Write(expose(nil, families(s.module.Prober), s))
	b.WriteString("\n\nThe module\n\n")
	b.WriteString(s.module.String())
	return b.String()
}

func logLine(b *strings.Builder, after time.Duration, what, detail string) {
	fmt.Fprintf(b, "%12.3f ms  %s", float64(after)/float64(time.Millisecond), what)
	if detail != "" {
		b.WriteString(": " + printable(detail))
	}
	b.WriteByte('\n')
}

// printable returns text as one line of bounded length that changes no terminal.
func printable(text string) string {
	cut := ""
	if len(text) > maxDetail {
		text, cut = strings.ToValidUTF8(text[:maxDetail], ""), " …"
	}
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar }) {
		text = strconv.QuoteToGraphic(text)
	}
	return text + cut
}
