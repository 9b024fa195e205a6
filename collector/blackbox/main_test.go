// SPDX-License-Identifier: Apache-2.0

package blackbox_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain serves /probe where the benchmark has started this program again, and
// otherwise runs the tests.
func TestMain(m *testing.M) {
	if address := os.Getenv(serveEnv); address != "" {
		serve(address, os.Getenv(modulesEnv))
		return
	}
	goleak.VerifyTestMain(m)
}
