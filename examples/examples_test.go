// SPDX-License-Identifier: Apache-2.0

// Package examples_test loads every file of the examples as the programs do, and
// as the tools of Prometheus and Alertmanager do.
package examples_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	bridge "github.com/pharos-status/pharos/bridge/config"
	exporter "github.com/pharos-status/pharos/collector/config"
	"github.com/pharos-status/pharos/internal/testkit"
	page "github.com/pharos-status/pharos/statuspage/config"
)

// fresh copies an example as a clone has it, and makes its tokens.
func fresh(t *testing.T, name string) string {
	t.Helper()
	dir := t.TempDir()
	files, err := filepath.Glob(filepath.Join(name, "*.yml"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, filepath.Base(file)), text, 0o600))
	}
	makeTokens(t, dir)
	return dir
}

func makeTokens(t *testing.T, dir string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "../scripts/tokens.sh", dir).CombinedOutput()
	require.NoError(t, err, "%s", out)
}

func TestTokensAreMadeOnce(t *testing.T) {
	t.Parallel()
	dir := fresh(t, "standalone")
	before := map[string]string{}
	for _, name := range []string{"reporter.token", "manager.token"} {
		path := filepath.Join(dir, name)
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), name)
		token, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Regexp(t, `^[0-9a-f]{48}$`, string(token))
		before[path] = string(token)
	}
	require.NotEqual(t, before[filepath.Join(dir, "reporter.token")], before[filepath.Join(dir, "manager.token")])
	makeTokens(t, dir)
	for path, token := range before {
		again, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, token, string(again))
	}
}

func TestOwnFilesLoad(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"standalone", "separate"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := fresh(t, name)
			watched, err := exporter.Load(filepath.Join(dir, "exporter.yml"))
			require.NoError(t, err)
			require.NotEmpty(t, watched.Services)
			require.NotEmpty(t, watched.Tokens)
			shown, err := page.Load(filepath.Join(dir, "statuspage.yml"))
			require.NoError(t, err)
			require.NotEmpty(t, shown.Manager.Token)
		})
	}
}

// TestStandaloneScripts runs the scripts of the example: a machine that can run
// this test has room on its disk and is not dying under its load.
func TestStandaloneScripts(t *testing.T) {
	t.Parallel()
	watched, err := exporter.Load(filepath.Join(fresh(t, "standalone"), "exporter.yml"))
	require.NoError(t, err)
	scripts := 0
	for _, service := range watched.Services {
		for _, node := range service.Nodes {
			if node.Mode != exporter.ModeScript {
				continue
			}
			for _, replica := range node.Replicas {
				scripts++
				cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", replica.Shell)
				var stderr strings.Builder
				cmd.Stderr = &stderr
				out, err := cmd.Output()
				if exit, ok := errors.AsType[*exec.ExitError](err); ok {
					require.LessOrEqual(t, exit.ExitCode(), 1, "%s: %s", replica.Name, out)
				} else {
					require.NoError(t, err)
				}
				require.Empty(t, stderr.String(), replica.Name)
				require.Regexp(t, `[0-9]`, string(out), replica.Name)
			}
		}
	}
	require.Equal(t, 2, scripts)
}

// pinned returns a tool that make test builds.
func pinned(name string) func(t *testing.T) string {
	return func(t *testing.T) string {
		t.Helper()
		path := filepath.Join("..", ".tools", name)
		if _, err := os.Stat(path); err != nil {
			testkit.Skip(t, name+" is not built (scripts/tool.sh "+name+")")
		}
		return path
	}
}

// installed returns a program of the machine: on Debian as old as the examples
// promise to run on.
func installed(name string) func(t *testing.T) string {
	return func(t *testing.T) string { t.Helper(); return testkit.Program(t, name) }
}

// TestReceivers: each file for a channel is good in Alertmanager's strict mode, and
// those that the table says so of also in the old one.
func TestReceivers(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("alertmanager/*.yml")
	require.NoError(t, err)
	require.Len(t, files, 8)
	strict := append([]string{"check-config", "--enable-feature=utf8-strict-mode"}, files...)
	out, err := exec.CommandContext(t.Context(), pinned("amtool")(t), strict...).CombinedOutput()
	require.NoError(t, err, "%s", out)

	readme, err := os.ReadFile("alertmanager/README.md")
	require.NoError(t, err)
	for _, file := range files {
		require.Contains(t, string(readme), "]("+filepath.Base(file)+")")
		if regexp.MustCompile(regexp.QuoteMeta("]("+filepath.Base(file)+")") + `[^\n]*\| 0\.25 \|`).Match(readme) {
			out, err := exec.CommandContext(t.Context(), installed("amtool")(t), "check-config", file).CombinedOutput()
			require.NoError(t, err, "%s", out)
		}
	}
}

