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
	"github.com/pharos-status/pharos/collector/module"
	"github.com/pharos-status/pharos/internal/configfile"
	"github.com/pharos-status/pharos/internal/status"
)

// fullSeed is the file that sets every key, without those that name files.
func fullSeed(f *testing.F) []byte {
	f.Helper()
	text, err := os.ReadFile("testdata/full.yml")
	require.NoError(f, err)
	var seed strings.Builder
	for line := range strings.Lines(string(text)) {
		line = strings.ReplaceAll(line, "token_file: reporter.token", "token: x")
		line = strings.ReplaceAll(line, "${PHAROS_TEST_TOKEN}", "x")
		if !strings.Contains(line, "file") {
			seed.WriteString(line)
		}
	}
	file, err := configfile.Parse("full.yml", []byte(seed.String()))
	require.NoError(f, err)
	_, err = config.Build(file)
	require.NoError(f, err)
	return []byte(seed.String())
}

func FuzzLoad(f *testing.F) {
	f.Add(fullSeed(f))
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

func FuzzReplicaURL(f *testing.F) {
	for _, raw := range []string{
		"https://hunter:hunter22@a.example.com:8443/health?key=x#y", "tcp://[::1]:80", "icmp://a", "ssh://a", "unix:///run/a.sock",
		"dns://9.9.9.9/example.com?type=MX&class=IN&transport=tls", "grpcs://a:1/my.Service", "wss://a/b", "a.example.com:53", "[::1]", "/run/a.sock", "a b://c", "http://bücher.example:80/ä", "dns://a/_x.bücher.example", "http://b%C3%BCcher.example/",
	} {
		f.Add(raw)
	}
	kinds := []module.Kind{
		module.KindHTTP, module.KindTCP, module.KindDNS, module.KindICMP, module.KindGRPC, module.KindUnix, module.KindWebsocket, module.KindSSH,
	}
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := config.ParseTarget(raw)
		checkSecrets(t, raw, err)
		if err == nil {
			again, err := config.ParseTarget(u.String())
			require.NoError(t, err, "what is completed is as good as what was written")
			require.Equal(t, u.String(), again.String())
			require.NotEmpty(t, config.PublicName(raw))
		}
		for _, kind := range kinds {
			target, err := config.ModuleTarget(kind, raw)
			checkSecrets(t, raw, err)
			if err == nil {
				require.NotEmpty(t, target)
				require.NotEmpty(t, config.PublicName(raw))
			}
		}
	})
}

// checkSecrets checks that an error does not tell what stands before the host.
func checkSecrets(t *testing.T, raw string, err error) {
	t.Helper()
	before, _, found := strings.Cut(raw, "@")
	if _, secret, ok := strings.Cut(before, "://"); err != nil && found && ok && len(secret) > 5 {
		require.NotContains(t, err.Error(), secret)
	}
}
