// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/pharos-status/pharos/internal/testkit"
)

// Tests have settings of their own alone.
func TestMain(m *testing.M) {
	for _, key := range settingKeys() {
		_ = os.Unsetenv(envOf(key)) // it can be, or was never set
	}
	_ = os.Unsetenv(settingsEnv)
	_ = os.Setenv("XDG_CONFIG_HOME", "/nonexistent")
	testscript.Main(m, map[string]func(){
		"pharosctl": main,
	})
}

func TestScripts(t *testing.T) {
	t.Parallel()
	testkit.Scripts(t)
}