func TestFilesOfTheEngines(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		program func(t *testing.T) string
		args    []string
	}{
		"prometheus, old":      {installed("promtool"), []string{"check", "config", "separate/prometheus.yml"}},
		"prometheus, new":      {pinned("promtool"), []string{"check", "config", "separate/prometheus.yml"}},
		"alertmanager, old":    {installed("amtool"), []string{"check-config", "separate/alertmanager.yml", "standalone/alertmanager.yml"}},
		"alertmanager, new":    {pinned("amtool"), []string{"check-config", "separate/alertmanager.yml", "standalone/alertmanager.yml"}},
		"alertmanager, strict": {pinned("amtool"), []string{"check-config", "--enable-feature=utf8-strict-mode", "separate/alertmanager.yml", "standalone/alertmanager.yml"}},
		"routes":               {pinned("amtool"), []string{"config", "routes", "test", "--config.file=separate/alertmanager.yml", "--verify.receivers=pager", "alertname=PharosNodeDead", "severity=critical"}},
		"routes of the dog":    {pinned("amtool"), []string{"config", "routes", "test", "--config.file=separate/alertmanager.yml", "--verify.receivers=watchdog", "alertname=PharosWatchdog", "severity=info"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := exec.CommandContext(t.Context(), test.program(t), test.args...).CombinedOutput()
			require.NoError(t, err, "%s", out)
		})
	}
}

var execStart = regexp.MustCompile(`(?m)^ExecStart=/usr/bin/(\w+)`)

// TestUnits has systemd read the units, with a program that is there in place of
// ours.
func TestUnits(t *testing.T) {
	t.Parallel()
	units, err := filepath.Glob("systemd/*.service")
	require.NoError(t, err)
	require.Len(t, units, 5)
	dir := t.TempDir()
	args := []string{"verify", "--man=no"}
	for _, unit := range units {
		text, err := os.ReadFile(unit)
		require.NoError(t, err)
		found := execStart.FindStringSubmatch(string(text))
		require.NotNil(t, found, unit)
		require.DirExists(t, filepath.Join("..", "cmd", found[1]), unit)
		path := filepath.Join(dir, filepath.Base(unit))
		require.NoError(t, os.WriteFile(path, execStart.ReplaceAll(text, []byte("ExecStart=/bin/true")), 0o600))
		args = append(args, path)
	}
	out, err := exec.CommandContext(t.Context(), testkit.Program(t, "systemd-analyze"), args...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Empty(t, string(out), "warnings")
}

// secretFile names the files that an example wants to have beside it.
var secretFile = regexp.MustCompile(`(?:_file: )([\w.-]+)`)

// TestBridge loads the example of the bridge with a secret in each file that it
// names, and holds its routes to the channels that there are.
func TestBridge(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "bridge")
	require.NoError(t, os.CopyFS(dir, os.DirFS("bridge")))
	text, err := os.ReadFile("bridge/bridge.yml")
	require.NoError(t, err)
	for _, found := range secretFile.FindAllStringSubmatch(string(text), -1) {
		secret := "https://example.com/0123456789"
		if strings.HasPrefix(found[1], "pushover") { // it knows their form
			secret = "azGDORePK8gMaC0QOYAMyEEuzJnyUi"
		}
		require.NoError(t, os.WriteFile(filepath.Join(dir, found[1]), []byte(secret), 0o600))
	}
	c, err := bridge.Load(filepath.Join(dir, "bridge.yml"), bridge.Options{})
	require.NoError(t, err)
	kinds := map[string]bool{}
	routes, err := os.ReadFile("bridge/alertmanager.yml")
	require.NoError(t, err)
	for i := range c.Channels {
		kinds[c.Channels[i].Kind()] = true
		require.Contains(t, string(routes), c.ExternalURL+"/bridge/v1/"+c.Channels[i].Name, "nothing leads to the channel")
	}
	require.Len(t, kinds, 9)
	for _, found := range regexp.MustCompile(`/bridge/v1/([\w-]+)`).FindAllStringSubmatch(string(routes), -1) {
		require.NotNil(t, c.Channel(found[1]), found[1])
	}

	for name, amtool := range map[string]func(*testing.T) string{"old": installed("amtool"), "new": pinned("amtool")} {
		out, err := exec.CommandContext(t.Context(), amtool(t), "check-config", filepath.Join(dir, "alertmanager.yml")).CombinedOutput()
		require.NoError(t, err, "%s: %s", name, out)
	}
}
