// SPDX-License-Identifier: Apache-2.0

package generate_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pharos-status/pharos/internal/configfile"
	"github.com/pharos-status/pharos/internal/testkit"
	"github.com/pharos-status/pharos/rules/alerting"
	"github.com/pharos-status/pharos/rules/generate"
)

// amtools returns the command lines of those that there are: Debian's is as old as
// what the routes promise to run on, the current one reads matchers strictly.
func amtools(t *testing.T) map[string][]string {
	t.Helper()
	return map[string][]string{
		"installed": {testkit.Program(t, "amtool")},
		"current":   {tool(t, "amtool"), "--enable-feature=utf8-strict-mode"},
	}
}

// amtool runs a command, and returns the last line that it prints.
func amtool(t *testing.T, command []string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), command[0], append(command[1:], args...)...) //nolint:gosec // a tool of the tests
	out, err := cmd.Output()
	require.NoError(t, err, "%s: %s", cmd, out)
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[len(lines)-1] // the current one says before that it is strict
}

// Where alerts of the full example go, by amtool of both Alertmanagers.
func TestRoutes(t *testing.T) {
	t.Parallel()
	const file = "testdata/full.alertmanager.yml"
	for name, command := range amtools(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			amtool(t, command, "check-config", file)
			for _, tc := range []struct{ labels, want string }{
				// Changes go to the owners, in their order, else on to the operator's routes.
				{"alertname=PharosNodeDead notification=change severity=critical service=web node=api", "team-api,team-web,web-archive"},
				{"alertname=PharosNodeSick notification=change severity=warning service=web node=api", "team-api,team-web,web-archive"},
				{"alertname=PharosNodeDead notification=change severity=critical service=web node=front", "team-web,web-archive"},
				{"alertname=PharosServiceDead notification=change severity=critical service=web", "team-web,web-archive"},
				{`alertname=PharosNodeDead notification=change severity=critical service=shop.example node="it's"`, "team-api"},
				{"alertname=PharosNodeDead notification=change severity=critical service=shopXexample node=api", "duty"},
				{`alertname=PharosServiceDead notification=change severity=critical service="Büro \"Süd\""`, "team-office"},
				{"alertname=PharosNodeDead notification=change severity=critical service=db node=primary", "team-db"},
				{"alertname=PharosServiceDead notification=change severity=critical service=db", "duty"},
				{"alertname=PharosNodeDead notification=change severity=critical service=shop node=x", "archive"},
				// Reminders go to the same, and to those who are escalated to.
				{"alertname=PharosReminder notification=reminder severity=critical reminder=1 service=web", "alice,pager,team-web,web-archive"},
				{"alertname=PharosReminder notification=reminder severity=critical reminder=2 service=web", "alice,bob,pager,team-web,web-archive"},
				{"alertname=PharosReminder notification=reminder severity=critical reminder=3 service=web", "alice,bob,carol,pager,team-web,web-archive"},
				{"alertname=PharosReminder notification=reminder severity=critical reminder=12 service=web", "alice,bob,carol,pager,team-web,web-archive"},
				{"alertname=PharosReminder notification=reminder severity=critical reminder=1 service=db", "alice,pager,duty"},
				{"alertname=PharosReminder notification=reminder severity=critical reminder=1 service=shop", "alice,pager,archive"},
				// What Pharos says of itself.
				{"alertname=PharosWatchdog notification=change severity=info", "dead-man"},
				{"alertname=PharosStarted notification=change severity=info job=pharos_exporter instance=a", "team"},
				{"alertname=PharosExporterDown notification=change severity=warning instance=a", "duty"},
				// What is not of Pharos.
				{"alertname=Other team=office severity=critical", "office"},
				{"alertname=Other severity=info", "duty"},
			} {
				args := append([]string{"config", "routes", "test", "--config.file", file}, split(tc.labels)...)
				require.Equal(t, tc.want, amtool(t, command, args...), tc.labels)
			}
		})
	}
}

// split splits labels at spaces that are not quoted.
func split(labels string) []string {
	return regexp.MustCompile(`[^\s"]+("(\\.|[^"\\])*")?`).FindAllString(labels, -1)
}

