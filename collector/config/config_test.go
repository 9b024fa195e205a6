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
	"github.com/pharos-status/pharos/internal/status"
)

// write puts text into a file, and returns its path.
func write(tb testing.TB, text string) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "exporter.yml")
	require.NoError(tb, os.WriteFile(path, []byte(text), 0o600))
	return path
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
	require.Equal(t, config.Parallelism{Script: 8}, c.Parallelism)
}

func TestStringCanBeLoadedAgain(t *testing.T) {
	t.Parallel()
	first, err := config.Load("testdata/design.yml")
	require.NoError(t, err)
	secrets := strings.NewReplacer("token_file: reporter.token", "token: x", "exit <secret>", "exit 0",
		"check_load, <secret>]", `check_load, -w, "5", -c, "10"]`)
	second, err := config.Load(write(t, secrets.Replace(first.String())))
	require.NoError(t, err)
	require.Equal(t, first.Services, second.Services)
	require.Equal(t, first.Parallelism, second.Parallelism)
}

func TestLoadDesignExample(t *testing.T) {
	t.Parallel()
	c, err := config.Load("testdata/design.yml")
	require.NoError(t, err)
	require.Len(t, c.Services[0].Nodes, 4)
	require.Equal(t, config.Parallelism{Poll: 256, Script: 8}, c.Parallelism)
	api := c.Services[0].Nodes[0]
	require.Equal(t, http.MethodHead, api.HTTP.Method)
	require.Equal(t, 2*time.Minute, api.Poll.Interval)
	require.Equal(t, "tcp://edge-1.example.com:80", api.Replicas[1].Name)
	require.Equal(t, "dns://8.8.8.8:53/example.com?type=A", api.Replicas[4].URL.String())
	require.Nil(t, api.TLS)
	require.Nil(t, c.Relay)
	require.Equal(t, "/", c.RabbitMQ.VirtualHost)
	require.Equal(t, config.Queue{
		Name: "client", Interval: 15 * time.Second,
		ReadyHealthyBelow: 500, NackHealthyBelow: 100, ReadyDeadAbove: 20000, NackDeadAbove: 1000,
	}, *c.Services[0].Nodes[1].Queue)
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
