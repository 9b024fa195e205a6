// SPDX-License-Identifier: Apache-2.0

package dashboards_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/testkit"
)

// TestTypes holds the dashboards to the types that Grafana publishes.
func TestTypes(t *testing.T) {
	t.Parallel()
	sources := map[string]string{}
	for _, d := range testkit.Dashboards(t) {
		sources[d.File] = string(d.Text)
	}
	require.Empty(t, compile(t, sources))
}

// TestTypesFindMistakes changes a dashboard in places that the types of different
// panels guard.
func TestTypesFindMistakes(t *testing.T) {
	t.Parallel()
	mistakes := map[string][2]string{
		"option":    {`"colorMode": "background_solid"`, `"colorMode": "loud"`},
		"unknown":   {`"showValue": "auto"`, `"showValues": "auto"`},
		"field":     {`"drawStyle": "line"`, `"drawStyle": "curve"`},
		"override":  {`"id": "custom.lineStyle"`, `"id": "custom.style"`},
		"cell":      {`"type": "color-background"`, `"type": "colour-background"`},
		"variable":  {`"refresh": 2`, `"refresh": 7`},
		"dashboard": {`"graphTooltip": 1`, `"graphTooltip": 5`},
		"panel":     {`"type": "state-timeline"`, `"type": "graph"`},
	}
	var text string
	for _, d := range testkit.Dashboards(t) {
		if d.File == "service.json" {
			text = string(d.Text)
		}
	}
	sources := map[string]string{}
	for name, change := range mistakes {
		require.Contains(t, text, change[0])
		sources[name] = strings.Replace(text, change[0], change[1], 1)
	}
	found := compile(t, sources)
	for name := range mistakes {
		require.Contains(t, found, name+".ts(")
	}
}

// compile returns what the compiler of TypeScript has to say against the
// dashboards. Each becomes a source file, because the types of an imported JSON
// file are too wide.
func compile(t *testing.T, sources map[string]string) string {
	t.Helper()
	node := testkit.Program(t, "node")
	folder, err := filepath.Abs(filepath.Join("testdata", "types"))
	require.NoError(t, err)
	modules := filepath.Join(folder, "node_modules")
	if _, err := os.Stat(filepath.Join(modules, "typescript", "package.json")); err != nil {
		testkit.Skip(t, "the types of Grafana are not installed; run npm ci in dashboards/testdata/types")
	}
	dir := t.TempDir()
	require.NoError(t, os.Symlink(modules, filepath.Join(dir, "node_modules")))
	for _, name := range []string{"dashboard.ts", "tsconfig.json"} {
		text, err := os.ReadFile(filepath.Join(folder, name))
		require.NoError(t, err)
		write(t, filepath.Join(dir, name), string(text))
	}
	for name, text := range sources {
		write(t, filepath.Join(dir, strings.TrimSuffix(name, ".json")+".ts"),
			"import type { Dashboard } from './dashboard';\nexport const dashboard: Dashboard = "+text)
	}
	out, err := exec.CommandContext(t.Context(), node, filepath.Join(modules, "typescript", "bin", "tsc"), "--project", dir, "--pretty", "false").CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		require.NoError(t, err)
	}
	require.Equal(t, err != nil, len(out) > 0, "%v: %s", err, out)
	return string(out)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}
