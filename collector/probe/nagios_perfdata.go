// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxPerfdata = 100 // figures of a script
	maxUnit     = 32  // bytes; what is longer is no unit
)

// readPerfdata puts the performance data in the output of a plugin into the
// trace. What can't be read is left out and told in the log.
func readPerfdata(t *Trace, text string) {
	data, wrong := parsePerfdata(perfdataOf(text))
	t.Perfdata = data
	for _, w := range wrong[:min(len(wrong), maxTold)] {
		t.Event(eventPerfdataOut, clean(w))
	}
}

// parsePerfdata reads figures of the form
//
//	'label'=value[unit];[warn];[crit];[min];[max]
//
// with spaces or line feeds between them, and returns the text of those that are
// none. Of figures with the same label the first counts. A value U is one that the
// plugin could not find out, so there is no figure. The limits are left to the
// plugin, which has judged by them.
func parsePerfdata(text string) (data []Perfdatum, wrong []string) {
	seen := map[string]bool{}
	for line := range strings.Lines(text) {
		for line = trimStray(line); line != ""; line = trimStray(line) {
			label, rest, ok := cutLabel(line)
			if !ok {
				wrong = append(wrong, line)
				break
			}
			value, limits := cutAny(rest, "; \t\r\n")
			_, rest = cutAny(limits, " \t\r\n")
			field := strings.TrimSuffix(line, rest)
			line = rest
			if value == "U" {
				continue
			}
			datum, ok := parseDatum(label, value)
			switch {
			case !ok, seen[datum.Label]:
				wrong = append(wrong, field)
				continue
			case len(data) == maxPerfdata:
				return data, append(wrong, "more than "+strconv.Itoa(maxPerfdata)+" figures: "+field)
			}
			seen[datum.Label] = true
			data = append(data, datum)
		}
	}
	return data, wrong
}

// trimStray takes away what plugins leave between figures.
func trimStray(text string) string { return strings.TrimLeft(text, " \t\r\n;,") }

// cutAny cuts text before the first of the characters.
func cutAny(text, chars string) (before, from string) {
	if i := strings.IndexAny(text, chars); i >= 0 {
		return text[:i], text[i:]
	}
	return text, ""
}

// cutLabel returns what stands before the "=" that begins a value, and what
// stands after it. A label in quotes may hold anything, a quote if it is doubled.
// Plugins forget the quotes, so that a label without them may have spaces.
func cutLabel(text string) (label, rest string, ok bool) {
	if label, rest, ok = cutQuoted(text); ok {
		return label, rest, ok
	}
	return strings.Cut(text, "=")
}

func cutQuoted(text string) (label, rest string, ok bool) {
	if !strings.HasPrefix(text, "'") {
		return "", "", false
	}
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] != '\'':
		case strings.HasPrefix(text[i+1:], "="):
			return strings.ReplaceAll(text[1:i], "''", "'"), text[i+2:], true
		case strings.HasPrefix(text[i+1:], "'"):
			i++
		default:
			return "", "", false
		}
	}
	return "", "", false
}

// parseDatum returns the figure in its base unit.
func parseDatum(label, value string) (Perfdatum, bool) {
	label = clean(label)
	number, unit, ok := parseNumber(strings.TrimRight(value, ","))
	if !ok || label == "" || !isUnit(unit) {
		return Perfdatum{}, false
	}
	base := baseUnit(unit)
	number = number * base.times / base.over
	return Perfdatum{Label: label, Unit: base.name, Value: number}, !math.IsInf(number, 0)
}

// parseNumber returns the decimal number with which text begins, and what follows
// it. Plugins that heed the language of the machine write a comma for the point.
func parseNumber(text string) (number float64, rest string, ok bool) {
	end := mantissa(text)
	if end < len(text) && (text[end] == 'e' || text[end] == 'E') {
		end += exponent(text[end:])
	}
	digits := text[:end]
	if strings.Count(digits, ",") == 1 && !strings.Contains(digits, ".") {
		digits = strings.Replace(digits, ",", ".", 1)
	}
	number, err := strconv.ParseFloat(digits, 64)
	return number, text[end:], err == nil
}

// mantissa returns how long the number is without its exponent.
func mantissa(text string) int {
	n := strings.TrimLeft(strings.TrimPrefix(strings.TrimPrefix(text, "-"), "+"), "0123456789.,")
	return len(text) - len(n)
}

// exponent returns how long the exponent is with which text begins, 0 if there
// are no digits in it: then it is a unit.
func exponent(text string) int {
	sign := 0
	if len(text) > 1 && (text[1] == '-' || text[1] == '+') {
		sign = 1
	}
	digits := strings.TrimLeft(text[1+sign:], "0123456789")
	if n := len(text) - len(digits); n > 1+sign {
		return n
	}
	return 0
}

// isUnit tells whether what follows a number may be its unit, known or not.
func isUnit(text string) bool {
	first, _ := utf8.DecodeRuneInString(text)
	return text == "" || len(text) <= maxUnit && text == clean(text) &&
		(first == '%' || unicode.IsLetter(first) || unicode.In(first, unicode.So, unicode.Sc)) // such as ° and €
}

// A unit is what a figure is turned into: by multiplication and by division, so
// that no factor is a fraction, which would be rounded.
type unit struct {
	name        string
	times, over float64
}

// baseUnit returns the base unit of one that a plugin writes, or that itself. The
// guidelines for plugins don't say whether a kilobyte is 1,000 or 1,024 bytes; the
// plugins that write it divide by 1,024.
func baseUnit(name string) unit {
	const kilo, kibi = 1e3, 1 << 10
	switch name {
	case "s":
		return unit{"seconds", 1, 1}
	case "ms":
		return unit{"seconds", 1, kilo}
	case "us", "µs", "μs":
		return unit{"seconds", 1, kilo * kilo}
	case "ns":
		return unit{"seconds", 1, kilo * kilo * kilo}
	case "B":
		return unit{"bytes", 1, 1}
	case "KB", "kB", "KiB", "kiB":
		return unit{"bytes", kibi, 1}
	case "MB", "MiB":
		return unit{"bytes", kibi * kibi, 1}
	case "GB", "GiB":
		return unit{"bytes", kibi * kibi * kibi, 1}
	case "TB", "TiB":
		return unit{"bytes", kibi * kibi * kibi * kibi, 1}
	case "PB", "PiB":
		return unit{"bytes", kibi * kibi * kibi * kibi * kibi, 1}
	case "%":
		return unit{"ratio", 1, 100}
	case "c":
		return unit{"counter", 1, 1}
	}
	return unit{name, 1, 1}
}
