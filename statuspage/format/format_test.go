// SPDX-License-Identifier: Apache-2.0

package format_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/internal/testkit"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/format"
	"github.com/pharos-status/pharos/statuspage/words"
)

const base = "https://status.example.com"

// formats are all formats, by the name of their golden files.
func formats() map[string]format.Func {
	core := statuspage.Ref{Service: "web", Node: "core"}
	return map[string]format.Func{
		"status.txt": format.Text, "report.json": format.Report, "robots.txt": format.Robots, "sitemap.xml": format.Sitemap, "llms.txt": format.LLMs,
		"icon.svg": format.BadgeIcon, "color.svg": format.BadgeColor, "badge.svg": format.Badge(statuspage.Ref{}, format.Flat),
		"badge-node.svg": format.Badge(core, format.Flat), "badge-square.svg": format.Badge(core, format.Square), "badge-large.svg": format.Badge(statuspage.Ref{Service: "jobs"}, format.Large),
		"badge-uptime.svg": format.UptimeBadge(core, 90, format.Flat), "badge-uptime-none.svg": format.UptimeBadge(statuspage.Ref{Service: "jobs"}, 1, format.Large),
		"v2-status.json": format.StatusJSON, "v2-summary.json": format.SummaryJSON, "v2-components.json": format.ComponentsJSON,
		"v2-incidents.json": format.IncidentsJSON, "v2-unresolved.json": format.UnresolvedJSON, "v2-maintenances.json": format.MaintenancesJSON(format.All),
		"v2-upcoming.json": format.MaintenancesJSON(format.Upcoming), "v2-active.json": format.MaintenancesJSON(format.Active),
		"feed.atom": format.Atom, "feed.rss": format.RSS, "feed.json": format.JSONFeed, "maintenance.ics": format.Calendar,
		"index.md": format.Markdown, "embed.js": format.EmbedScript(5 * time.Minute), "og.png": format.OpenGraph,
	}
}

func render(t testing.TB, f format.Func, p statuspage.Page, o format.Options) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, f(&b, p, o))
	return b.Bytes()
}

func options() format.Options { return format.Options{BaseURL: base} }

func TestGolden(t *testing.T) {
	t.Parallel()
	for state, page := range map[string]statuspage.Page{"mixed": mixed(), "hostile": hostile(nasty)} {
		for name, f := range formats() {
			t.Run(state+"/"+name, func(t *testing.T) {
				t.Parallel()
				got := render(t, f, page, options())
				require.Equal(t, got, render(t, f, page, options()), "the same page gives the same bytes")
				wellFormed(t, name, got)
				if name != "og.png" { // its bytes are up to the encoder
					testkit.Golden(t, state+"/"+name, got)
				}
			})
		}
	}
}

// What a page says of itself in each state.
func TestStates(t *testing.T) {
	t.Parallel()
	for state, page := range map[string]statuspage.Page{
		"healthy": uniform(status.Healthy), "sick": uniform(status.Sick), "dead": uniform(status.Dead), "working": working(), "stale": stale(), "empty": empty(),
	} {
		for _, name := range []string{"status.txt", "icon.svg", "badge.svg", "v2-status.json", "index.md", "report.json"} {
			got := render(t, formats()[name], page, options())
			wellFormed(t, name, got)
			testkit.Golden(t, state+"/"+name, got)
		}
	}
}

// wellFormed tells by the name what the bytes have to be.
func wellFormed(t testing.TB, name string, got []byte) {
	t.Helper()
	switch path.Ext(name) {
	case ".json":
		require.True(t, json.Valid(got), name)
	case ".svg", ".xml", ".atom", ".rss":
		d := xml.NewDecoder(bytes.NewReader(got))
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err, name)
			if e, is := token.(xml.StartElement); is {
				require.NotContains(t, []string{"script", "img"}, e.Name.Local, name)
			}
		}
	case ".ics":
		checkCalendar(t, got)
	case ".md":
		checkDocument(t, got)
	case ".png":
		img, err := png.Decode(bytes.NewReader(got))
		require.NoError(t, err)
		require.Equal(t, 1200, img.Bounds().Dx())
		require.Equal(t, 630, img.Bounds().Dy())
	case ".js":
		require.NotContains(t, string(got), "</script")
	}
}

