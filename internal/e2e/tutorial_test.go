// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"cmp"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pharos-status/pharos/internal/testkit"
)

// TestTutorial does what docs/tutorial.md says, word for word: on other ports, with a
// site of this machine, and with the reporter library of this checkout. If the
// environment variable PHAROS_SCREENSHOTS names the folder, it takes the pictures.
func TestTutorial(t *testing.T) {
	t.Parallel()
	testkit.Program(t, "curl")
	public, ops, hook := testkit.FreePort(t), testkit.FreePort(t), testkit.FreePort(t)
	library := "github.com/pharos-status/pharos/reporter"
	w := newWalk(t, strings.NewReplacer(
		"127.0.0.1:8080", public, "127.0.0.1:9640", ops, "127.0.0.1:9999", hook,
		"https://example.com/", newTarget(t).URL,
		"pharos --config.dir", "pharos --web.listen-address="+public+" --ops.listen-address="+ops+" --config.dir",
		"pharosctl listen", "pharosctl listen --listen-address="+hook,
		"go get "+library+"@latest", "go mod edit -require="+library+"@v0.0.0 -replace="+library+"="+absolute(t, "../../reporter"),
	), "", "PHAROS_URL=http://"+public, "GOFLAGS=-mod=mod", "GOSUMDB=off")
	w.picture = pictures(t, "http://"+public)
	w.do(read(t, "../../docs/tutorial.md"))
}

// pictures returns what is done where a document has a picture of the page.
func pictures(t *testing.T, page string) func(name string) {
	t.Helper()
	folder := os.Getenv("PHAROS_SCREENSHOTS")
	if folder == "" {
		return func(name string) { read(t, filepath.Join("../../docs/screenshots", name)) }
	}
	needBrowser(t)
	return func(name string) {
		path := "/"
		if name == "tutorial-resolved.png" {
			path = incidentID().FindString(mustGet(t, page+"/api/v2/incidents.json"))
		}
		runScript(t, "tutorial.mjs", page, cmp.Or(path, "/"), absolute(t, filepath.Join("../..", folder, name)))
	}
}
