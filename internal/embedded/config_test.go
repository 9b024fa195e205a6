// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/rules"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/rules/generate"
)

func TestBadFiles(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ file, text, want string }{
		"job name taken": {
			"prometheus.yml", "scrape_configs:\n- job_name: apps\n- job_name: pharos # mine\n",
			`DIR/prometheus.yml:3: job_name "pharos" belongs to pharos itself; give the job another name, such as "pharos_2"`,
		},
		"job name of the exporter": {
			"prometheus.yml", "scrape_configs:\n  - static_configs: []\n    job_name: 'pharos_exporter'\n",
			`DIR/prometheus.yml:3: job_name "pharos_exporter" belongs to pharos itself; give the job another name, such as "pharos_exporter_2"`,
		},
		"remote read": {
			"prometheus.yml", "\nremote_read: [{url: 'http://127.0.0.1:1/read'}]\n",
			"DIR/prometheus.yml:2: remote_read is not supported inside pharos; query the other Prometheus from Grafana, or run Prometheus as a program of its own",
		},
		"tracing": {
			"prometheus.yml", "tracing: {endpoint: '127.0.0.1:1'}\n",
			"DIR/prometheus.yml:1: tracing is not supported inside pharos; remove the section",
		},
		"not YAML": {
			"prometheus.yml", "global: {}\n\tx: 1\n",
			"DIR/prometheus.yml:2: yaml: line 2: found character that cannot start any token",
		},
		"unknown key": {
			"prometheus.yml", "global: {scrape_intervall: 1s}\n",
			"DIR/prometheus.yml:1: yaml: unmarshal errors:\n  line 1: field scrape_intervall not found in type config.plain",
		},
		"certificate missing": {
			"prometheus.yml", "scrape_configs: [{job_name: a, tls_config: {ca_file: none.pem}}]\n",
			"DIR/prometheus.yml: scrape job a: unable to read CA cert: unable to read file DIR/none.pem: open DIR/none.pem: no such file or directory",
		},
		"rule": {
			"rules/a.yml", "groups:\n- name: a\n  rules:\n  - {record: a, expr: 'sum('}\n",
			`DIR/rules/a.yml:4: group "a", rule 1, "a": could not parse expression: 1:5: parse error: unclosed left parenthesis`,
		},
		"receiver": {
			"alertmanager.yml", "route: {receiver: none}\nreceivers: [{name: some}]\n",
			`DIR/alertmanager.yml:1: undefined receiver "none" used in route`,
		},
		"template": {
			"alertmanager.yml", "templates: ['*.tmpl']\nroute: {receiver: a}\nreceivers: [{name: a}]\n",
			`DIR/alertmanager.yml: templates: template: bad.tmpl:1: unclosed action`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, 1)
			r.write("bad.tmpl", "{{")
			r.write(c.file, c.text)

			_, err := New(r.o)

			require.EqualError(t, err, strings.ReplaceAll(c.want, "DIR", r.o.ConfigDir))
		})
	}
}

func TestTheUsersPrometheusFile(t *testing.T) {
	t.Parallel()
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("app_users 3\n"))
	}))
	t.Cleanup(app.Close)
	received := make(chan string, 100)
	remote := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		select {
		case received <- req.Header.Get("Content-Encoding"):
		default:
		}
	}))
	t.Cleanup(remote.Close)
	r := newRig(t, 1)
	r.write("more/mine.yml", oneUserRule)
	r.write("prometheus.yml", `
global: {scrape_interval: 100ms, scrape_timeout: 100ms, external_labels: {site: a}}
rule_files: [more/*.yml]
storage: {tsdb: {retention: {time: 30d}}}
remote_write: [{url: "`+remote.URL+`"}]
scrape_configs:
- {job_name: apps, static_configs: [{targets: ["`+strings.TrimPrefix(app.URL, "http://")+`"]}]}
`)
	r.start()

	r.eventually(func() bool { return len(r.query(`app_users{job="apps"} == 3`)) == 1 }, "the job is not scraped")
	r.eventually(func() bool { return len(r.query(`mine:dead:count`)) == 1 }, "the rule is not evaluated")
	require.Equal(t, "snappy", <-received)
	_, body := r.call(http.MethodGet, "/prometheus/api/v1/status/runtimeinfo", "")
	require.Contains(t, body, `"storageRetention":"30d"`)
	r.exporter.set(0, false)
	r.page("firing ReplicaDead replica-0000")
	_, body = r.call(http.MethodGet, "/alertmanager/api/v2/alerts", "")
	require.Contains(t, body, `"site":"a"`)
}

func TestWithoutAnyFileAlertsAreShown(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1)
	r.o.ConfigDir = filepath.Join(t.TempDir(), "none")
	r.start()
	r.exporter.set(0, false)
	r.eventually(func() bool {
		_, body := r.call(http.MethodGet, "/alertmanager/api/v2/alerts", "")
		return strings.Contains(body, `"receivers":[{"name":"nobody"}]`)
	}, "the alert is not shown")
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	_, err := New(Options{ScrapeInterval: 1, RetentionSize: -1})
	require.EqualError(t, err, strings.Join([]string{
		"embedded: option StoragePath is missing", "embedded: option ExternalURL is missing", "embedded: option ListenAddress is missing",
		"embedded: option Exporter is missing", "embedded: option Logger is missing", "embedded: option ScrapeInterval is below 100ms",
		"embedded: option RetentionSize is negative",
	}, "\n"))
}

// TestGaugesAreForWhatHasNoHistograms: the rules that do without native histograms
// are there if something is scraped without them.
func TestGaugesAreForWhatHasNoHistograms(t *testing.T) {
	t.Parallel()
	for prometheus, want := range map[string]bool{
		"": false,
		"scrape_configs: [{job_name: far, scrape_native_histograms: true}]\n":                false,
		"global: {scrape_native_histograms: true}\nscrape_configs: [{job_name: far}]\n":      false,
		"scrape_configs: [{job_name: far}]\n":                                                true,
		"scrape_configs: [{job_name: a, scrape_native_histograms: true}, {job_name: far}]\n": true,
	} {
		o := usual(t, newExporter(0))
		bundled(&o)
		require.NoError(t, os.WriteFile(filepath.Join(o.ConfigDir, "prometheus.yml"), []byte(prometheus), 0o600))
		e, err := New(o)
		require.NoError(t, err)
		_, there := e.pending.groups[rules.GroupKey(bundledPrefix+generate.GaugesFile, "pharos_latency_gauges")]
		require.Equal(t, want, there, prometheus)
		require.NoError(t, e.Close())
	}
}
