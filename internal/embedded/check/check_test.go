// SPDX-License-Identifier: Apache-2.0

package check_test

import (
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/embedded/check"
	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/rules/alerting"
	"github.com/pharos-status/pharos/rules/generate"
)

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func alertmanager(path string) (int, error) { return check.Alertmanager(path, alerting.Default()) }

func prometheus(path string) (int, error) { return check.Prometheus(path, []string{"taken"}) }

func rules(path string) (int, error) { return check.Rules(path, []string{"taken"}) }

func TestGoodFiles(t *testing.T) {
	t.Parallel()
	n, err := alertmanager(write(t, "alertmanager.yml", "route: {receiver: none}\nreceivers: [{name: none}]\n"))
	require.NoError(t, err)
	require.Equal(t, 1, n)

	n, err = prometheus(write(t, "prometheus.yml", "scrape_configs: [{job_name: apps}]\n"))
	require.NoError(t, err)
	require.Equal(t, 1, n)

	n, err = rules(write(t, "a.yml", "groups: [{name: a, rules: [{record: 'a:b', expr: up}, {alert: Down, expr: up == 0}]}]\n"))
	require.NoError(t, err)
	require.Equal(t, 2, n)

	c, err := check.Alerting("/nowhere/alerting.yml")
	require.NoError(t, err)
	require.Equal(t, alerting.Default(), c)
}

func TestBundledNamesAreTaken(t *testing.T) {
	t.Parallel()
	bundled, err := generate.Rules(alerting.Default())
	require.NoError(t, err)
	names, err := check.Recorded(bundled)
	require.NoError(t, err)
	require.Contains(t, names, schema.ReplicaSeverity)
	require.Contains(t, names, schema.QuorumQuantile)
	require.NotContains(t, names, "", "alerts record nothing")

	_, err = check.Recorded(map[string][]byte{"a.yml": []byte("groups: 1")})
	require.ErrorContains(t, err, "read bundled rules: a.yml: ")
}

// TestTheUsersFileKeepsItsFolder has routes generated, which come without the
// folder that the user's templates and secrets are found from.
func TestTheUsersFileKeepsItsFolder(t *testing.T) {
	t.Parallel()
	path := write(t, "alertmanager.yml", `
templates: ['*.tmpl']
route: {receiver: team}
receivers:
- {name: team, webhook_configs: [{url: 'http://h', http_config: {authorization: {credentials_file: token}}}]}
- {name: dead-man}
`)
	require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(path), "a.tmpl"), []byte(`{{ define "mine" }}x{{ end }}`), 0o600))
	a, err := alerting.Parse("alerting.yml", []byte("watchdog: {receiver: dead-man}\n"))
	require.NoError(t, err)

	r, err := check.LoadAlertmanager(path, a, &url.URL{}, slog.New(slog.DiscardHandler))

	require.NoError(t, err)
	got, err := r.Template.ExecuteTextString(`{{ template "mine" }}`, nil)
	require.NoError(t, err)
	require.Equal(t, "x", got)
	secret := r.Config.Receivers[0].WebhookConfigs[0].HTTPConfig.Authorization.CredentialsFile
	require.Equal(t, filepath.Join(filepath.Dir(path), "token"), secret)
	require.Contains(t, r.Receivers, "dead-man", "a generated route leads to it")
}

func TestBadFilesAreNamedWithTheLine(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		check func(string) (int, error)
		text  string
		want  []string
	}{
		"alertmanager, unknown receiver": {alertmanager, "route: {receiver: none}\n", []string{`f.yml:1: undefined receiver "none" used in route`}},
		"alertmanager, nobody's name":    {alertmanager, "# receiver: nobody\nroute:\n  receiver: a\n  routes:\n    - receiver: nobody # at night\nreceivers: [{name: a}]\n", []string{`f.yml:5: undefined receiver "nobody"`}},
		"alertmanager, unknown interval": {alertmanager, "route:\n  receiver: a\n  routes:\n    - mute_time_intervals:\n        - night.s\nreceivers: [{name: a}]\n", []string{`f.yml:5: undefined time interval "night.s"`}},
		"rules, unknown key":             {rules, "groups:\n- name: a\n  x: 1\n", []string{"f.yml:3: "}},
		"rules, two of a name":           {rules, "groups:\n- name: a\n- name: a\n", []string{"f.yml: groupname"}},
		"alertmanager, unknown key":      {alertmanager, "route: {receiver: a}\nreceivers: [{name: a}]\nx: 1\n", []string{"line 3", "field x not found"}},
		"prometheus, unknown key":        {prometheus, "scrapes: []\n", []string{"line 1", "field scrapes not found"}},
		"rules, bad expression":          {rules, "groups:\n- name: a\n  rules:\n  - alert: Down\n    expr: up ==\n", []string{"f.yml:5: group ", `"Down"`, "unexpected end of input"}},
		"alertmanager, bad template":     {alertmanager, "templates: [f.yml]\nroute: {receiver: a}\nreceivers: [{name: '{{'}, {name: a}]\n", []string{"templates: ", "unterminated character constant"}},
		"alertmanager, receiver":         {alertmanager, "route: {receiver: a}\nreceivers: [{name: a, webhook_configs: [{url: 'http://h', http_config: {tls_config: {ca_file: /nowhere/ca.pem}}}]}]\n", []string{"receiver a: ", "/nowhere/ca.pem"}},
		"prometheus, our job":            {prometheus, "scrape_configs:\n- job_name: pharos\n", []string{"f.yml:2: ", `"pharos" belongs to pharos itself`}},
		"prometheus, discovery":          {prometheus, "scrape_configs:\n- {job_name: a, dns_sd_configs: [{names: [a]}]}\n", []string{"f.yml:2: ", "dns_sd_configs not found"}},
		"prometheus, rule file":          {prometheus, "rule_files: [f.yml]\n", []string{"field rule_files not found"}},
		"prometheus, query log":          {prometheus, "global:\n  query_log_file: q.log\n", []string{"f.yml:2: query_log_file is not supported inside pharos; remove it"}},
		"prometheus, otlp":               {prometheus, "\notlp: {}\n", []string{"f.yml:2: otlp is not supported inside pharos, which receives nothing; remove the section"}},
		"rules, a bundled name":          {rules, "groups: [{name: a, rules: [{record: 'taken', expr: '1'}]}]\n", []string{`f.yml:1: group "a": a bundled rule records taken; record it under another name`}},
		"rules, no file":                 {func(string) (int, error) { return rules("/nowhere/a.yml") }, "", []string{"no such file"}},
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