func TestXMLLint(t *testing.T) {
	t.Parallel()
	xmllint := testkit.Program(t, "xmllint")
	for _, page := range []statuspage.Page{mixed(), hostile(nasty), empty()} {
		for name, f := range formats() {
			if ext := path.Ext(name); ext != ".svg" && ext != ".xml" && ext != ".atom" && ext != ".rss" || strings.Contains(name, "-") && len(page.Services) == 0 {
				continue
			}
			file := filepath.Join(t.TempDir(), name)
			require.NoError(t, os.WriteFile(file, render(t, f, page, options()), 0o600))
			out, err := exec.CommandContext(t.Context(), xmllint, "--noout", "--nonet", file).CombinedOutput()
			require.NoError(t, err, "%s: %s", name, out)
		}
	}
}

func TestUnknownIsNotHealthy(t *testing.T) {
	t.Parallel()
	for _, p := range []statuspage.Page{stale(), empty(), uniform(status.Unknown)} {
		require.Equal(t, "unknown", string(render(t, format.Text, p, options())))
		summary := string(render(t, format.SummaryJSON, p, options()))
		require.NotContains(t, summary, "operational")
		require.Contains(t, summary, `"indicator": "minor"`)
		require.Contains(t, summary, `"description": "Status unknown"`)
		require.Contains(t, summary, `"pharos_status": "unknown"`)
		require.NotContains(t, string(render(t, format.Badge(statuspage.Ref{}, format.Flat), p, options())), "Healthy")
	}
}

// A name of a replica that the page shows is for its readers: no program gets it. What
// the page does not hold, no format has.
func TestNothingThatIsNotPublic(t *testing.T) {
	t.Parallel()
	for name, f := range formats() {
		got := string(render(t, f, mixed(), options()))
		for _, canary := range []string{"edge-2.example.com", "canary"} {
			require.NotContains(t, got, canary, name)
		}
	}
}

func TestEveryLanguage(t *testing.T) {
	t.Parallel()
	for _, tag := range words.Languages() {
		o := format.Options{BaseURL: base, Words: words.In(tag)}
		for name, f := range formats() {
			got := render(t, f, mixed(), o)
			wellFormed(t, name, got)
			require.NotRegexp(t, `\b(format|embed|sentence|phase|impact)\.[a-z_]{3,}`, string(got), "%s %s: a message is missing", tag, name)
		}
	}
}

func TestWithoutBaseURL(t *testing.T) {
	t.Parallel()
	p := mixed()
	p.Brand.URL = ""
	for name, f := range formats() {
		if name == "embed.js" {
			continue
		}
		require.NotContains(t, string(render(t, f, p, format.Options{})), base, name)
	}
	require.Contains(t, string(render(t, format.SummaryJSON, p, format.Options{})), `"shortlink": "/incidents/incident0000000000002"`)
}

func TestPrivatePageWantsNoRobot(t *testing.T) {
	t.Parallel()
	p := mixed()
	p.Private = true
	require.Equal(t, "User-agent: *\nDisallow: /\n", string(render(t, format.Robots, p, options())))
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("broken") }

func TestWriteErrorsAreReturned(t *testing.T) {
	t.Parallel()
	for name, f := range formats() {
		require.Error(t, f(brokenWriter{}, mixed(), options()), name)
	}
}

func BenchmarkFormats(b *testing.B) {
	p := large()
	for _, name := range []string{"v2-status.json", "v2-summary.json", "index.md", "badge.svg", "og.png", "feed.atom"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			f := formats()[name]
			for b.Loop() {
				if err := f(io.Discard, p, options()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(render(b, f, p, options()))), "bytes")
		})
	}
}
