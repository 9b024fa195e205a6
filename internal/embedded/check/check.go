// SPDX-License-Identifier: Apache-2.0

// Package check reads files in Prometheus' and Alertmanager's own formats as those
// programs do, with what alerting.yml adds to them, and says whether the embedded
// engine takes them: the engine itself reads them by this package. It starts
// nothing, so that it may be used where only the answer is wanted.
package check

import (
	"errors"
	"io/fs"
	"log/slog"
	"net/url"

	"github.com/pharos-status/pharos/rules/alerting"
)

// Alerting reads an alerting.yml; without the file it returns the defaults.
func Alerting(path string) (*alerting.Config, error) {
	c, err := alerting.Load(path)
	if errors.Is(err, fs.ErrNotExist) {
		return alerting.Default(), nil
	}
	return c, err
}

// Alertmanager reads an alertmanager.yml, to which a adds its routes, and returns
// how many receivers it has.
func Alertmanager(path string, a *alerting.Config) (receivers int, err error) {
	r, err := LoadAlertmanager(path, a, &url.URL{}, slog.New(slog.DiscardHandler))
	if err != nil {
		return 0, err
	}
	return len(r.Config.Receivers), nil
}

// Prometheus reads a prometheus.yml and the rule files that it names, none of which
// may record what is taken, and returns how many scrape jobs it has.
func Prometheus(path string, taken []string) (jobs int, err error) {
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
		_, bad := Rules(file, taken)
		err = errors.Join(err, bad)
	}
	return len(scrapes), err
}
