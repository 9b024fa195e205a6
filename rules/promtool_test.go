// SPDX-License-Identifier: Apache-2.0

package rules_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/testkit"
)

// TestPromtool runs the rule tests with the promtool of the machine, which on
// Debian is as old as what the rules promise to run on, and with a current one.
func TestPromtool(t *testing.T) {
	t.Parallel()
	tests, err := filepath.Glob("testdata/*.test.yml")
	require.NoError(t, err)
	require.NotEmpty(t, tests)
	for name, find := range map[string]func(t *testing.T) string{
		"installed": func(t *testing.T) string { t.Helper(); return testkit.Program(t, "promtool") },
		"current":   pinned,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			promtool := find(t)
			for _, args := range [][]string{
				{"check", "rules", "--lint=all", "--lint-fatal", "pharos.rules.yml"},
				append([]string{"test", "rules"}, tests...),
			} {
				out, err := exec.CommandContext(t.Context(), promtool, args...).CombinedOutput()
				require.NoError(t, err, "%s", out)
			}
		})
	}
}

// pinned returns the promtool that make test builds from tools/promtool.
func pinned(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs("../.tools/promtool")
	require.NoError(t, err)
	if _, err := os.Stat(path); err != nil {
		testkit.Skip(t, "promtool is not built (scripts/tool.sh promtool)")
	}
	return path
}
