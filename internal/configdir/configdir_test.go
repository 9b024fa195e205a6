// SPDX-License-Identifier: Apache-2.0

package configdir_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/configdir"
)

func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	return dir
}

func TestAnEmptyFolderMeansDefaults(t *testing.T) {
	t.Parallel()
	files := configdir.All(t.TempDir())

	require.NoError(t, configdir.Errors(files))
	require.Len(t, files, 6)
	for _, f := range files {
		require.Empty(t, f.Found, f.Name)
	}
}

func TestRulesOfUsersAreHeldToTheGeneratedOnes(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{
		"alerting.yml":    "quorum: any\n",
		"rules/a.yml":     "groups: [{name: a, rules: [{record: 'pharos:quorum:quantile', expr: '1'}]}]\n",
		"rules/b.yml":     "groups: [{name: b, rules: [{record: 'b:b', expr: '1'}]}]\n",
		"rules/notes.txt": "not a rule file",
	})

	files := configdir.Engine(dir)

	require.Len(t, files, 5)
	require.Equal(t, "rules/a.yml", files[3].Name)
	require.EqualError(t, configdir.Errors(files), dir+`/rules/a.yml:1: group "a": a bundled rule records pharos:quorum:quantile; record it under another name`)
	require.Equal(t, configdir.File{Name: "rules/b.yml", Found: "rules: 1"}, files[4])
}

func TestWhatCannotBeReadIsAnError(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"exporter.yml/x": "a folder", "alerting.yml/x": "a folder"})

	require.ErrorContains(t, configdir.Errors(configdir.Exporter(dir)), "exporter.yml")
	require.ErrorContains(t, configdir.Errors(configdir.Engine(dir)), "alerting.yml")
	require.NoError(t, configdir.Errors(configdir.StatusPage(dir)))
}

func TestReceiversOfChoicesMustBeThere(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"alerting.yml": "watchdog: {receiver: dead-man}\n"})

	require.ErrorContains(t, configdir.Errors(configdir.Engine(dir)), "dead-man")
}
