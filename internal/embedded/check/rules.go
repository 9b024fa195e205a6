// SPDX-License-Identifier: Apache-2.0

package check

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"

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
	groups, errs := rulefmt.ParseFile(path, false, model.UTF8Validation,
		parser.NewParser(parser.Options{}), slog.New(slog.DiscardHandler))
	if len(errs) > 0 {
		return 0, named(path, errs)
	}
	for _, g := range groups.Groups {
		n += len(g.Rules)
		for _, rule := range g.Rules {
			if rule.Record != "" && slices.Contains(taken, rule.Record) {
				err = errors.Join(err, fmt.Errorf("%s: group %q: a bundled rule records %s; record it under another name", path, g.Name, rule.Record))
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

// named names the file in each error that does not name it already.
func named(path string, errs []error) error {
	all := make([]error, len(errs))
	for i, err := range errs {
		if all[i] = err; !strings.Contains(err.Error(), path) {
			all[i] = fmt.Errorf("%s: %w", path, err)
		}
	}
	return errors.Join(all...)
}
