// SPDX-License-Identifier: Apache-2.0

package check

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	commonconfig "github.com/prometheus/common/config"
	"github.com/prometheus/prometheus/config"
	_ "github.com/prometheus/prometheus/discovery/file" // file_sd_configs
	_ "github.com/prometheus/prometheus/discovery/http" // http_sd_configs

	"github.com/pharos-status/pharos/internal/schema"
)

// JobOwn is the job label of the metrics of the process itself.
const JobOwn = "pharos"

// LoadPrometheus reads a prometheus.yml as the engine does: other files are found
// from its folder, and what would be ignored or fail later is an error. A file
// that is not there means Prometheus' defaults. The rule files that it names are
// not read.
func LoadPrometheus(path string, log *slog.Logger) (*config.Config, error) {
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	c, err := config.Load(string(text), log)
	if err != nil {
		return nil, inFile(path, err)
	}
	c.SetDirectory(filepath.Dir(path))
	if err := checkPrometheus(c, string(text)); err != nil {
		return nil, at(path, string(text), err)
	}
	return c, nil
}

var receivesOTLP = regexp.MustCompile(`(?m)^otlp:`)

// A misplaced is an error about a line of a file that matches pattern.
type misplaced struct {
	pattern *regexp.Regexp
	msg     string
}

// Error implements error.
func (m *misplaced) Error() string { return m.msg }

func misplacedf(pattern, format string, args ...any) error {
	return &misplaced{regexp.MustCompile(pattern), fmt.Sprintf(format, args...)}
}

// at puts the file, and the line if it is known, in front of err.
func at(path, text string, err error) error {
	var m *misplaced
	if !errors.As(err, &m) {
		return inFile(path, err)
	}
	if loc := m.pattern.FindStringIndex(text); loc != nil {
		return fmt.Errorf("%s:%d: %w", path, 1+strings.Count(text[:loc[0]], "\n"), err)
	}
	return inFile(path, err)
}

// checkPrometheus refuses what would be ignored or would fail later.
func checkPrometheus(c *config.Config, text string) error {
	if len(c.RemoteReadConfigs) > 0 {
		return misplacedf(`(?m)^remote_read:`, "remote_read is not supported inside pharos; query the other Prometheus from Grafana, or run Prometheus as a program of its own")
	}
	if c.TracingConfig.Endpoint != "" {
		return misplacedf(`(?m)^tracing:`, "tracing is not supported inside pharos; remove the section")
	}
	if c.GlobalConfig.QueryLogFile != "" {
		return misplacedf(`query_log_file:`, "query_log_file is not supported inside pharos; remove it")
	}
	if receivesOTLP.MatchString(text) {
		return misplacedf(receivesOTLP.String(), "otlp is not supported inside pharos, which receives nothing; remove the section")
	}
	return checkClients(c)
}

// checkClients refuses scrape jobs with names of ours, and settings of clients
// that cannot work.
func checkClients(c *config.Config) error {
	jobs, err := c.GetScrapeConfigs()
	if err != nil {
		return err
	}
	for _, job := range jobs {
		if job.JobName == schema.JobExporter || job.JobName == JobOwn {
			return misplacedf(`(?m)^[\s-]*job_name:\s*["']?`+job.JobName+`["']?\s*(#.*)?$`,
				"job_name %q belongs to pharos itself; give the job another name, such as %q", job.JobName, job.JobName+"_2")
		}
		if _, err := commonconfig.NewClientFromConfig(job.HTTPClientConfig, job.JobName); err != nil {
			return fmt.Errorf("scrape job %s: %w", job.JobName, err)
		}
	}
	for name, am := range c.AlertingConfig.AlertmanagerConfigs.ToMap() {
		if _, err := commonconfig.NewClientFromConfig(am.HTTPClientConfig, name); err != nil {
			return fmt.Errorf("alerting: %w", err)
		}
	}
	return nil
}

var yamlLine = regexp.MustCompile(`^yaml: (?:unmarshal errors:\s*)?line (\d+): `)

// inFile puts the file in front of an error of the YAML library.
func inFile(path string, err error) error {
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		return fmt.Errorf("%s:%s: %w", path, m[1], err)
	}
	return fmt.Errorf("%s: %w", path, err)
}
