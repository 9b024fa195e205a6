// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	collectorconfig "github.com/pharos-status/pharos/collector/config"
	"github.com/pharos-status/pharos/internal/embedded/check"
	pageconfig "github.com/pharos-status/pharos/statuspage/config"
)

// checkFiles checks every configuration file of the folder.
func checkFiles(f *flags) error {
	if err := checkFolder(f.configDir); err != nil {
		return err
	}
	return errors.Join(checkExporter(f)(), checkEngine(f)(), checkPage(f)())
}

func checkExporter(f *flags) func() error {
	return func() error {
		return ifThere(f.file("exporter.yml"), func(path string) error {
			_, err := collectorconfig.Load(path)
			return err
		})
	}
}

func checkPage(f *flags) func() error {
	return func() error {
		return ifThere(f.file("statuspage.yml"), func(path string) error {
			_, err := pageconfig.Load(path)
			return err
		})
	}
}

func checkEngine(f *flags) func() error {
	return func() error {
		errs := errors.Join(
			ifThere(f.file("prometheus.yml"), uncounted(check.Prometheus)),
			ifThere(f.file("alertmanager.yml"), uncounted(check.Alertmanager)),
		)
		rules, err := filepath.Glob(f.file(filepath.Join("rules", "*.yml")))
		errs = errors.Join(errs, err)
		for _, path := range rules {
			errs = errors.Join(errs, uncounted(check.Rules)(path))
		}
		return errs
	}
}

func uncounted(check func(string) (int, error)) func(string) error {
	return func(path string) error {
		_, err := check(path)
		return err
	}
}

// ifThere checks the file at path; an absent one means the defaults.
func ifThere(path string, check func(string) error) error {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return check(path)
}
