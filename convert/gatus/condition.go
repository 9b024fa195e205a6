// SPDX-License-Identifier: Apache-2.0

package gatus

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pharos-status/pharos/convert"
	"github.com/pharos-status/pharos/convert/tree"
)

// A condition is one of an endpoint, with the placeholder on its left side.
type condition struct {
	v               *tree.Value
	left, op, right string
}

// A plan is what the conditions of an endpoint ask for.
type plan struct {
	*endpoint
	statuses   []func(int) bool
	asWritten  []string // the conditions of statuses
	matches    []string // regular expressions of the body, all of which have to match
	refuses    []string // and none of these
	cel        []string // all of which have to be true
	rcodes     []string
	alerted    bool          // somebody is told of what fails
	deadAfter  time.Duration // 0: after the timeout
	sickAfter  time.Duration // 0: never
	slow       *tree.Value
	sickBefore time.Duration
	expiry     *tree.Value
}

// parse returns a condition; ok is false if it is none, which fails it.
func parse(v *tree.Value) (c condition, ok bool) {
	text := v.Text()
	for _, op := range []string{"==", "!=", "<=", ">=", ">", "<"} {
		left, right, found := strings.Cut(text, " "+op+" ")
		if !found {
			continue
		}
		c = condition{v, strings.TrimSpace(left), op, strings.TrimSpace(right)}
		if !c.hasPlaceholder(c.left) && c.hasPlaceholder(c.right) {
			c.left, c.right = c.right, c.left
			c.op = map[string]string{"==": "==", "!=": "!=", "<=": ">=", ">=": "<=", ">": "<", "<": ">"}[op]
		}
		return c, true
	}
	v.Fail("not a condition; write one such as [STATUS] == 200")
	return c, false
}

func (condition) hasPlaceholder(side string) bool {
	for _, start := range []string{"[", "len([", "has(["} {
		if strings.HasPrefix(side, start) {
			return true
		}
	}
	return false
}

// missing says that the condition has no counterpart.
func (c condition) missing(text string) { c.v.Note(convert.Missing, "", text) }

// noSuch is said of conditions on what no probe looks at.
const noSuch = "nothing here asks for this; watch the endpoint by a node in mode script"

// conditions reads what the conditions ask for. body takes those of the answer.
func (p *plan) conditions(http bool, body func(condition)) {
	for _, v := range p.v.Get("conditions").Items() {
		c, ok := parse(v)
		if !ok {
			continue
		}
		upper := strings.ToUpper(c.left)
		switch {
		case upper == "[STATUS]" && http:
			p.status(c)
		case upper == "[RESPONSE_TIME]":
			p.responseTime(c)
		case upper == "[CERTIFICATE_EXPIRATION]":
			p.certificate(c)
		case upper == "[CONNECTED]":
			p.connected(c)
		case strings.HasPrefix(upper, "[BODY]"), strings.HasPrefix(upper, "LEN([BODY]"), strings.HasPrefix(upper, "HAS([BODY]"):
			body(c)
		case upper == "[DNS_RCODE]" && c.op == "==":
			p.rcodes = append(p.rcodes, options(c.right)...)
			c.v.Exact("exporter.yml: modules")
		case upper == "[DOMAIN_EXPIRATION]":
			c.missing("nothing here asks who owns a domain; watch it by a node in mode script that runs whois")
		default:
			c.missing(noSuch)
		}
	}
}

func (p *plan) connected(c condition) {
	if (c.op == "==") == strings.EqualFold(c.right, "true") {
		c.v.Exact("exporter.yml")
		return
	}
	p.skip("nothing here is healthy by being out of reach; watch it by a node in mode script")
}