// A receiver that the operator doesn't have is told with its place, all at once.
func TestAlertmanagerRefuses(t *testing.T) {
	t.Parallel()
	full, err := alerting.Load("../alerting/testdata/full.yml")
	require.NoError(t, err)
	for name, tc := range map[string]struct{ base, want string }{
		"no receivers": {"route: {receiver: duty}\nreceivers:\n  - {name: duty}\n  - {name: pager}\n  - {name: team-web}\n  - {name: alice}\n", `a.yml:2: receivers: there is no receiver "team", which startup of alerting.yml names; add it here, or change it there
a.yml:2: receivers: there is no receiver "dead-man", which watchdog of alerting.yml names; add it here, or change it there
a.yml:2: receivers: there is no receiver "bob", which reminders.escalate of alerting.yml names; add it here, or change it there
a.yml:2: receivers: there is no receiver "carol", which reminders.escalate of alerting.yml names; add it here, or change it there
a.yml:2: receivers: there is no receiver "team-api", which owners[0] of alerting.yml names; add it here, or change it there
a.yml:2: receivers: there is no receiver "web-archive", which owners[1] of alerting.yml names; add it here, or change it there
a.yml:2: receivers: there is no receiver "team-office", which owners[2] of alerting.yml names; add it here, or change it there
a.yml:2: receivers: there is no receiver "team-db", which owners[3] of alerting.yml names; add it here, or change it there`},
		"no YAML": {"route: [\n", "a.yml:2: did not find expected node content"},
	} {
		_, err := generate.Alertmanager(full, "a.yml", []byte(tc.base))
		require.EqualError(t, err, tc.want, name)
	}
	for base, want := range map[string]string{
		"":                         "a.yml: there is no route; write one, such as route: {receiver: NAME}",
		"receivers: [{name: a}]\n": "a.yml:1: there is no route; write one, such as route: {receiver: NAME}",
		"route: [a]\n":             "a.yml:1: route: found a list, want a mapping",
	} {
		_, err := generate.Alertmanager(alerting.Default(), "a.yml", []byte(base))
		require.EqualError(t, err, want, base)
	}
	c, err := alerting.Parse("alerting.yml", []byte("{owners: [{receivers: [a]}], quiet_hours: {weekdays: [sunday]}}"))
	require.NoError(t, err)
	_, err = generate.Alertmanager(c, "a.yml", []byte("route: {receiver: a}\nreceivers: [{name: a}]\ntime_intervals:\n  - name: pharos-quiet-hours\n"))
	require.EqualError(t, err, `a.yml:4: time_intervals[0].name: "pharos-quiet-hours" is the name of one that alerting.yml adds; choose another one`)
}

// What alerting.yml does not ask for changes nothing.
func TestNothingAskedFor(t *testing.T) {
	t.Parallel()
	base, err := os.ReadFile("testdata/alertmanager.yml")
	require.NoError(t, err)
	got, err := generate.Alertmanager(alerting.Default(), "a.yml", base)
	require.NoError(t, err)
	require.Equal(t, string(base), string(got))
	got, err = generate.Alertmanager(alerting.Default(), "a.yml", nil)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "a.yml")
	require.NoError(t, os.WriteFile(file, got, 0o600))
	for _, command := range amtools(t) {
		require.Equal(t, "nobody", amtool(t, command, "config", "routes", "test", "--config.file", file, "severity=critical"))
	}
}

// Each number from n on matches, and no other.
func TestEscalationFromANumberOn(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12_000).Draw(t, "n")
		expression := regexp.MustCompile("^(?:" + generate.AtLeast(n) + ")$")
		for _, m := range []int{1, n - 1, n, n + 1, rapid.IntRange(1, 200_000).Draw(t, "m")} {
			if got := expression.MatchString(strconv.Itoa(m)); got != (m >= n) {
				t.Fatalf("%s matches %d: %t", expression, m, got)
			}
		}
	})
}

// Names with what means something to YAML, to regular expressions or to matchers
// select what bears them, in both Alertmanagers.
func TestNamesAreTakenLiterally(t *testing.T) {
	t.Parallel()
	names := []string{`back\slash`, `c,d{e}"f"`, `日本 #1`, `it's: [x]`, `a|b`, `(.*)`, `$1`, `- x`}
	text, err := configfile.Marshal(map[string]any{"owners": []map[string]any{
		{"services": names, "receivers": []string{"all"}, "continue": true},
		{"services": names[:1], "nodes": names[1:2], "receivers": []string{"one"}},
	}})
	require.NoError(t, err)
	c, err := alerting.Parse("alerting.yml", text)
	require.NoError(t, err)
	got, err := generate.Alertmanager(c, "a.yml", []byte("route: {receiver: none}\nreceivers: [{name: none}, {name: all}, {name: one}]\n"))
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "a.yml")
	require.NoError(t, os.WriteFile(file, got, 0o600))
	label := func(name, value string) string {
		return name + `="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
	}
	for _, command := range amtools(t) {
		test := func(labels ...string) string {
			return amtool(t, command, append([]string{"config", "routes", "test", "--config.file", file}, labels...)...)
		}
		for _, name := range names {
			require.Equal(t, "all", test(label("service", name)), name)
		}
		require.Equal(t, "all,one", test(label("service", names[0]), label("node", names[1])))
		require.Equal(t, "none", test("service=a"))
	}
}
