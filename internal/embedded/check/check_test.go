// SPDX-License-Identifier: Apache-2.0

package check_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/embedded/check"
)

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestGoodFiles(t *testing.T) {
	t.Parallel()
	n, err := check.Alertmanager(write(t, "alertmanager.yml", "route: {receiver: none}\nreceivers: [{name: none}]\n"))
	require.NoError(t, err)
	require.Equal(t, 1, n)

	n, err = check.Prometheus(write(t, "prometheus.yml", "scrape_configs: [{job_name: apps}]\n"))
	require.NoError(t, err)
	require.Equal(t, 1, n)

	n, err = check.Rules(write(t, "a.yml", "groups: [{name: a, rules: [{record: 'a:b', expr: up}, {alert: Down, expr: up == 0}]}]\n"))
	require.NoError(t, err)
	require.Equal(t, 2, n)
}

func TestBadFilesAreNamedWithTheLine(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		check func(string) (int, error)
		text  string
		want  []string
	}{
		"alertmanager, unknown receiver": {check.Alertmanager, "route: {receiver: none}\n", []string{`undefined receiver "none" used in route`}},
		"alertmanager, unknown key":      {check.Alertmanager, "route: {receiver: a}\nreceivers: [{name: a}]\nx: 1\n", []string{"line 3", "field x not found"}},
		"prometheus, unknown key":        {check.Prometheus, "scrapes: []\n", []string{"line 1", "field scrapes not found"}},
		"rules, bad expression":          {check.Rules, "groups:\n- name: a\n  rules:\n  - alert: Down\n    expr: up ==\n", []string{"5:11", `"Down"`, "unexpected end of input"}},
		"alertmanager, bad template":     {check.Alertmanager, "templates: [f.yml]\nroute: {receiver: a}\nreceivers: [{name: '{{'}, {name: a}]\n", []string{"templates: ", "unterminated character constant"}},
		"alertmanager, receiver":         {check.Alertmanager, "route: {receiver: a}\nreceivers: [{name: a, webhook_configs: [{url: 'http://h', http_config: {tls_config: {ca_file: /nowhere/ca.pem}}}]}]\n", []string{"receiver a: ", "/nowhere/ca.pem"}},
		"prometheus, our job":            {check.Prometheus, "scrape_configs:\n- job_name: pharos\n", []string{"f.yml:2: ", `"pharos" belongs to pharos itself`}},
		"prometheus, discovery":          {check.Prometheus, "scrape_configs:\n- {job_name: a, dns_sd_configs: [{names: [a]}]}\n", []string{"f.yml:2: ", "dns_sd_configs not found"}},
		"prometheus, rule file":          {check.Prometheus, "rule_files: [f.yml]\n", []string{"field rule_files not found"}},
		"prometheus, query log":          {check.Prometheus, "global:\n  query_log_file: q.log\n", []string{"f.yml:2: query_log_file is not supported inside pharos; remove it"}},
		"prometheus, otlp":               {check.Prometheus, "\notlp: {}\n", []string{"f.yml:2: otlp is not supported inside pharos, which receives nothing; remove the section"}},
		"rules, a bundled name":          {check.Rules, "groups: [{name: a, rules: [{record: 'pharos:status:severity', expr: '1'}]}]\n", []string{`group "a": a bundled rule records pharos:status:severity; record it under another name`}},
		"rules, no file":                 {func(string) (int, error) { return check.Rules("/nowhere/a.yml") }, "", []string{"no such file"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := write(t, "f.yml", tc.text)
			_, err := tc.check(path)
			require.Error(t, err)
			for _, part := range tc.want {
				require.ErrorContains(t, err, part)
			}
			if name != "rules, no file" {
				require.ErrorContains(t, err, path)
			}
		})
	}
}
