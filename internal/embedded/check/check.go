// SPDX-License-Identifier: Apache-2.0

// Package check reads files in Prometheus' and Alertmanager's own formats as those
// programs do, and says whether the embedded engine takes them: the engine itself
// reads them by this package. It starts nothing, so that it may be used where only
// the answer is wanted.
package check

import (
	"errors"
	"log/slog"
	"net/url"
)

// Alertmanager reads an alertmanager.yml and returns how many receivers it has.
func Alertmanager(path string) (receivers int, err error) {
	r, err := LoadAlertmanager(path, &url.URL{}, slog.New(slog.DiscardHandler))
	if err != nil {
		return 0, err
	}
	return len(r.Config.Receivers), nil
}

// Prometheus reads a prometheus.yml and the rule files that it names, and returns
// how many scrape jobs it has.
func Prometheus(path string) (jobs int, err error) {
	c, err := LoadPrometheus(path, slog.New(slog.DiscardHandler))
	if err != nil {
		return 0, err
	}
	scrapes, err := c.GetScrapeConfigs()
	if err != nil {
		return 0, inFile(path, err)
	}
	files, err := RuleFiles(c.RuleFiles)
	for _, file := range files {
		_, bad := Rules(file)
		err = errors.Join(err, bad)
	}
	return len(scrapes), err
}
