// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"text/tabwriter"

	collectorconfig "github.com/pharos-status/pharos/collector/config"
	"github.com/pharos-status/pharos/internal/app"
	"github.com/pharos-status/pharos/internal/embedded/check"
	pageconfig "github.com/pharos-status/pharos/statuspage/config"
)

const checkHelp = `Check every file of a configuration folder.

Reads exporter.yml, statuspage.yml, alertmanager.yml, prometheus.yml and
rules/*.yml, those that are there, as the programs themselves do. Prints a line
for each file and, on standard error, every error with its file and line. Nothing
is started and nothing is changed. Exits with 1 if a file is bad.

  pharosctl check /etc/pharos`

// checkCommand adds the subcommand check.
func checkCommand(cli *app.Command, stdout io.Writer) (name string, action func() error) {
	cmd := cli.Command("check", checkHelp)
	dir := cmd.Arg("dir", "The configuration folder.").Default(".").String()
	return cmd.FullCommand(), func() error { return checkDir(*dir, stdout) }
}

// A checker reads one file, and says what it found in it.
type checker func(path string) (found string, err error)

// checkDir checks the files of dir and returns all that is wrong with them.
func checkDir(dir string, stdout io.Writer) error {
	if info, err := os.Stat(dir); err != nil {
		return fmt.Errorf("check configuration: %w", err)
	} else if !info.IsDir() {
		return fmt.Errorf("check configuration: %s is a file; name the folder that holds it", dir)
	}
	out := tabwriter.NewWriter(stdout, 0, 8, 2, ' ', 0)
	errs := checkFiles(dir, out)
	if err := out.Flush(); err != nil {
		return fmt.Errorf("print the result: %w", err)
	}
	return errs
}

func checkFiles(dir string, out io.Writer) (errs error) {
	one := func(name string, c checker) {
		found, err := c(filepath.Join(dir, name))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			found = "-\tnot there: defaults"
		case err != nil:
			found = "BAD"
			errs = errors.Join(errs, err)
		default:
			found = "ok\t" + found
		}
		fmt.Fprintf(out, "%s\t%s\n", name, found) //nolint:errcheck // Flush tells
	}
	one("exporter.yml", checkExporter)
	one("statuspage.yml", checkStatusPage)
	one("alertmanager.yml", counted(check.Alertmanager, "receivers"))
	one("prometheus.yml", counted(check.Prometheus, "scrape jobs of your own"))
	rules, err := filepath.Glob(filepath.Join(dir, "rules", "*.yml"))
	if err != nil {
		return errors.Join(errs, fmt.Errorf("find rule files: %w", err))
	}
	for _, path := range rules {
		one(filepath.Join("rules", filepath.Base(path)), counted(check.Rules, "rules"))
	}
	return errs
}

// counted makes a checker of a function that counts things.
func counted(f func(string) (int, error), things string) checker {
	return func(path string) (string, error) {
		if _, err := os.Stat(path); err != nil {
			return "", err
		}
		n, err := f(path)
		return fmt.Sprintf("%s: %d", things, n), err
	}
}

func checkExporter(path string) (string, error) {
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
}

func checkStatusPage(path string) (string, error) {
	c, err := pageconfig.Load(path)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("title: %q", c.Branding.PageTitle), nil
}
