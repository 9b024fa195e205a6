// SPDX-License-Identifier: Apache-2.0

package check_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/embedded/check"
)

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestGoodFiles(t *testing.T) {
	t.Parallel()
	n, err := check.Alertmanager(write(t, "alertmanager.yml", "route: {receiver: none}\nreceivers: [{name: none}]\n"))
	require.NoError(t, err)
	require.Equal(t, 1, n)

	n, err = check.Prometheus(write(t, "prometheus.yml", "scrape_configs: [{job_name: apps}]\n"))
	require.NoError(t, err)
	require.Equal(t, 1, n)

	n, err = check.Rules(write(t, "a.yml", "groups: [{name: a, rules: [{record: 'a:b', expr: up}, {alert: Down, expr: up == 0}]}]\n"))
	require.NoError(t, err)
	require.Equal(t, 2, n)
}

func TestBadFilesAreNamedWithTheLine(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		check func(string) (int, error)
		text  string
		want  []string
	}{
		"alertmanager, unknown receiver": {check.Alertmanager, "route: {receiver: none}\n", []string{`undefined receiver "none" used in route`}},
		"alertmanager, unknown key":      {check.Alertmanager, "route: {receiver: a}\nreceivers: [{name: a}]\nx: 1\n", []string{"line 3", "field x not found"}},
		"prometheus, unknown key":        {check.Prometheus, "scrapes: []\n", []string{"line 1", "field scrapes not found"}},
		"rules, bad expression":          {check.Rules, "groups:\n- name: a\n  rules:\n  - alert: Down\n    expr: up ==\n", []string{"5:11", `"Down"`, "unexpected end of input"}},
		"rules, no file":                 {func(string) (int, error) { return check.Rules("/nowhere/a.yml") }, "", []string{"no such file"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := write(t, "f.yml", tc.text)
			_, err := tc.check(path)
			require.Error(t, err)
			for _, part := range tc.want {
				require.ErrorContains(t, err, part)
			}
			if name != "rules, no file" {
				require.ErrorContains(t, err, path)
			}
		})
	}
}
