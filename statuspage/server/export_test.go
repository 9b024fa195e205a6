// SPDX-License-Identifier: Apache-2.0

package server

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/internal/testkit"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/config"
)

// exported writes the pages of a reading, and returns the names of all files.
func exported(t *testing.T, dir string, reading statuspage.Reading, change ...func(*config.Config)) []string {
	t.Helper()
	require.NoError(t, visitors(t, reading, change...).write(dir))
	return filesIn(t, dir)
}

func filesIn(t *testing.T, dir string) (all []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			name, err = filepath.Rel(dir, name)
			all = append(all, filepath.ToSlash(name))
		}
		return err
	}))
	return all
}

func withEU(c *config.Config) { c.Pages = []config.Page{{ID: "eu"}} }

func TestExportLeavesNothingThatIsPrivateNow(t *testing.T) {
	t.Parallel()
	dir, reading := t.TempDir(), readingOf(status.Healthy)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "CNAME"), []byte("status.example.com\n"), 0o600))
	all := exported(t, dir, reading, withEU)
	require.Subset(t, all, []string{"index.html", "pages/eu/index.html", "services/web/index.html", "pages/eu/history/index.html", ".pharos-export", "CNAME"})

	all = exported(t, dir, reading, private, withEU)
	require.NotContains(t, all, "index.html")
	require.Contains(t, all, "pages/eu/index.html")

	all = exported(t, dir, reading)
	require.Contains(t, all, "index.html")
	require.NotContains(t, all, "pages/eu/index.html", "the page is no more")
	require.NoDirExists(t, filepath.Join(dir, "pages"))

	require.ElementsMatch(t, []string{"CNAME", ".pharos-export"}, exported(t, dir, reading, private))
	require.Equal(t, "\n", read(t, filepath.Join(dir, manifest)))
}

func TestExportGoesOnWhereOnePageFails(t *testing.T) {
	t.Parallel()
	dir, reading := t.TempDir(), readingOf(status.Healthy)
	exported(t, dir, reading, withEU)
	require.NoError(t, os.Remove(filepath.Join(dir, "history", "index.html")))
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "history", "index.html", "in the way"), 0o700))
	require.NoError(t, os.Remove(filepath.Join(dir, "pages", "eu", "index.html")))
	err := visitors(t, reading, withEU).write(dir)
	require.ErrorContains(t, err, `export page "main"`)
	require.Subset(t, filesIn(t, dir), []string{"pages/eu/index.html", "index.html", "status/text"})
}

// Whatever components are called, the page is there.
func TestExportOfNamesThatClash(t *testing.T) {
	t.Parallel()
	reading := readingOf(status.Healthy)
	reading.Layout = statuspage.Layout{Services: []statuspage.ServiceLayout{
		{ID: "icon", Nodes: []statuspage.NodeLayout{{ID: "a"}}},
		{ID: "web.atom", Nodes: []statuspage.NodeLayout{{ID: "uptime"}}},
		{ID: "web", Nodes: []statuspage.NodeLayout{{ID: "uptime"}}},
		{ID: "..", Nodes: []statuspage.NodeLayout{{ID: "."}}},
	}}
	all := exported(t, t.TempDir(), reading)
	require.Subset(t, all, []string{"index.html", "badge/icon", "badge/icon.svg", "services/icon/index.html", "services/web.atom", "badge/web/uptime/uptime.svg"})
}

// A file is told by its host alone what a server tells in headers, and offers nothing
// that is none.
func TestExportedPagesStandAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	all := exported(t, dir, readingOf(status.Healthy), func(c *config.Config) { c.Branding.PageURL = "https://example.com/status/" })
	for _, name := range all {
		if !strings.HasSuffix(name, ".html") {
			continue
		}
		text := read(t, filepath.Join(dir, name))
		_, rest, found := strings.Cut(text, `<meta http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;; `)
		require.True(t, found, name)
		require.Contains(t, rest, "<script", "it comes before all code")
		require.NotContains(t, text, "frame-ancestors", "which only a header may say")
	}
	require.NotContains(t, read(t, filepath.Join(dir, "llms.txt")), "/mcp")
	require.Contains(t, read(t, filepath.Join(dir, "sitemap.xml")), "https://example.com/status/services/web<")
	lost := read(t, filepath.Join(dir, notFoundFile))
	require.Contains(t, lost, `href="/status/index.html"`)
	require.Contains(t, lost, `src="/status/assets/page-`)
	require.Contains(t, read(t, filepath.Join(dir, "services", "web", "index.html")), `src="../../assets/page-`)
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	return string(text)
}

// Whoever writes the files may stop: then they say by themselves that nothing is known.
func TestCopiesGrowOld(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	reading := readingOf(status.Dead)
	all := exported(t, dir, reading)
	until := reading.Newest.Add(3 * time.Minute).UTC().Format(time.RFC3339) // stale_after, and what passes between two exports
	for _, name := range []string{"index.html", "services/web/index.html"} {
		require.Contains(t, read(t, filepath.Join(dir, name)), `data-until="`+until+`" data-unknown="unknown.html"`)
	}
	require.Subset(t, all, []string{"unknown.html", "services/web/unknown.html"})
	old := read(t, filepath.Join(dir, "unknown.html"))
	require.Contains(t, old, "Status unknown")
	require.NotContains(t, old, `class="banner dead"`)
	require.NotContains(t, old, "data-until")
	require.NotContains(t, read(t, filepath.Join(dir, "history", "index.html")), "data-until", "the past stays as it is")
	require.NotContains(t, ask(visitors(t, reading).Public(), "GET", "/").Body.String(), "data-until", "a server says what is")
}

func TestBrowserBelievesNoOldCopy(t *testing.T) {
	t.Parallel()
	chromium := testkit.Program(t, "chromium")
	for age, want := range map[time.Duration]string{-time.Hour: `class="banner dead"`, time.Hour: `class="banner unknown"`} {
		dir := t.TempDir()
		s := visitors(t, readingOf(status.Dead))
		s.gallery.shown.Load().sites[0].until = time.Now().Add(-age)
		require.NoError(t, s.write(dir))
		host := httptest.NewServer(http.FileServer(http.Dir(dir)))
		t.Cleanup(host.Close)
		for _, path := range []string{"/", "/services/web/"} {
			out, err := exec.CommandContext(t.Context(), chromium, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
				"--user-data-dir="+t.TempDir(), "--virtual-time-budget=4000", "--dump-dom", host.URL+path).Output()
			require.NoError(t, err)
			if path == "/" { // which explains each state
				require.Contains(t, string(out), want)
				continue
			}
			require.Equal(t, age < 0, strings.Contains(string(out), `class="state dead"`), "%s after %s", path, age)
		}
	}
}
