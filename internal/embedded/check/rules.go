// SPDX-License-Identifier: Apache-2.0

package check

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
)

// RuleFiles returns the names of the files that match the patterns, each once.
func RuleFiles(patterns []string) ([]string, error) {
	var files []string
	for _, pattern := range patterns {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return nil, fmt.Errorf("find rule files %s: %w", pattern, err)
		}
		for _, file := range found {
			if !slices.Contains(files, file) {
				files = append(files, file)
			}
		}
	}
	return files, nil
}

// Rules reads a rule file of a user, which may not record what is taken, and
// returns how many rules it has. The error has a line for each thing that is wrong.
func Rules(path string, taken []string) (n int, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, fmt.Errorf("read rules: %w", err)
	}
	groups, errs := rulefmt.Parse(text, false, model.UTF8Validation, parser.NewParser(parser.Options{}), slog.New(slog.DiscardHandler))
	if len(errs) > 0 {
		return 0, inRules(path, errs)
	}
	for _, g := range groups.Groups {
		n += len(g.Rules)
		for _, rule := range g.Rules {
			if rule.Record != "" && slices.Contains(taken, rule.Record) {
				err = errors.Join(err, at(path, string(text), misplacedf(`(?m)record:\s*["']?`+regexp.QuoteMeta(rule.Record)+`["']?\s*(?:[,}#]|$)`,
					"group %q: a bundled rule records %s; record it under another name", g.Name, rule.Record)))
			}
		}
	}
	return n, err
}

// Recorded returns the names that the bundled rules record, given by file name.
func Recorded(bundled map[string][]byte) (names []string, err error) {
	for file, text := range bundled {
		groups, errs := rulefmt.Parse(text, false, model.UTF8Validation, parser.NewParser(parser.Options{}), slog.New(slog.DiscardHandler))
		if err := errors.Join(errs...); err != nil {
			return nil, fmt.Errorf("read bundled rules: %s: %w", file, err)
		}
		for _, g := range groups.Groups {
			for _, rule := range g.Rules {
				if rule.Record != "" {
					names = append(names, rule.Record)
				}
			}
		}
	}
	return names, nil
}

// atColumn is how an error of a rule begins: with its line and column, and often with
// those of what is wrong in it.
var atColumn = regexp.MustCompile(`^(?:\d+:\d+: )?(\d+):\d+: `)

// inRules puts the file and the line in front of each error.
func inRules(path string, errs []error) error {
	all := make([]error, len(errs))
	for i, err := range errs {
		where, text := path, err.Error()
		m := atColumn.FindStringSubmatch(text)
		if m == nil {
			all[i] = inFile(path, err)
			continue
		}
		if m[1] != "0" { // which stands for none
			where += ":" + m[1]
		}
		all[i] = fmt.Errorf("%s: %s", where, text[len(m[0]):])
	}
	return errors.Join(all...)
}
