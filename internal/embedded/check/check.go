// SPDX-License-Identifier: Apache-2.0

// Package check says whether files in Prometheus' and Alertmanager's own formats
// are good, by the parsers that those programs use. It starts nothing, so it is
// cheap to import where only the answer is wanted.
package check

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"

	amconfig "github.com/prometheus/alertmanager/config"
	"github.com/prometheus/common/model"
	promconfig "github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
)

// Alertmanager reads an alertmanager.yml and returns how many receivers it has.
func Alertmanager(path string) (receivers int, err error) {
	c, err := amconfig.LoadFile(path)
	if err != nil {
		return 0, named(path, err)
	}
	return len(c.Receivers), nil
}

// Prometheus reads a prometheus.yml and returns how many scrape jobs it has.
func Prometheus(path string) (jobs int, err error) {
	c, err := promconfig.LoadFile(path, false, slog.New(slog.DiscardHandler))
	if err != nil {
		return 0, named(path, err)
	}
	scrapes, err := c.GetScrapeConfigs()
	if err != nil {
		return 0, named(path, err)
	}
	return len(scrapes), nil
}

// Rules reads a rule file and returns how many rules it has. The error has a
// line for each thing that is wrong.
func Rules(path string) (rules int, err error) {
	groups, errs := rulefmt.ParseFile(path, false, model.UTF8Validation,
		parser.NewParser(parser.Options{}), slog.New(slog.DiscardHandler))
	if len(errs) > 0 {
		return 0, inFile(path, errs)
	}
	for _, g := range groups.Groups {
		rules += len(g.Rules)
	}
	return rules, nil
}

// inFile names the file in each error.
func inFile(path string, errs []error) error {
	all := make([]error, len(errs))
	for i, err := range errs {
		all[i] = named(path, err)
	}
	return errors.Join(all...)
}

// named puts path in front of an error that does not name it already.
func named(path string, err error) error {
	if strings.Contains(err.Error(), path) {
		return err
	}
	return fmt.Errorf("%s: %w", path, err)
}
