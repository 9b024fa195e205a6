// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/pharos-status/pharos/internal/schema"
)

// A silenceMatcher is a condition on a label, as Alertmanager has it.
type silenceMatcher struct {
	Name    string `json:"name"`
	Value   string `json:"value"`
	IsRegex bool   `json:"isRegex"`
	IsEqual *bool  `json:"isEqual"` // nil: true
}

// String returns the matcher as it is written.
func (m silenceMatcher) String() string {
	operator := map[[2]bool]string{{true, false}: "=", {true, true}: "=~", {false, false}: "!=", {false, true}: "!~"}[[2]bool{m.equal(), m.IsRegex}]
	return m.Name + operator + strconv.Quote(m.Value)
}

func (m silenceMatcher) equal() bool { return m.IsEqual == nil || *m.IsEqual }

func (m silenceMatcher) same(other silenceMatcher) bool {
	return m.Name == other.Name && m.Value == other.Value && m.IsRegex == other.IsRegex && m.equal() == other.equal()
}

// matcherSets returns what silences have to match: a set for each component, with all
// the matchers besides; or, without components, the matchers alone.
func matcherSets(components, matchers []string) (sets [][]silenceMatcher, err error) {
	var given []silenceMatcher
	for _, text := range matchers {
		m, err := parseMatcher(text)
		if err != nil {
			return nil, err
		}
		given = append(given, m)
	}
	for _, text := range components {
		service, node, _ := strings.Cut(text, "/")
		if service == "" || strings.Contains(node, "/") || strings.HasSuffix(text, "/") {
			return nil, fmt.Errorf("--component: %q is no component; write service, or service/node", text)
		}
		set := []silenceMatcher{{Name: schema.Service, Value: service, IsEqual: new(true)}}
		if node != "" {
			set = append(set, silenceMatcher{Name: schema.Node, Value: node, IsEqual: new(true)})
		}
		sets = append(sets, append(set, given...))
	}
	switch {
	case len(sets) > 0:
		return sets, nil
	case len(given) == 0:
		return nil, errors.New("say what to silence, by --component or by --matcher")
	}
	return [][]silenceMatcher{given}, nil
}

// parseMatcher reads name=value, or with another operator; quotation marks around the
// value are those of Alertmanager.
func parseMatcher(text string) (silenceMatcher, error) {
	parts := regexp.MustCompile(`^\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*((?s:.*?))\s*$`).FindStringSubmatch(text)
	if parts == nil {
		return silenceMatcher{}, fmt.Errorf("--matcher: %q is no matcher; write name=value, name!=value, name=~regexp or name!~regexp", text)
	}
	value := parts[3]
	if strings.HasPrefix(value, `"`) {
		unquoted, err := strconv.Unquote(value)
		if err != nil {
			return silenceMatcher{}, fmt.Errorf("--matcher: %s has quotation marks that don't end; write name=\"value\"", text)
		}
		value = unquoted
	}
	m := silenceMatcher{Name: parts[1], Value: value, IsRegex: strings.HasSuffix(parts[2], "~"), IsEqual: new(parts[2][0] == '=')}
	if m.IsRegex {
		if _, err := regexp.Compile(value); err != nil {
			return silenceMatcher{}, fmt.Errorf("--matcher: %q: %w", text, err)
		}
	}
	return m, nil
}
