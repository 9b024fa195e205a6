// SPDX-License-Identifier: Apache-2.0

// Package configdir checks the files of a configuration folder, each as the part
// of Pharos does that reads it. It prints nothing and starts nothing; what is to
// be said of the files is left to the commands.
package configdir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	collectorconfig "github.com/pharos-status/pharos/collector/config"
	"github.com/pharos-status/pharos/internal/embedded/check"
	"github.com/pharos-status/pharos/rules/alerting"
	"github.com/pharos-status/pharos/rules/generate"
	sidecarconfig "github.com/pharos-status/pharos/sidecar/config"
	pageconfig "github.com/pharos-status/pharos/statuspage/config"
)

// The files of the folder, besides rules/*.yml.
const (
	exporterFile   = "exporter.yml"
	pageFile       = "statuspage.yml"
	bridgeFile     = "bridge.yml"
	alertingFile   = "alerting.yml"
	routingFile    = "alertmanager.yml"
	prometheusFile = "prometheus.yml"
	reporterFile   = "reporter.yml"
)

// A File is what was found in a file of the folder.
type File struct {
	Name  string // within the folder
	Found string // what is in it; empty if it is not there, which means defaults
	Err   error  // nil, or all that is wrong with it
}

// A Part of Pharos checks the files that it reads.
type Part func(dir string) []File

// All checks every file of the folder, and what they say of each other.
func All(dir string) []File {
	files := slices.Concat(Exporter(dir), StatusPage(dir), Bridge(dir), Engine(dir), Reporter(dir))
	for i := range files {
		if files[i].Name == routingFile && files[i].Err == nil {
			files[i].Err = webhooks(dir)
		}
	}
	return files
}

// Errors returns what is wrong with the files.
func Errors(files []File) (err error) {
	for _, f := range files {
		err = errors.Join(err, f.Err)
	}
	return err
}

// Exporter checks exporter.yml.
func Exporter(dir string) []File {
	return []File{read(dir, exporterFile, func(path string) (string, error) {
		c, err := collectorconfig.Load(path)
		if err != nil {
			return "", err
		}
		nodes, replicas := 0, 0
		for _, s := range c.Services {
			nodes += len(s.Nodes)
			for _, n := range s.Nodes {
				replicas += len(n.Replicas)
			}
		}
		return fmt.Sprintf("services: %d, nodes: %d, probed replicas: %d", len(c.Services), nodes, replicas), nil
	})}
}

// StatusPage checks statuspage.yml.
func StatusPage(dir string) []File {
	return []File{read(dir, pageFile, func(path string) (string, error) {
		c, err := pageconfig.Load(path)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("title: %q", c.Branding.PageTitle), nil
	})}
}

// Reporter checks reporter.yml, which pharos_reporter has beside the application that it
// watches: nothing is said of it where it is not there.
func Reporter(dir string) []File {
	f := read(dir, reporterFile, func(path string) (string, error) {
		c, err := sidecarconfig.Load(path)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("watches: %d", len(c.Watch)), nil
	})
	if f.Found == "" && f.Err == nil {
		return nil
	}
	return []File{f}
}

// Engine checks alerting.yml, alertmanager.yml, prometheus.yml and the rules.
// Where alerting.yml is bad, the others are checked as if it were not there.
func Engine(dir string) []File {
	choices := alerting.Default()
	files := []File{read(dir, alertingFile, func(path string) (string, error) {
		c, err := check.Alerting(path)
		if err != nil {
			return "", err
		}
		choices = c
		return fmt.Sprintf("owners: %d, dependencies: %d, objectives: %d", len(c.Owners), len(c.Dependencies), len(c.SLO)), nil
	})}
	taken, err := recorded(choices)
	if err != nil {
		files[0].Err = errors.Join(files[0].Err, err)
	}
	files = append(files, routing(dir, choices), read(dir, prometheusFile, func(path string) (string, error) {
		jobs, err := check.Prometheus(path, taken)
		return fmt.Sprintf("scrape jobs of your own: %d", jobs), err
	}))
	paths, err := filepath.Glob(filepath.Join(dir, "rules", "*.yml"))
	if err != nil {
		return append(files, File{Name: "rules", Err: fmt.Errorf("find rule files: %w", err)})
	}
	for _, path := range paths {
		files = append(files, read(dir, filepath.Join("rules", filepath.Base(path)), func(path string) (string, error) {
			n, err := check.Rules(path, taken)
			return fmt.Sprintf("rules: %d", n), err
		}))
	}
	return files
}

// routing checks alertmanager.yml. Where it is not there, alerting.yml may name
// nobody in it.
func routing(dir string, choices *alerting.Config) File {
	count := func(path string) (string, error) {
		receivers, err := check.Alertmanager(path, choices)
		return fmt.Sprintf("receivers: %d", receivers), err
	}
	f := read(dir, routingFile, count)
	if f.Found == "" && f.Err == nil {
		_, f.Err = count(filepath.Join(dir, routingFile))
	}
	return f
}

// recorded returns the names that users' rules may not record.
func recorded(choices *alerting.Config) ([]string, error) {
	bundled, err := generate.Rules(choices)
	if err != nil {
		return nil, err
	}
	return check.Recorded(bundled)
}

// read checks a file, if it is there.
func read(dir, name string, check func(path string) (string, error)) File {
	path := filepath.Join(dir, name)
	if _, err := os.Stat(path); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		return File{Name: name, Err: err}
	}
	found, err := check(path)
	return File{Name: name, Found: found, Err: err}
}
