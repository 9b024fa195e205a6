// SPDX-License-Identifier: Apache-2.0

package embedded

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
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/discovery"
	"github.com/prometheus/prometheus/rules"

	"github.com/pharos-status/pharos/internal/schema"
)

// The hosts under which the scrapes and the notifier reach what is in the
// process. The top-level domain is reserved for private use and is never looked
// up.
const (
	exporterHost     = "exporter.pharos.internal:80"
	ownHost          = "own.pharos.internal:80"
	alertmanagerHost = "alertmanager.pharos.internal:80"
)

// jobOwn is the job label of the process's own metrics.
const jobOwn = "pharos"

// Metrics that are kept of what is scraped in memory; the rest of what Go and
// the engines say of themselves would take more room than what is watched.
const (
	keptOfProcess  = `process_(cpu_seconds_total|resident_memory_bytes|open_fds|start_time_seconds)|go_goroutines`
	keptOfExporter = `pharos_.+|` + keptOfProcess
	keptOfOwn      = `pharos_.+|` + keptOfProcess +
		`|prometheus_tsdb_(head_series|storage_blocks_bytes|wal_storage_size_bytes|compactions_failed_total|wal_corruptions_total)` +
		`|prometheus_(rule_evaluation_failures_total|notifications_dropped_total|config_last_reload_successful)` +
		`|alertmanager_(alerts|silences|notifications_total|notifications_failed_total)`
)

// ourJobs is the part of prometheus.yml that is Pharos' own.
const ourJobs = `
global: {scrape_interval: %[1]s, scrape_timeout: %[2]s, evaluation_interval: %[1]s}
alerting:
  alertmanagers:
  - {path_prefix: /alertmanager, static_configs: [{targets: ["` + alertmanagerHost + `"]}]}
scrape_configs:
- job_name: ` + schema.JobExporter + `
  enable_compression: false
  scrape_native_histograms: true
  scrape_protocols: [PrometheusProto, OpenMetricsText1.0.0, PrometheusText0.0.4]
  static_configs: [{targets: ["` + exporterHost + `"], labels: {instance: %[3]q}}]
  metric_relabel_configs: [{source_labels: [__name__], regex: "` + keptOfExporter + `", action: keep}]
`

const ourOwnJob = `
- job_name: ` + jobOwn + `
  enable_compression: false
  static_configs: [{targets: ["` + ownHost + `"], labels: {instance: %[1]q}}]
  metric_relabel_configs: [{source_labels: [__name__], regex: "` + keptOfOwn + `", action: keep}]
`

// A configuration is all that was read from the files at one time, checked.
// Applying it to the engines cannot fail for what the files say.
type configuration struct {
	prom    *config.Config
	targets map[string]discovery.Configs // of the scrape jobs
	pagers  map[string]discovery.Configs // of the Alertmanagers
	groups  map[string]*rules.Group
	routing *routing
}

// load reads every file and says all that is wrong with them at once. It changes
// nothing.
func (e *Engine) load() (*configuration, error) {
	prom, err := loadPrometheus(e.o)
	c := &configuration{prom: prom}
	var rulesErr, routingErr error
	if err == nil {
		c.targets, c.pagers = discoveries(prom)
		c.groups, rulesErr = e.prom.loadRules(e.o, prom)
	}
	c.routing, routingErr = loadRouting(e.o)
	if err := errors.Join(err, rulesErr, routingErr); err != nil {
		return nil, err
	}
	return c, nil
}

// loadPrometheus reads prometheus.yml, if there is one, and adds what is ours.
func loadPrometheus(o Options) (*config.Config, error) {
	path := filepath.Join(o.ConfigDir, "prometheus.yml")
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	c, err := config.Load(string(text), o.Logger)
	if err != nil {
		return nil, inFile(path, err)
	}
	c.SetDirectory(o.ConfigDir)
	if err := checkPrometheus(c); err != nil {
		return nil, at(path, string(text), err)
	}
	ours, err := ourConfig(o)
	if err != nil {
		return nil, err
	}
	// A Config is not to be changed once it is shared: nobody else has this one.
	c.ScrapeConfigs = append(c.ScrapeConfigs, ours.ScrapeConfigs...)
	c.AlertingConfig.AlertmanagerConfigs = append(c.AlertingConfig.AlertmanagerConfigs, ours.AlertingConfig.AlertmanagerConfigs...)
	c.GlobalConfig.EvaluationInterval = ours.GlobalConfig.EvaluationInterval
	// The storage takes its retention from here at each reload, and takes none at
	// all for unlimited.
	if t := c.StorageConfig.TSDBConfig; t.Retention == nil || *t.Retention == (config.TSDBRetentionConfig{}) {
		t.Retention = &config.TSDBRetentionConfig{Time: model.Duration(o.RetentionTime)}
		setBytes(&t.Retention.Size, o.RetentionSize)
	}
	return c, nil
}

// setBytes spares the import of the module that has the type.
func setBytes[T ~int64](p *T, n int64) { *p = T(n) }

func ourConfig(o Options) (*config.Config, error) {
	interval := model.Duration(o.ScrapeInterval)
	timeout := min(interval, model.Duration(defaultScrapeTimeout))
	text := fmt.Sprintf(ourJobs, interval, timeout, o.ListenAddress)
	if o.Own != nil {
		text += fmt.Sprintf(strings.TrimPrefix(ourOwnJob, "\n"), o.ListenAddress)
	}
	c, err := config.Load(text, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, fmt.Errorf("read the built-in scrape jobs: %w", err)
	}
	return c, nil
}

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
func checkPrometheus(c *config.Config) error {
	if len(c.RemoteReadConfigs) > 0 {
		return misplacedf(`(?m)^remote_read:`, "remote_read is not supported inside pharos; query the other Prometheus from Grafana, or run Prometheus as a program of its own")
	}
	if c.TracingConfig.Endpoint != "" {
		return misplacedf(`(?m)^tracing:`, "tracing is not supported inside pharos; remove the section")
	}
	jobs, err := c.GetScrapeConfigs()
	if err != nil {
		return err
	}
	for _, job := range jobs {
		if job.JobName == schema.JobExporter || job.JobName == jobOwn {
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

// discoveries returns where the targets of each scrape job and the Alertmanagers
// are to be found.
func discoveries(c *config.Config) (targets, pagers map[string]discovery.Configs) {
	targets, pagers = map[string]discovery.Configs{}, map[string]discovery.Configs{}
	jobs, err := c.GetScrapeConfigs()
	if err != nil {
		return targets, pagers // checkPrometheus has read them before
	}
	for _, job := range jobs {
		targets[job.JobName] = job.ServiceDiscoveryConfigs
	}
	for name, am := range c.AlertingConfig.AlertmanagerConfigs.ToMap() {
		pagers[name] = am.ServiceDiscoveryConfigs
	}
	return targets, pagers
}

var yamlLine = regexp.MustCompile(`^yaml: (?:unmarshal errors:\s*)?line (\d+): `)

// inFile puts the file in front of an error of the YAML library.
func inFile(path string, err error) error {
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		return fmt.Errorf("%s:%s: %w", path, m[1], err)
	}
	return fmt.Errorf("%s: %w", path, err)
}
