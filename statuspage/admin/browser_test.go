// SPDX-License-Identifier: Apache-2.0

package admin_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/testkit"
	"github.com/pharos-status/pharos/statuspage/store"
)

// TestBrowser runs testdata/browser/checks.mjs: what operators do, in a browser. With
// PHAROS_SCREENSHOTS set to a folder it keeps pictures in its folder admin.
func TestBrowser(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes a browser half a minute")
	}
	node, chromium := testkit.Program(t, "node"), testkit.Program(t, "chromium")
	packages := filepath.Join("..", "view", "testdata", "browser", "node_modules", "playwright-core")
	if _, err := os.Stat(packages); err != nil {
		testkit.Skip(t, "the npm packages of statuspage/view/testdata/browser are not installed")
	}
	o := open(t, store.Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	checks := exec.CommandContext(ctx, node, "checks.mjs", o.web.URL, chromium, os.Getenv("PHAROS_SCREENSHOTS"))
	checks.Dir = filepath.Join("testdata", "browser")
	out, err := checks.CombinedOutput()
	t.Logf("%s", out)
	require.NoError(t, err)
}
