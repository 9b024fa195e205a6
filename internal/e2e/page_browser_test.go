// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"cmp"
	"os"
	"testing"
)

// TestPageInBrowser does in a browser what visitors, subscribers and operators do, on the
// real program: see the scripts of testdata/browser.
func TestPageInBrowser(t *testing.T) {
	needBrowser(t)
	w := newWorld(t)
	for _, name := range []string{"weight", "subscriber", "operator", "visitor"} { // the last one kills the server
		t.Run(name, func(t *testing.T) { w.script(t, name+".mjs") })
	}
}

// TestPageLighthouse measures the page with Lighthouse, as a phone and as a desktop that it
// simulates: 100 in each category. Performance may be less, since other tests run beside,
// unless PHAROS_LIGHTHOUSE names the least score, as make lighthouse does.
func TestPageLighthouse(t *testing.T) {
	t.Parallel()
	needBrowser(t)
	w := newWorld(t)
	least := cmp.Or(os.Getenv("PHAROS_LIGHTHOUSE"), "80")
	runScript(t, "lighthouse.mjs", least, "https://"+w.public+"/", "https://"+w.public+"/services/infrastructure")
}
