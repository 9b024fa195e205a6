// SPDX-License-Identifier: Apache-2.0

package configfile

import (
	"errors"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// unquotedText is what is written without quotation marks, unless it is a word of YAML.
var unquotedText = regexp.MustCompile(`^[A-Za-z_/][A-Za-z0-9_./-]*$`)

// textNode returns a string as it is best written.
func textNode(s string) (*yaml.Node, error) {
	if !utf8.ValidString(s) {
		return nil, errors.New("a text is not valid UTF-8")
	}
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s, Style: yaml.DoubleQuotedStyle}
	switch {
	case unquotedText.MatchString(s) && !isWord(s):
		n.Style = 0
	case blockable(s):
		n.Style = yaml.LiteralStyle
	}
	return n, nil
}

// isWord tells whether YAML 1.1 or 1.2 takes a text for something else.
func isWord(s string) bool {
	switch strings.ToLower(s) {
	case "null", "true", "false", "yes", "no", "on", "off", "y", "n", "_":
		return true
	}
	return false
}

// blockable tells whether a text of several lines can stand in a block as it is.
func blockable(s string) bool {
	if !strings.Contains(strings.TrimRight(s, "\n"), "\n") || strings.HasSuffix(s, "\n\n") || s[0] == '\n' || s[0] == '\t' {
		return false // the indentation of the block could not be told from that of the text
	}
	for line := range strings.Lines(s) {
		if body := strings.TrimSuffix(line, "\n"); strings.TrimRight(body, " \t") != body {
			return false
		}
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return r != '\n' && r != '\t' && (unicode.IsControl(r) || r == 0x2028 || r == 0x2029 || r == 0xfeff || !unicode.IsPrint(r))
	})
}
