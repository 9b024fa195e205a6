// SPDX-License-Identifier: Apache-2.0

package configdir_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/configdir"
)

const watched = `services:
  - id: web
    nodes:
      - {id: site, mode: poll, replicas: ["https://example.com/"]}
      - {id: load, mode: push}
      - {id: lan, mode: local}
  - id: db
    nodes: [{id: main, mode: push}]
`

// warned returns the warnings of a folder, without its name.
func warned(t *testing.T, files map[string]string) []string {
	t.Helper()
	dir := folder(t, files)
	require.NoError(t, configdir.Errors(configdir.All(dir)))
	all := []string{}
	for _, w := range configdir.Warnings(dir) {
		all = append(all, strings.ReplaceAll(w.Error(), dir+"/", ""))
	}
	return all
}

func TestNamesThatOtherFilesDoNotHave(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file, text string
		want       []string
	}{
		"all there": {"alerting.yml", "slo: [{service: web, objective: 99, window: 30d}]\ndependencies: [{service: web, node: site, depends_on: [{service: db}]}]\n", nil},
		"an objective": {
			"alerting.yml", "slo:\n- {service: webb, objective: 99, window: 30d}\n",
			[]string{`alerting.yml:2: slo[0].service: exporter.yml has no service "webb"; did you mean "web"?`},
		},
		"a threshold": {
			"alerting.yml", "apdex: {overrides: [{service: web, node: sites, threshold: 1s}]}\n",
			[]string{`alerting.yml:1: apdex.overrides[0].node: in exporter.yml, service "web" has no node "sites"; did you mean "site"?`},
		},
		"dependencies": {
			"alerting.yml", "dependencies:\n- service: db\n  node: other\n  depends_on: [{service: mail}]\n",
			[]string{
				`alerting.yml:3: dependencies[0].node: in exporter.yml, service "db" has no node "other"`,
				`alerting.yml:4: dependencies[0].depends_on[0].service: exporter.yml has no service "mail"`,
			},
		},
		"rules of incidents": {
			"statuspage.yml", "incidents: {from_alerts: {rules: [{services: [web, jobs, dba], policy: draft}]}}\ncomponents: [{id: queue, group: jobs, expr: '1', thresholds: {sick_above: 1}}]\n",
			[]string{`statuspage.yml:1: incidents.from_alerts.rules[0].services[2]: exporter.yml has no service "dba"; did you mean "db"?`},
		},
		"a component twice": {
			"statuspage.yml", "components: [{id: site, group: web, expr: '1', thresholds: {sick_above: 1}}]\n",
			[]string{`statuspage.yml:1: components[0].id: exporter.yml has a node "site" in service "web", too; give one of them another id`},
		},
		"a group that is nearly there": {
			"statuspage.yml", "components: [{id: a, group: webb, expr: '1', thresholds: {sick_above: 1}}, {id: a, group: weba, group_label: B, expr: '1', thresholds: {sick_above: 1}}]\n",
			[]string{`statuspage.yml:1: components[0].group: exporter.yml has no service "webb"; did you mean "web"? If it is a section of its own, give it a group_label`},
		},
		"pages": {
			"statuspage.yml", "select: ['service=\"webb\"']\npages:\n- {id: a, hosts: [a.example.com], select: ['mode=\"push\"', 'service=~\"d.*\"']}\n- {id: b, hosts: [b.example.com], select: ['team=\"x\"']}\n" +
				"- {id: c, hosts: [c.example.com], select: ['mode=\"script\"']}\n",
			[]string{
				"statuspage.yml:1: select: no node of exporter.yml and no component fits, so the page shows none",
				"statuspage.yml:5: pages[2].select: no node of exporter.yml and no component fits, so the page shows none",
			},
		},
		"watches": {
			"reporter.yml", "servers: [{url: 'http://a', token: '${HOME}'}]\nwatch:\n" +
				"- {service: web, node: lan, tcp: 'localhost:1'}\n- {service: web, node: load, tcp: 'localhost:2'}\n- {service: web, node: site, tcp: 'localhost:3'}\n- {service: webb, node: x, tcp: 'localhost:4'}\n",
			[]string{
				"reporter.yml:4: watch[1].node: exporter.yml has it in mode push, which takes no such reports: write report: load here, or mode: local there",
				"reporter.yml:5: watch[2].node: exporter.yml has it in mode poll, which takes no such reports: write mode: local there",
				`reporter.yml:6: watch[3].service: exporter.yml has no service "webb"; did you mean "web"?`,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.ElementsMatch(t, c.want, warned(t, map[string]string{"exporter.yml": watched, c.file: c.text}))
		})
	}
}

