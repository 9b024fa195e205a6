// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/config"
	"github.com/pharos-status/pharos/internal/configfile"
	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/internal/testkit"
)

// write puts text into a file, and returns its path.
func write(tb testing.TB, text string) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "exporter.yml")
	require.NoError(tb, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func loadGood(t *testing.T) *config.Config {
	t.Helper()
	t.Setenv("PHAROS_TEST_TOKEN", "hunter4")
	c, err := config.Load("testdata/good.yml")
	require.NoError(t, err)
	return c
}

func TestLoadWithoutFile(t *testing.T) {
	t.Parallel()
	_, err := config.Load(filepath.Join(t.TempDir(), "none.yml"))
	require.ErrorIs(t, err, fs.ErrNotExist)
}

func TestLoadEmptyFileIsDefault(t *testing.T) {
	t.Parallel()
	c, err := config.Load(write(t, "# nothing\n"))
	require.NoError(t, err)
	require.Equal(t, config.Default().String(), c.String())
	require.Equal(t, config.Parallelism{Poll: 256, Script: 8}, c.Parallelism)
}

func TestLoadInheritsSettings(t *testing.T) { //nolint:paralleltest // sets a variable
	c := loadGood(t)
	require.Equal(t, config.Parallelism{Poll: 64, Script: 4}, c.Parallelism)
	require.Len(t, c.Services, 2)

	api := c.Services[0].Nodes[0]
	own := config.Poll{
		Interval: time.Minute, Timeout: 6 * time.Second, SickAfter: 2 * time.Second,
		Retries: 1, RetryWait: time.Second, StatusFrom: 200, StatusBelow: 500,
	}
	require.Equal(t, own, api.Poll)
	require.Equal(t, own, api.Replicas[0].Poll)
	require.Equal(t, config.Poll{
		Interval: 30 * time.Second, Timeout: 3 * time.Second,
		RetryWait: time.Second, StatusFrom: 100, StatusBelow: 500,
	}, api.Replicas[2].Poll)

	require.Equal(t, config.Push{
		DeadAfter: 16 * time.Second, ForgetAfter: 24 * time.Hour, CPUSickAbove: 4, RAMSickAbove: 0.7,
	}, c.Services[0].Nodes[2].Push)
	require.Equal(t, config.Local{DeadAfter: time.Minute}, c.Services[1].Nodes[0].Local)

	plugins := c.Services[1].Nodes[1]
	require.Equal(t, config.Script{Interval: 2 * time.Minute, Timeout: 20 * time.Second, RetryWait: 500 * time.Millisecond}, plugins.Replicas[0].Script)
	require.Equal(t, config.Script{Interval: 10 * time.Second, Timeout: 20 * time.Second, RetryWait: 500 * time.Millisecond}, plugins.Replicas[1].Script)
	require.Equal(t, config.Script{Interval: 2 * time.Minute, Timeout: 5 * time.Second, RetryWait: 500 * time.Millisecond}, plugins.Replicas[2].Script)
}

func TestLoadNamesReplicas(t *testing.T) { //nolint:paralleltest // sets a variable
	c := loadGood(t)
	names := func(n config.Node) (all []string) {
		for _, r := range n.Replicas {
			all = append(all, r.Name)
		}
		return all
	}
	require.Equal(t, []string{
		"https://api.example.com/v1/health#0d05", "https://api.example.com/v1/health#3045", "edge",
		"icmp://[2001:db8::1]", "ssh://edge-1.example.com", "ssh://edge-2.example.com:2222/",
	}, names(c.Services[0].Nodes[0]))
	require.Equal(t, []string{"1", "2", "load"}, names(c.Services[1].Nodes[1]))
	require.Equal(t, "edge-1.example.com:22", c.Services[0].Nodes[0].Replicas[4].URL.Host)
	require.Equal(t, "hunter2", c.Services[0].Nodes[0].Replicas[0].URL.Query().Get("key"))
}

func TestLoadNode(t *testing.T) { //nolint:paralleltest // sets a variable
	c := loadGood(t)
	api := c.Services[0].Nodes[0]
	require.Equal(t, http.MethodPost, api.HTTP.Method)
	require.Equal(t, http.Header{"Accept": {"application/json"}, "Host": {"api.example.com"}, "X-Api-Key": {"hunter2"}}, api.HTTP.Headers)
	require.JSONEq(t, `{"password": "hunter2"}`, api.HTTP.Body)
	require.True(t, api.HTTP.BodyMatch.MatchString(`{"ok" : true}`))
	require.Equal(t, config.Link{URL: "https://docs.example.com/api", Label: "Manual"}, api.Link)
	require.True(t, api.Reveal)
	require.Equal(t, 2, api.MinHealthy)

	content := c.Services[0].Nodes[1]
	require.Equal(t, http.MethodGet, content.HTTP.Method, "the body is looked at")
	require.Equal(t, "content", content.Label)

	plugins := c.Services[1].Nodes[1]
	require.Equal(t, `echo "${HOME} costs $$"`, plugins.Replicas[0].Shell, "variables belong to the shell")
	require.Equal(t, []string{"/usr/lib/nagios/plugins/check_load", "-w", "5"}, plugins.Replicas[2].Command)

	require.True(t, c.Tokens[0].Token.Equal("s3cret"))
	require.Equal(t, []string{"*"}, c.Tokens[0].Services)
	require.True(t, c.Tokens[1].Token.Equal("hunter4"))
	require.Equal(t, []string{"web"}, c.Tokens[1].Services)
}

func TestStringHidesSecrets(t *testing.T) { //nolint:paralleltest // sets a variable
	shown := loadGood(t).String()
	require.NotContains(t, shown, "hunter")
	require.NotContains(t, shown, "s3cret")
	testkit.Golden(t, "good.golden.yml", []byte(shown))
}

func TestStringCanBeLoadedAgain(t *testing.T) {
	t.Parallel()
	first, err := config.Load("testdata/design.yml")
	require.NoError(t, err)
	text := strings.ReplaceAll(first.String(), "token_file: reporter.token", "token: x")
	second, err := config.Load(write(t, text))
	require.NoError(t, err)
	require.Equal(t, first.Services, second.Services)
	require.Equal(t, first.Parallelism, second.Parallelism)
}

func TestLoadDesignExample(t *testing.T) {
	t.Parallel()
	c, err := config.Load("testdata/design.yml")
	require.NoError(t, err)
	require.Len(t, c.Services[0].Nodes, 4)
	require.Equal(t, config.Default().Parallelism, c.Parallelism)
	api := c.Services[0].Nodes[0]
	require.Equal(t, http.MethodHead, api.HTTP.Method)
	require.Equal(t, 2*time.Minute, api.Poll.Interval)
	for _, r := range api.Replicas {
		require.Equal(t, r.URL.String(), r.Name)
	}
}

func TestLongURLIsShortened(t *testing.T) {
	t.Parallel()
	long := "https://a.example.com/" + strings.Repeat("x", 300)
	c, err := config.Load(write(t, "services: [{id: a, nodes: [{id: b, mode: poll, replicas: ['"+long+"1', '"+long+"2']}]}]"))
	require.NoError(t, err)
	replicas := c.Services[0].Nodes[0].Replicas
	require.Equal(t, status.Shorten(long+"1"), replicas[0].Name)
	require.NotEqual(t, replicas[0].Name, replicas[1].Name)
}

func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"testdata/*.yml", "testdata/bad/*.yml"} {
		files, err := filepath.Glob(pattern)
		require.NoError(f, err)
		for _, file := range files {
			data, err := os.ReadFile(file)
			require.NoError(f, err)
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if strings.Contains(string(data), "_file") {
			t.Skip("would read files")
		}
		file, err := configfile.Parse("fuzz.yml", data)
		if err != nil {
			return
		}
		c, err := config.Build(file)
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		_ = c.String()
		for _, s := range c.Services {
			require.NotEmpty(t, s.ID)
			for _, n := range s.Nodes {
				checkNode(t, n)
			}
		}
	})
}

// checkNode checks what the rest of the exporter relies on.
func checkNode(t *testing.T, n config.Node) {
	t.Helper()
	probed := n.Mode == config.ModePoll || n.Mode == config.ModeScript
	require.Equal(t, probed, len(n.Replicas) > 0)
	seen := map[string]bool{}
	for _, r := range n.Replicas {
		require.NotEmpty(t, r.Name)
		require.LessOrEqual(t, len(r.Name), status.MaxIDLength)
		require.False(t, seen[r.Name])
		seen[r.Name] = true
		if n.Mode == config.ModePoll {
			require.NotEmpty(t, r.URL.Hostname())
			require.Positive(t, r.Poll.Interval)
			require.Positive(t, r.Poll.Timeout)
			continue
		}
		require.NotEqual(t, r.Shell == "", r.Command == nil)
		require.Positive(t, r.Script.Interval)
		require.Positive(t, r.Script.Timeout)
	}
}
