// SPDX-License-Identifier: Apache-2.0

package rules_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/testkit"
)

// native is in the names of what only Prometheus 3 understands.
const native = "-native."

// TestPromtool checks the rules and runs their tests with the promtool of the
// machine, which on Debian is as old as what the rules promise to run on, and with
// a current one.
func TestPromtool(t *testing.T) {
	t.Parallel()
	for name, find := range map[string]func(t *testing.T) string{
		"installed": func(t *testing.T) string { t.Helper(); return testkit.Program(t, "promtool") },
		"current":   pinned,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			promtool := find(t)
			old := name == "installed" && !isThree(t, promtool)
			for _, args := range [][]string{
				append([]string{"check", "rules", "--lint=all", "--lint-fatal"}, files(t, "*.rules.yml", old)...),
				append([]string{"test", "rules"}, files(t, "testdata/*.test.yml", old)...),
			} {
				out, err := exec.CommandContext(t.Context(), promtool, args...).CombinedOutput()
				require.NoError(t, err, "%s", out)
			}
		})
	}
}

// files returns the paths that match; without what is for Prometheus 3 if old.
func files(t *testing.T, pattern string, old bool) []string {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	require.NoError(t, err)
	paths = slices.DeleteFunc(paths, func(path string) bool {
		return old && strings.Contains(filepath.Base(path), native)
	})
	require.NotEmpty(t, paths)
	return paths
}

// isThree reports whether promtool is of Prometheus 3.
func isThree(t *testing.T, promtool string) bool {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), promtool, "--version").CombinedOutput()
	require.NoError(t, err, "%s", out)
	return strings.HasPrefix(string(out), "promtool, version 3.")
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
