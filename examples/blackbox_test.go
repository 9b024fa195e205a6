// SPDX-License-Identifier: Apache-2.0

package examples_test

import (
	"os"
	"os/exec"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	exporter "github.com/pharos-status/pharos/collector/config"
	"github.com/pharos-status/pharos/collector/module"
)

// TestProbesOnDemand loads the modules as the exporter does, and the scrape
// configuration as Prometheus does, and finds every module that it names.
func TestProbesOnDemand(t *testing.T) {
	t.Parallel()
	own, err := module.Load("blackbox/blackbox.yml")
	require.NoError(t, err)
	kinds := map[module.Kind]bool{}
	for _, m := range own {
		kinds[m.Prober] = true
	}
	require.Len(t, kinds, len(module.Kinds()), "a module of each kind")

	watched, err := exporter.Load("blackbox/exporter.yml")
	require.NoError(t, err)
	found := 0
	for _, file := range []string{"blackbox/prometheus.yml", "blackbox/targets/shops.yml"} {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, m := range regexp.MustCompile(`(?m)(?:module: \[?|- )(\w+)(?:[\]}]|;\S+$)`).FindAllStringSubmatch(string(text), -1) {
			require.Contains(t, watched.Modules, m[1], file)
			found++
		}
	}
	require.Equal(t, 13, found)
}

func TestScrapeConfigurationOfProbes(t *testing.T) {
	t.Parallel()
	for name, program := range map[string]func(t *testing.T) string{"old": installed("promtool"), "new": pinned("promtool")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := exec.CommandContext(t.Context(), program(t), "check", "config", "blackbox/prometheus.yml").CombinedOutput()
			require.NoError(t, err, "%s", out)
		})
	}
}
