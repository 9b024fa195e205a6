// SPDX-License-Identifier: Apache-2.0

package e2e

import (
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

// TestPageLighthouse measures the page, with the network and the processor of a phone
// and of a desktop that Lighthouse simulates: 100 in each category.
func TestPageLighthouse(t *testing.T) {
	needBrowser(t)
	w := newWorld(t)
	runScript(t, "lighthouse.mjs", "https://"+w.public+"/", "https://"+w.public+"/history", "https://"+w.public+"/services/infrastructure")
}
