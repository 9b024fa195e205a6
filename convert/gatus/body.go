// SPDX-License-Identifier: Apache-2.0

package gatus

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// maxTests bounds how many conditions the body of an answer is held to.
const maxTests = 1000

// httpBody adds what the body of an answer of HTTP has to be.
func (p *plan) httpBody(c condition) {
	if strings.EqualFold(c.left, "[BODY]") && c.equality() {
		match, ok := wholeBody(c.right)
		if !ok {
			c.missing("a class of characters in pat() has no counterpart; write a regular expression into the module of the node")
			return
		}
		if c.op == "==" {
			p.matches = append(p.matches, match)
		} else {
			p.refuses = append(p.refuses, match)
		}
		c.v.Exact("exporter.yml: modules")
		return
	}
	if strings.EqualFold(c.left, "len([BODY])") {
		p.bodyLength(c)
		return
	}
	expression, ok := c.cel()
	if !ok || len(p.cel) >= maxTests {
		c.missing("this has no counterpart; write it in CEL into the module of the node, as fail_if_body_json_not_matches_cel")
		return
	}
	p.cel = append(p.cel, expression)
	c.v.Exact("exporter.yml: modules")
}

// emptyBody matches what Gatus finds to have the length 0: no text, and a list in JSON
// without items.
const emptyBody = `^(\[\s*\])?$`

// bodyLength converts a condition on the length of the whole body: of a text Gatus
// counts the bytes, and of a list in JSON the items.
func (p *plan) bodyLength(c condition) {
	switch c.op + " " + c.right {
	case "> 0", "!= 0", ">= 1":
		p.refuses = append(p.refuses, emptyBody)
	case "== 0", "<= 0", "< 1":
		p.matches = append(p.matches, emptyBody)
	default:
		c.missing("Gatus counts the bytes of a text, or the items of a list in JSON; write into the module of the node, for a list, fail_if_body_json_not_matches_cel: size(body) " +
			c.op + " …, or for a text a regular expression")
		return
	}
	c.v.Exact("exporter.yml: modules")
}

// wholeBody returns the regular expression of a body as a whole.
func wholeBody(right string) (string, bool) {
	if strings.HasPrefix(right, "pat(") {
		return pattern(right)
	}
	all := options(right)
	for i := range all {
		all[i] = regexp.QuoteMeta(all[i])
	}
	return `(?s)^\s*(?:` + strings.Join(all, "|") + `)\s*$`, true
}

// cel returns the condition about a part of a document as an expression.
func (c condition) cel() (string, bool) {
	function, path := "", c.left
	for _, f := range []string{"len", "has"} {
		if inner, found := strings.CutPrefix(c.left, f+"("); found && strings.HasSuffix(inner, ")") {
			function, path = f, strings.TrimSuffix(inner, ")")
		}
	}
	steps, ok := bodyPath(path)
	if !ok {
		return "", false
	}
	value := "body" + strings.Join(steps, "")
	switch function {
	case "has":
		if !c.equality() || (c.right != "true" && c.right != "false") {
			return "", false
		}
		return isThere(steps, (c.right == "true") == (c.op == "==")), len(steps) > 0
	case "len":
		n, err := strconv.ParseInt(c.right, 10, 64)
		return fmt.Sprintf("size(%s) %s %d", value, c.op, n), err == nil && len(steps) > 0
	}
	if !c.equality() {
		n, err := strconv.ParseInt(c.right, 10, 64)
		return fmt.Sprintf("double(%s) %s %d.0", value, c.op, n), err == nil && n > -1e15 && n < 1e15
	}
	return c.equals(value)
}

// equals compares a value with a text, which may be a number, a pattern, one of
// several, or another value.
func (c condition) equals(value string) (string, bool) {
	var test string
	switch match, isPattern := pattern(c.right); {
	case isPattern:
		test = fmt.Sprintf("string(%s).matches(%s)", value, strconv.Quote(match))
	case strings.HasPrefix(c.right, "pat("):
		return "", false
	case strings.HasPrefix(strings.ToUpper(c.right), "[BODY]"):
		steps, ok := bodyPath(c.right)
		if !ok {
			return "", false
		}
		test = value + " == body" + strings.Join(steps, "")
	case strings.HasPrefix(c.right, "["):
		return "", false
	default:
		var tests []string
		for _, one := range options(c.right) {
			tests = append(tests, literalTest(value, one))
		}
		test = strings.Join(tests, " || ")
	}
	if c.op == "!=" {
		return "!(" + test + ")", true
	}
	return "(" + test + ")", true
}

// number matches numbers that CEL reads as they are.
var number = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?$`)

// literalTest compares a value with a literal that is a text, or what the text says.
func literalTest(value, literal string) string {
	test := value + " == " + strconv.Quote(literal)
	if number.MatchString(literal) || literal == "true" || literal == "false" || literal == "null" {
		test += " || " + value + " == " + literal
	}
	return test
}

// bodyPath returns the steps of [BODY].a.b[0].c in CEL.
func bodyPath(path string) (steps []string, ok bool) {
	const prefix = "[BODY]"
	if len(path) < len(prefix) || !strings.EqualFold(path[:len(prefix)], prefix) {
		return nil, false
	}
	path = path[len(prefix):]
	for path != "" {
		switch path[0] {
		case '.':
			end := strings.IndexAny(path[1:], ".[") + 1
			if end == 0 {
				end = len(path)
			}
			if end == 1 {
				return nil, false
			}
			steps, path = append(steps, "["+strconv.Quote(path[1:end])+"]"), path[end:]
		case '[':
			inner, rest, found := strings.Cut(path[1:], "]")
			n, err := strconv.Atoi(inner)
			if !found || err != nil || n < 0 {
				return nil, false
			}
			steps, path = append(steps, "["+strconv.Itoa(n)+"]"), rest
		default:
			return nil, false
		}
		if len(steps) > 50 {
			return nil, false
		}
	}
	return steps, true
}

// isThere tells whether a path leads somewhere, or that it does not.
func isThere(steps []string, there bool) string {
	tests := make([]string, len(steps))
	at := "body"
	for i, step := range steps {
		key := step[1 : len(step)-1]
		if step[1] == '"' {
			tests[i] = key + " in " + at
		} else {
			tests[i] = "size(" + at + ") > " + key
		}
		at += step
	}
	test := "(" + strings.Join(tests, " && ") + ")"
	if there {
		return test
	}
	return "!" + test
}
