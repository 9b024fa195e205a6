// SPDX-License-Identifier: Apache-2.0

package main

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// from returns a lookup in a map.
func from(env map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		value, ok := env[name]
		return value, ok
	}
}

func TestSettingsComeFromAFileAndTheEnvironment(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"pharosctl.yml": `
url: https://status.example.com
token_file: manager.token
operations_url: http://127.0.0.1:9640/
http_config_file: /etc/http.yml
bridge_token_file: ${SECRETS}/bridge.token
`})
	file := filepath.Join(dir, "pharosctl.yml")
	s, err := readSettings(from(map[string]string{"PHAROSCTL_CONFIG": file, "PHAROS_TOKEN_FILE": "mine", "SECRETS": "/run", "PHAROS_REPORTER_TOKEN_FILE": ""}))
	require.NoError(t, err)
	for key, want := range map[string]setting{
		settingURL:               {"https://status.example.com", "url of " + file},
		settingTokenFile:         {"mine", "PHAROS_TOKEN_FILE"},
		settingReporterURL:       {"https://status.example.com", "url of " + file},
		settingReporterTokenFile: {},
		settingOperationsURL:     {"http://127.0.0.1:9640/", "operations_url of " + file},
		settingAlertmanagerURL:   {"http://127.0.0.1:9640/alertmanager", "operations_url of " + file},
		settingHTTPConfigFile:    {"/etc/http.yml", "http_config_file of " + file},
		settingBridgeTokenFile:   {"/run/bridge.token", "bridge_token_file of " + file},
	} {
		require.Equal(t, want, s.find(key), key)
	}
	require.Equal(t, "mine", s.or("", settingTokenFile))
	require.Equal(t, "flag", s.or("flag", settingTokenFile))
	require.Empty(t, s.or("", ""))

	home := from(map[string]string{"PHAROSCTL_CONFIG": "", "XDG_CONFIG_HOME": "relative", "HOME": "/home/anna"})
	path, named := settingsPath(home)
	require.Equal(t, "/home/anna/.config/pharos/pharosctl.yml", path)
	require.False(t, named)
	path, _ = settingsPath(from(map[string]string{"XDG_CONFIG_HOME": "/xdg", "HOME": "/home/anna"}))
	require.Equal(t, "/xdg/pharos/pharosctl.yml", path)
}

func TestSettingsThatAreNotThere(t *testing.T) {
	t.Parallel()
	for _, env := range []map[string]string{{}, {"HOME": t.TempDir()}, {"XDG_CONFIG_HOME": t.TempDir()}} {
		s, err := readSettings(from(env))
		require.NoError(t, err)
		require.Empty(t, s)
	}
	_, err := readSettings(from(map[string]string{"PHAROSCTL_CONFIG": "/nowhere/pharosctl.yml"}))
	require.EqualError(t, err, "PHAROSCTL_CONFIG names a file that is not there: /nowhere/pharosctl.yml")
}

func TestBadSettings(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"url: status.example.com\n":                `:1: url: "status.example.com" is no URL; write one such as https://status.example.com`,
		"\ntoken: hunter2\n":                       `:2: unknown key "token"; did you mean "token_file"?`,
		"url: a\noperations_url: ftp://a\n":        `:2: operations_url: "ftp://a" is no URL`,
		"token_file: ${NONE}\n":                    `:1: token_file: `,
		"url: [https://status.example.com]\n":      `:1: url: `,
		"- url: https://status.example.com\n":      `:1: `,
		"reporter_url: https://user:hunter2@ /x\n": `:1: reporter_url: `,
	} {
		file := filepath.Join(folder(t, map[string]string{"pharosctl.yml": text}), "pharosctl.yml")
		_, err := readSettings(from(map[string]string{"PHAROSCTL_CONFIG": file}))
		require.ErrorContains(t, err, file+want, text)
	}
	_, err := readSettings(from(map[string]string{"PHAROS_ALERTMANAGER_URL": "localhost:9093"}))
	require.EqualError(t, err, `PHAROS_ALERTMANAGER_URL: "localhost:9093" is no URL; write one such as https://status.example.com`)
}

func TestEverySettingIsRead(t *testing.T) {
	t.Parallel()
	lines := []string{}
	for _, key := range settingKeys() {
		lines = append(lines, key+": https://example.com/"+key)
	}
	file := filepath.Join(folder(t, map[string]string{"pharosctl.yml": strings.Join(lines, "\n")}), "pharosctl.yml")
	s, err := readSettings(from(map[string]string{"PHAROSCTL_CONFIG": file}))
	require.NoError(t, err)
	require.ElementsMatch(t, settingKeys(), slices.Collect(maps.Keys(s)))
}
