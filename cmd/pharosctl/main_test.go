// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"os/signal"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/pharos-status/pharos/internal/testkit"
)

func TestMain(m *testing.M) {
	testscript.Main(alone{m}, map[string]func(){
		"pharosctl":       main,
		"pharos_exporter": exporter,
	})
}

// alone are tests that have no settings but their own. Scripts have none but theirs anyway.
type alone struct{ *testing.M }

func (a alone) Run() int {
	for _, key := range settingKeys() {
		_ = os.Unsetenv(envOf(key)) // it can be, or was never set
	}
	if signal.Ignored(os.Interrupt) { // by who has started the tests; what they start is not to inherit it
		signal.Notify(make(chan os.Signal, 1), os.Interrupt)
	}
	_ = os.Unsetenv(settingsEnv)
	_ = os.Setenv("XDG_CONFIG_HOME", "/nonexistent")
	return a.M.Run()
}

func TestScripts(t *testing.T) {
	t.Parallel()
	testkit.Scripts(t, "ADDR")
}
