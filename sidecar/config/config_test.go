// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/testkit"
	"github.com/pharos-status/pharos/sidecar/config"
)

// canary is part of every secret in these tests, and of nothing else.
const canary = "hunter2"

const server = `servers: [{url: "http://127.0.0.1:1/", token: hunter2}]` + "\n"

func parse(t *testing.T, text string) *config.Config {
	t.Helper()
	c, err := config.Parse([]byte(text))
	require.NoError(t, err)
	return c
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	c := parse(t, server+`watch: [{service: web, node: worker, process: {name: nginx}, limits: {restarts: {sick_above: 3}}}]`)
	require.Equal(t, "all", c.Send)
	require.Equal(t, "keep", c.OnStop)
	require.Equal(t, "http://127.0.0.1:1", c.Servers[0].URL)
	require.Equal(t, "127.0.0.1:1", c.Servers[0].Name())
	w := c.Watch[0]
	require.Equal(t, "web:worker:box", w.ID().String())
	require.Equal(t, "health", w.Report)
	require.Equal(t, model.Duration(30*time.Second), w.Interval)
	require.Equal(t, model.Duration(10*time.Second), w.Timeout)
	require.Equal(t, model.Duration(500*time.Millisecond), w.RetryWait)
	require.Equal(t, 2, *w.Retries)
	require.Equal(t, 1, w.Process.Min)
	require.Equal(t, model.Duration(10*time.Minute), w.Limits.Restarts.Within)
	require.True(t, w.Limits.Restarts.Set())
	require.False(t, w.Limits.CPU.Set())
}

func TestAWatchInheritsAndOverrides(t *testing.T) {
	t.Parallel()
	c := parse(t, server+`
replica: east-1
interval: 10s
timeout: 8s
retries: 1
watch:
- {service: a, node: a, tcp: "a:1"}
- {service: a, node: b, replica: own, interval: 5s, retries: 0, tcp: "a:1"}
- {service: a, node: c, process: {pid_file: run/a.pid}}
- {service: a, node: d, process: {cgroup: system.slice/a.service/}}
`)
	require.Equal(t, model.Duration(8*time.Second), c.Watch[0].Timeout)
	require.Equal(t, "a:a:east-1", c.Watch[0].ID().String())
	require.Equal(t, model.Duration(5*time.Second), c.Watch[1].Timeout, "not longer than its interval")
	require.Zero(t, *c.Watch[1].Retries)
	require.Equal(t, "a:b:own", c.Watch[1].ID().String())
	require.Equal(t, "run/a.pid", c.Watch[2].Process.PIDFile, "beside reporter.yml")
	require.Equal(t, "/system.slice/a.service", c.Watch[3].Process.Cgroup)
}

func TestVariablesAndSecretFiles(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PHAROS_TEST_URL", "https://status.example.com")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "reporter.token"), []byte(canary+"\n"), 0o600))
	path := filepath.Join(dir, "reporter.yml")
	require.NoError(t, os.WriteFile(path, []byte(`
servers: [{url: "${PHAROS_TEST_URL}", token_file: reporter.token}]
watch: [{service: a, node: b, http: {url: "http://a:hunter2@b/", method: post, body: hunter2, headers: {X-Key: hunter2}}}]
`), 0o600))
	c, err := config.Load(path)
	require.NoError(t, err)
	require.Equal(t, "https://status.example.com", c.Servers[0].URL)
	require.True(t, c.Servers[0].Token.Equal(canary))
	require.NotEmpty(t, c.Replica, "the name of this machine")
	require.NotContains(t, c.String(), canary)
	require.Contains(t, c.String(), "token: <secret>")

	_, err = config.Load(filepath.Join(dir, "absent.yml"))
	require.ErrorIs(t, err, fs.ErrNotExist)
}

func TestAmounts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]float64{
		"0": 0, "0.9": 0.9, "500MB": 500 << 20, "500MiB": 500 << 20, "2GiB": 2 << 30, "2 GiB": 2 << 30,
		"1.5GB": 3 << 29, "80%": 0.8, " 80 % ": 0.8, "1024": 1024, "3B": 3, "1e3": 1000,
	} {
		a, err := config.ParseAmount(text)
		require.NoError(t, err, text)
		require.InDelta(t, want, a.Value, 1e-9, text)
		require.Equal(t, strings.Contains(text, "%"), a.Percent, text)
		require.True(t, a.Set())
	}
	for _, text := range []string{"", "%", "x", "5 apples", "-1", "-1%", "NaN", "Inf", "1e999", "99999999999EiB", "5kB"} {
		_, err := config.ParseAmount(text)
		require.Error(t, err, text)
	}
}

// TestLoadBad: what is said of each file in testdata/bad stands beside it.
func TestLoadBad(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/bad/*.yml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yml")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := config.Load(file)
			require.Nil(t, c)
			require.Error(t, err)
			require.NotContains(t, err.Error(), canary, "a secret is told")
			testkit.Golden(t, "bad/"+name+".err", []byte(err.Error()+"\n"))
		})
	}
}

// FuzzLoad: no file makes Load panic, and what it accepts can be shown, names what it
// watches, and is complete.
func FuzzLoad(f *testing.F) {
	files, err := filepath.Glob("testdata/bad/*.yml")
	require.NoError(f, err)
	for _, file := range append(files, "../../examples/reporter/reporter.yml") {
		text, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(strings.ReplaceAll(string(text), "token_file: reporter.token", "token: hunter2"))
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "_file") {
			t.Skip("would read files")
		}
		c, err := config.Parse([]byte(text))
		if err != nil {
			return
		}
		_, err = c.YAML()
		require.NoError(t, err)
		seen := map[string]bool{}
		for i := range c.Watch {
			w := &c.Watch[i]
			id := w.ID().String()
			require.False(t, seen[id])
			seen[id] = true
			require.Positive(t, w.Interval)
			require.Positive(t, w.Timeout)
			require.NotNil(t, w.Retries)
			kinds := 0
			for _, is := range []bool{w.Process != nil, w.Unit != "", w.TCP != "", w.HTTP != nil} {
				if is {
					kinds++
				}
			}
			require.Equal(t, 1, kinds)
		}
	})
}

func FuzzAmount(f *testing.F) {
	for _, text := range []string{"0.9", "500MB", "80%", "2GiB", "1h"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if a, err := config.ParseAmount(text); err == nil {
			require.GreaterOrEqual(t, a.Value, 0.0)
			require.False(t, math.IsInf(a.Value, 0))
		}
	})
}

func TestTimeoutIsNotLongerThanTheInterval(t *testing.T) {
	t.Parallel()
	c := parse(t, "interval: 2s\n"+server+`watch: [{service: a, node: b, tcp: "127.0.0.1:1"}]`)
	require.Equal(t, model.Duration(2*time.Second), c.Timeout)
	require.Equal(t, model.Duration(2*time.Second), c.Watch[0].Timeout)
}
