// SPDX-License-Identifier: Apache-2.0

package examples_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	reporter "github.com/pharos-status/pharos/sidecar/config"
)

// TestReporter loads the example of the sidecar: it has a watch of every kind.
func TestReporter(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "reporter")
	require.NoError(t, os.CopyFS(dir, os.DirFS("reporter")))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "reporter.token"), []byte("0123456789"), 0o600))
	c, err := reporter.Load(filepath.Join(dir, "reporter.yml"))
	require.NoError(t, err)
	kinds := map[string]bool{}
	for i := range c.Watch {
		switch w := &c.Watch[i]; {
		case w.Process != nil:
			kinds["pid_file"] = kinds["pid_file"] || w.Process.PIDFile != ""
			kinds["name"] = kinds["name"] || w.Process.Name != ""
			kinds["cgroup"] = kinds["cgroup"] || w.Process.Cgroup != ""
		case w.Unit != "":
			kinds["unit"] = true
		case w.TCP != "":
			kinds["tcp"] = true
		case w.HTTP != nil:
			kinds["http"] = true
		}
	}
	for _, kind := range []string{"pid_file", "name", "cgroup", "unit", "tcp", "http"} {
		require.True(t, kinds[kind], kind)
	}

	shown := blocks(t, "../docs/reporter.md")
	require.NotEmpty(t, shown)
	for _, text := range shown {
		if path := filepath.Join(dir, "shown.yml"); len(text) > 0 && text[0] == 's' { // servers: a whole file
			require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
			_, err := reporter.Load(path)
			require.NoError(t, err, text)
		}
	}
}