// options returns the values of any(…), or the one that there is.
func options(text string) []string {
	inner, found := strings.CutPrefix(text, "any(")
	if !found || !strings.HasSuffix(inner, ")") {
		return []string{text}
	}
	parts := strings.Split(strings.TrimSuffix(inner, ")"), ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}

// milliseconds returns a side of a comparison of numbers, as Gatus takes it.
func milliseconds(text string) (int64, bool) {
	if d, err := time.ParseDuration(text); err == nil && d != 0 {
		return d.Milliseconds(), true
	}
	if n, err := strconv.ParseInt(text, 0, 64); err == nil {
		return n, true
	}
	f, err := strconv.ParseFloat(text, 64)
	return int64(f), err == nil && f > -1e15 && f < 1e15
}

// status adds what a status has to be.
func (p *plan) status(c condition) {
	n, isNumber := milliseconds(c.right)
	match, isPattern := pattern(c.right)
	switch {
	case isPattern && c.equality():
		r := regexp.MustCompile(match)
		p.statuses = append(p.statuses, func(s int) bool { return r.MatchString(strconv.Itoa(s)) == (c.op == "==") })
	case c.equality():
		of := options(c.right)
		if slices.ContainsFunc(of, func(s string) bool { _, err := strconv.Atoi(s); return err != nil }) {
			c.v.Fail("a status is a number; write one such as [STATUS] == 200")
			return
		}
		p.statuses = append(p.statuses, func(s int) bool { return slices.Contains(of, strconv.Itoa(s)) == (c.op == "==") })
	case !isNumber:
		c.v.Fail("a status is a number; write one such as [STATUS] < 300")
		return
	default:
		p.statuses = append(p.statuses, func(s int) bool { return compare(int64(s), c.op, n) })
	}
	p.asWritten = append(p.asWritten, c.op+c.right)
	c.v.Exact("exporter.yml: modules")
}

func (c condition) equality() bool { return c.op == "==" || c.op == "!=" }

func compare(a int64, op string, b int64) bool {
	switch op {
	case "<":
		return a < b
	case "<=":
		return a <= b
	case ">":
		return a > b
	}
	return a >= b
}

// Statuses that an answer may end with.
const firstStatus, lastStatus = 200, 599

// codes returns the statuses that meet all conditions; nil for those from 200 to 299.
func (p *plan) codes() []any {
	key := strings.Join(p.asWritten, "\n")
	codes, known := p.codesOf[key]
	if !known {
		codes = p.meeting()
		p.codesOf[key] = codes
	}
	if len(codes) == 0 {
		p.v.Get("conditions").Fail("no status from %d to %d meets the conditions; mend those of [STATUS]", firstStatus, lastStatus)
	}
	if len(codes) == 100 && codes[0] == 200 && codes[99] == 299 {
		return nil
	}
	return codes
}

func (p *plan) meeting() []any {
	var codes []any
	for s := firstStatus; s <= lastStatus; s++ {
		if !slices.ContainsFunc(p.statuses, func(is func(int) bool) bool { return !is(s) }) {
			codes = append(codes, s)
		}
	}
	return codes
}

// responseTime sets from when on an answer is late.
func (p *plan) responseTime(c condition) {
	n, ok := milliseconds(c.right)
	limit := time.Duration(n) * time.Millisecond
	switch {
	case c.op != "<" && c.op != "<=":
		c.missing(noSuch)
	case !ok || n <= 0 || n > int64(time.Hour/time.Millisecond):
		c.v.Fail("a time is a number of milliseconds, and no answer takes more than an hour; write one such as [RESPONSE_TIME] < 500")
	case limit >= p.timeout:
		c.v.Note(convert.Differs, "exporter.yml: poll.timeout", "the timeout comes before; such an answer is dead")
	case p.alerted:
		if p.deadAfter == 0 || limit < p.deadAfter {
			p.deadAfter, p.slow = limit, c.v
		}
		c.v.Note(convert.Differs, "exporter.yml: poll.timeout", "somebody is to be told of slow answers, so they are dead, as they have failed in Gatus; how long they took is not measured then. To have them sick, set sick_after instead")
	default:
		if p.sickAfter == 0 || limit < p.sickAfter {
			p.sickAfter, p.slow = limit, c.v
		}
		c.v.Note(convert.Differs, "exporter.yml: poll.sick_after", "a slower answer is sick here, not dead")
	}
}

// certificate sets how long before its end a certificate is to be told of.
func (p *plan) certificate(c condition) {
	n, ok := milliseconds(c.right)
	const longest = int64(10 * 365 * 24 * time.Hour / time.Millisecond)
	switch {
	case c.op != ">" && c.op != ">=":
		c.missing(noSuch)
	case !ok || n < 0 || n > longest:
		c.v.Fail("the end of a certificate is a duration; write one such as [CERTIFICATE_EXPIRATION] > 48h")
	default:
		if d := time.Duration(n) * time.Millisecond; d > p.sickBefore {
			p.sickBefore, p.expiry = d, c.v
		}
		text := "from then on it is sick here, not dead"
		if p.alerted {
			text += "; those who have an alert are told of it once it has been sick for 5 minutes (PharosNodeSick), as long as it is not dead"
		}
		c.v.Note(convert.Differs, "exporter.yml: tls.sick_before", text)
	}
}

// pattern returns the regular expression of pat(…).
func pattern(text string) (string, bool) {
	inner, found := strings.CutPrefix(text, "pat(")
	if !found || !strings.HasSuffix(inner, ")") {
		return "", false
	}
	inner = strings.TrimSuffix(inner, ")")
	if strings.ContainsAny(inner, `[\`) {
		return "", false // a class of characters
	}
	r := strings.NewReplacer(`\*`, `.*`, `\?`, `.`)
	return `(?s)^` + r.Replace(regexp.QuoteMeta(inner)) + `$`, true
}
