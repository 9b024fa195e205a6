// SPDX-License-Identifier: Apache-2.0

package examples_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	exporter "github.com/pharos-status/pharos/collector/config"
)

// TestConfigurationInTheDocuments loads what the documents show as files.
func TestConfigurationInTheDocuments(t *testing.T) {
	t.Setenv("KEY", "value") // the fragments name it
	dir := t.TempDir()
	makeTokens(t, dir)
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}

	for _, name := range []string{"rabbitmq.password", "relay.token", "inventory.token", "blackbox.yml"} {
		write(name, "# as secret as a comment\n")
	}

	readme := blocks(t, "../README.md")
	require.Len(t, readme, 1)
	_, err := exporter.Load(write("readme.yml", readme[0]))
	require.NoError(t, err)

	for i, shown := range blocks(t, "../docs/configuration.md") {
		name := fmt.Sprintf("block-%d.yml", i+1)
		switch key, _, _ := strings.Cut(shown, ":"); key {
		case "replicas":
			_, err = exporter.Load(write(name, "services:\n  - id: s\n    nodes:\n      - id: n\n        mode: poll\n"+indent(shown)))
		case "scripts":
			_, err = exporter.Load(write(name, "services:\n  - id: s\n    nodes:\n      - id: n\n        mode: script\n"+indent(shown)))
		case "external_url", "prometheus": // tests of bridge/config and statuspage/config load them, with their secrets
			continue
		default:
			_, err = exporter.Load(write(name, shown))
		}
		require.NoError(t, err, "%s\n%s", name, shown)
	}
}

// blocks returns the YAML that a document shows.
func blocks(t *testing.T, path string) []string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var all []string
	for _, m := range regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$").FindAllStringSubmatch(string(text), -1) {
		all = append(all, m[1])
	}
	return all
}

// indent puts a fragment below a node.
func indent(text string) string {
	return "        " + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n        ") + "\n"
}
