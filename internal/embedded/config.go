// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/discovery"
	"github.com/prometheus/prometheus/rules"

	"github.com/pharos-status/pharos/internal/embedded/check"
	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/rules/alerting"
)

// The hosts under which the scrapes and the notifier reach what is in the
// process. The top-level domain is reserved for private use and is never looked
// up.
const (
	exporterHost     = "exporter.pharos.internal:80"
	ownHost          = "own.pharos.internal:80"
	alertmanagerHost = "alertmanager.pharos.internal:80"
)

// Metrics that are kept of what is scraped in memory; the rest of what Go and
// the engines say of themselves would take more room than what is watched.
const (
	keptOfProcess  = `process_(cpu_seconds_total|resident_memory_bytes|open_fds|start_time_seconds)|go_goroutines`
	keptOfExporter = `pharos_.+|` + keptOfProcess
	keptOfOwn      = `pharos_.+|` + keptOfProcess +
		`|prometheus_tsdb_(head_series|storage_blocks_bytes|wal_storage_size_bytes)` +
		`|prometheus_tsdb_(wal_writes_failed|wal_corruptions|compactions_failed|head_truncations_failed|checkpoint_creations_failed|reloads_failures)_total` +
		`|prometheus_rule_evaluation_failures_total|prometheus_notifications_((dropped|errors|sent)_total|alertmanagers_discovered)` +
		`|alertmanager_(alerts|silences|(notifications|notification_requests)(_failed)?_total)`
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
- job_name: ` + check.JobOwn + `
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
	alerts, alertsErr := check.Alerting(filepath.Join(e.o.ConfigDir, "alerting.yml"))
	if alertsErr != nil {
		alerts = alerting.Default() // for what else is wrong
	}
	c := &configuration{prom: prom}
	var rulesErr, routingErr error
	if err == nil {
		c.targets, c.pagers = discoveries(prom)
		c.groups, rulesErr = e.prom.loadRules(e.o, prom, alerts)
	}
	c.routing, routingErr = loadRouting(e.o, alerts)
	if err := errors.Join(alertsErr, err, rulesErr, routingErr); err != nil {
		return nil, err
	}
	return c, nil
}

// loadPrometheus reads prometheus.yml, if there is one, and adds what is ours.
func loadPrometheus(o Options) (*config.Config, error) {
	c, err := check.LoadPrometheus(filepath.Join(o.ConfigDir, "prometheus.yml"), o.Logger)
	if err != nil {
		return nil, err
	}
	ours, err := ourConfig(o)
	if err != nil {
		return nil, err
	}
	// A Config is not to be changed once it is shared: nobody else has this one.
	c.ScrapeConfigs = append(c.ScrapeConfigs, ours.ScrapeConfigs...)
	c.AlertingConfig.AlertmanagerConfigs = append(c.AlertingConfig.AlertmanagerConfigs, ours.AlertingConfig.AlertmanagerConfigs...)
	if every := c.GlobalConfig.EvaluationInterval; every != config.DefaultGlobalConfig.EvaluationInterval && every != ours.GlobalConfig.EvaluationInterval {
		o.Logger.Info("The rules are evaluated at Pharos' own interval and at each change, whatever prometheus.yml says; a group may have a longer one",
			"evaluation_interval", every.String(), "own_interval", o.ScrapeInterval)
	}
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

// discoveries returns where the targets of each scrape job and the Alertmanagers
// are to be found.
func discoveries(c *config.Config) (targets, pagers map[string]discovery.Configs) {
	targets, pagers = map[string]discovery.Configs{}, map[string]discovery.Configs{}
	jobs, err := c.GetScrapeConfigs()
	if err != nil {
		return targets, pagers // they were read when the file was checked
	}
	for _, job := range jobs {
		targets[job.JobName] = job.ServiceDiscoveryConfigs
	}
	for name, am := range c.AlertingConfig.AlertmanagerConfigs.ToMap() {
		pagers[name] = am.ServiceDiscoveryConfigs
	}
	return targets, pagers
}
