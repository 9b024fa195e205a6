// SPDX-License-Identifier: Apache-2.0

package examples_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDockerfile holds the Dockerfile to what the repository has: what it copies
// is there and is sent to it, and what it starts is built by it.
func TestDockerfile(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../Dockerfile")
	require.NoError(t, err)
	ignore, err := os.ReadFile("../.dockerignore")
	require.NoError(t, err)
	sent := func(name string) bool { return slices.Contains(strings.Split(string(ignore), "\n"), "!"+name) }

	copied := 0
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) < 3 || fields[0] != "COPY" || strings.HasPrefix(fields[1], "--from") {
			continue
		}
		for _, name := range fields[1 : len(fields)-1] {
			copied++
			_, err := os.Stat(filepath.Join("..", name))
			require.NoError(t, err)
			folder, _, _ := strings.Cut(name, "/")
			require.True(t, name == "." || sent(folder), "%s is not sent: see .dockerignore", name)
		}
	}
	require.NotZero(t, copied)

	// Every folder with Go files that the programs are built from.
	entries, err := os.ReadDir("..")
	require.NoError(t, err)
	for _, e := range entries {
		if e.IsDir() && !slices.Contains([]string{"docs", "examples", "scripts", "tools", "bin", "data"}, e.Name()) && !strings.HasPrefix(e.Name(), ".") {
			require.True(t, sent(e.Name()), "%s is not sent: see .dockerignore", e.Name())
		}
	}
	require.Contains(t, string(text), `CMD ["/usr/bin/pharos"`)
	require.DirExists(t, "../cmd/pharos")
}
