// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/config"
	"github.com/pharos-status/pharos/internal/configfile"
	"github.com/pharos-status/pharos/internal/status"
)

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
		if strings.Contains(string(data), "file") {
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
	require.True(t, probed || n.Replicas == nil)
	seen := map[string]bool{}
	for _, r := range n.Replicas {
		require.NotEmpty(t, r.Name)
		require.LessOrEqual(t, len(r.Name), status.MaxIDLength)
		require.True(t, utf8.ValidString(r.Name))
		require.False(t, seen[r.Name])
		seen[r.Name] = true
		if n.Mode == config.ModePoll {
			require.NotEqual(t, r.URL == nil, r.Target == "")
			require.True(t, r.URL == nil || r.URL.Scheme == "unix" || r.URL.Hostname() != "")
			require.Positive(t, r.Poll.Interval)
			require.Positive(t, r.Poll.Timeout)
			continue
		}
		require.NotEqual(t, r.Shell == "", r.Command == nil)
		require.Positive(t, r.Script.Interval)
		require.Positive(t, r.Script.Timeout)
	}
}
