// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/config"
)

// TestFlawedModules keeps that a module of a file which can't work is refused for
// nodes alone: who asks for another one on demand is not to suffer.
func TestFlawedModules(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "blackbox.yml"), []byte("modules:\n  bad: {prober: carrier_pigeon}\n  good: {prober: http}\n"), 0o600))
	path := filepath.Join(folder, "exporter.yml")
	write := func(name string) {
		text := "module_files: [blackbox.yml]\nservices:\n  - id: s\n    nodes:\n      - {id: n, mode: poll, module: " + name + ", replicas: ['http://127.0.0.1/']}\n"
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	write("good")
	c, err := config.Load(path)
	require.NoError(t, err)
	require.Error(t, c.Modules["bad"].Problem())
	write("bad")
	_, err = config.Load(path)
	require.ErrorContains(t, err, `the module "bad" can't work: `+folder+`/blackbox.yml:2: modules.bad.prober: unknown prober "carrier_pigeon"`)
}