func TestOwnersOfWhatIsNotThere(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{
		`alerting.yml:2: owners[0].services[1]: exporter.yml has no service "mail"`,
		`alerting.yml:3: owners[1].nodes[0]: in exporter.yml, these services have no node "lann"; did you mean "lan"?`,
	}, warned(t, map[string]string{
		"exporter.yml":     watched,
		"alerting.yml":     "owners:\n- {services: [web, mail], receivers: [a]}\n- {nodes: [lann, main], receivers: [a]}\n",
		"alertmanager.yml": "route: {receiver: a}\nreceivers: [{name: a}]\n",
	}))
}

// What is discovered is known later, and other exporters are not known here at all.
func TestNothingIsSaidOfWhatCannotBeKnown(t *testing.T) {
	t.Parallel()
	for name, exporter := range map[string]string{
		"no exporter.yml":  "",
		"service files":    "service_files: ['*.services.yml']\n" + watched,
		"service discover": "http_sd_configs: [{url: 'http://127.0.0.1:1/'}]\n" + watched,
		"no services":      "vantage: zurich\n",
	} {
		files := map[string]string{
			"alerting.yml":   "slo: [{service: webb, objective: 99, window: 30d}]\n",
			"statuspage.yml": "select: ['service=\"webb\"']\n",
			"reporter.yml":   "servers: [{url: 'http://a', token: '${HOME}'}]\nwatch: [{service: x, node: y, tcp: 'localhost:1'}]\n",
		}
		if exporter != "" {
			files["exporter.yml"] = exporter
		}
		require.Empty(t, warned(t, files), name)
	}
	dir := folder(t, map[string]string{"exporter.yml": "services: 1", "alerting.yml": "slo: [{service: webb, objective: 99, window: 30d}]\n", "statuspage.yml": "x: 1", "reporter.yml": ":"})
	require.Empty(t, configdir.Warnings(dir))
}

func TestSecretsThatAreNone(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{
		"exporter.yml": "reporter: {tokens: [{token_file: a.token}, {token_file: b.token}]}\nrelay: {url: 'http://a', token_file: a.token}\n" + watched,
		"bridge.yml":   "webhook: {token: hunter2}\n",
		"alertmanager.yml": `route: {receiver: a}
receivers:
- name: a
  webhook_configs:
  - url_file: /nowhere/hook
  - {url: 'http://a', http_config: {authorization: {credentials_file: empty.token}}}
  slack_configs: [{api_url_file: /nowhere/relative/is/not/known, channel: a}]
  email_configs: [{to: a@example.com, from: b@example.com, smarthost: 'a:25', auth_password: hunter2}]
`,
		"a.token": "hunter2", "b.token": "hunter3", "empty.token": "",
	})
	require.NoError(t, os.Chmod(filepath.Join(dir, "b.token"), 0o644))
	require.NoError(t, os.Chmod(filepath.Join(dir, "bridge.yml"), 0o644))
	all := []string{}
	for _, w := range configdir.Warnings(dir) {
		require.NotContains(t, w.Error(), "hunter")
		all = append(all, strings.ReplaceAll(w.Error(), dir+"/", ""))
	}
	require.Equal(t, []string{
		"exporter.yml:1: reporter.tokens[1].token_file: everyone on this machine may read b.token; chmod 600 b.token",
		"bridge.yml:1: webhook.token: a secret stands here, and everyone on this machine may read the file; chmod 600 bridge.yml, or keep the secret in a file of its own",
		"alertmanager.yml:7: receivers[0].slack_configs[0].api_url_file: there is no file /nowhere/relative/is/not/known",
		"alertmanager.yml:5: receivers[0].webhook_configs[0].url_file: there is no file /nowhere/hook",
		"alertmanager.yml:6: receivers[0].webhook_configs[1].http_config.authorization.credentials_file: empty.token is empty",
	}, all)
}

func TestReporter(t *testing.T) {
	t.Parallel()
	require.Empty(t, configdir.Reporter(t.TempDir()))
	good := folder(t, map[string]string{"reporter.yml": "servers: [{url: 'http://a', token: a}]\nwatch: [{service: x, node: y, tcp: 'localhost:1'}]\n"})
	require.Equal(t, []configdir.File{{Name: "reporter.yml", Found: "watches: 1"}}, configdir.Reporter(good))
	bad := folder(t, map[string]string{"reporter.yml": "watches: []\n"})
	require.ErrorContains(t, configdir.Errors(configdir.All(bad)), "reporter.yml:1: unknown key")
}
