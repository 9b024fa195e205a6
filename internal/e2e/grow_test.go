// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/pharos-status/pharos/internal/testkit"
)

// TestGrow does what docs/grow.md says, word for word, with the real programs: on free
// ports of this machine, and faster.
func TestGrow(t *testing.T) {
	t.Parallel()
	testkit.Program(t, "curl")
	others := t.TempDir()
	for name, path := range map[string]string{
		"prometheus": testkit.Program(t, "prometheus"), "alertmanager": testkit.Program(t, "prometheus-alertmanager"), "thanos": thanosProgram(t),
		"promtool": testkit.Program(t, "promtool"), "amtool": testkit.Program(t, "amtool"),
	} {
		if err := os.Symlink(path, filepath.Join(others, name)); err != nil {
			t.Fatal(err)
		}
	}
	text := read(t, "../../docs/grow.md")
	replace := []string{
		"https://example.com/", newTarget(t).URL, "interval: 10s", "interval: 1s", "interval: 15s", "interval: 1s", "timeout: 10s", "timeout: 1s",
		"postgres://pharos:secret@db.example.com/pharos", testkit.PostgreSQL(t),
	}
	taken := map[string]bool{}
	for _, address := range regexp.MustCompile(`127\.0\.0\.1:\d+`).FindAllString(text, -1) {
		if !taken[address] {
			taken[address] = true
			replace = append(replace, address, testkit.FreePort(t))
		}
	}
	w := newWalk(t, strings.NewReplacer(replace...), others)
	w.do(text)
}
