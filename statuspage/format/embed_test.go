// SPDX-License-Identifier: Apache-2.0

package format_test

import (
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/internal/testkit"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/format"
	"github.com/pharos-status/pharos/statuspage/words"
)

// A banner is what a site of a customer found of it.
type banner struct {
	First      string   // the first element of the body
	Text       string   // of the banner
	Status     string   // of its live region
	Link       string   // where it leads
	Background string   // that the browser computed
	Dismissed  bool     // it went at a click on its button, and does not come back
	Siblings   int      // elements of the body besides the site's own, with the banner dismissed
	Errors     []string // of scripts, and violations of the site's policy
}

// site is the script of the customer's site: it keeps the banner's shadow root, which is
// closed to it otherwise, and tells what it finds in it.
const site = `
const found = {Text: "", Errors: []};
let root;
const attach = Element.prototype.attachShadow;
Element.prototype.attachShadow = function (init) { return (root = attach.call(this, init)) };
addEventListener("error", (e) => found.Errors.push(String(e.message)));
addEventListener("unhandledrejection", (e) => found.Errors.push(String(e.reason)));
document.addEventListener("securitypolicyviolation", (e) => found.Errors.push(e.violatedDirective));
setTimeout(() => {
  found.First = document.body.firstElementChild.localName;
  if (root && root.isConnected) {
    const section = root.querySelector("section");
    found.Text = section.innerText;
    found.Status = root.querySelector("[role=status]").textContent;
    found.Link = root.querySelector("a").href;
    found.Background = getComputedStyle(section).backgroundColor;
    root.querySelector("button").click();
    document.dispatchEvent(new Event("visibilitychange")); // it looks again
  }
  setTimeout(() => {
    found.Dismissed = !!root && !root.isConnected;
    found.Siblings = document.querySelectorAll("body > :not(main, pre)").length;
    document.querySelector("pre").textContent = JSON.stringify(found);
  }, 1000);
}, 1000);
`

// visit opens a site that has the banner of a status page which answers so, in a
// browser, under a policy that allows neither inline style nor inline script.
func visit(t *testing.T, o format.Options, answer http.HandlerFunc) banner {
	t.Helper()
	chromium := testkit.Program(t, "chromium")
	status := http.NewServeMux()
	page := httptest.NewServer(status)
	t.Cleanup(page.Close)
	status.HandleFunc("/status/embed.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		w.Write(render(t, format.EmbedScript(5*time.Minute), mixed(), o))
	})
	status.HandleFunc("/status/api/v2/status.json", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		answer(w, r)
	})

	mux := http.NewServeMux()
	mux.HandleFunc("/site.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		io.WriteString(w, site)
	})
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self' "+page.URL+"; connect-src "+page.URL)
		io.WriteString(w, `<!doctype html><html lang="en"><title>Shop</title><script src="/site.js"></script>
<script src="`+page.URL+`/status/embed.js"></script><script src="`+page.URL+`/status/embed.js"></script><main>Shop</main><pre></pre>`)
	})
	customer := httptest.NewServer(mux)
	t.Cleanup(customer.Close)

	out, err := exec.CommandContext(t.Context(), chromium, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
		"--user-data-dir="+t.TempDir(), "--virtual-time-budget=8000", "--dump-dom", customer.URL).Output()
	require.NoError(t, err)
	m := regexp.MustCompile(`<pre>(.*)</pre>`).FindSubmatch(out)
	require.NotNil(t, m, "%s", out)
	var b banner
	require.NoError(t, json.Unmarshal([]byte(html.UnescapeString(string(m[1]))), &b))
	require.Empty(t, b.Errors)
	require.Zero(t, b.Siblings)
	return b
}

// serve answers with the status of a page.
func serve(t *testing.T, p statuspage.Page) http.HandlerFunc {
	t.Helper()
	return written(t, p, time.Since(p.AsOf))
}

// written answers likewise, as if the page had been written so much later.
func written(t *testing.T, p statuspage.Page, later time.Duration) http.HandlerFunc {
	t.Helper()
	p.AsOf, p.Built = p.AsOf.Add(later), p.Built.Add(later)
	for i := range p.Services {
		for j := range p.Services[i].Nodes {
			if n := &p.Services[i].Nodes[j]; !n.Since.IsZero() {
				n.Since = n.Since.Add(later)
			}
		}
	}
	body := render(t, format.StatusJSON, p, options())
	return func(w http.ResponseWriter, _ *http.Request) { w.Write(body) }
}

func TestBanner(t *testing.T) {
	t.Parallel()
	t.Run("shows what has been down for long, in the visitor's language", func(t *testing.T) {
		t.Parallel()
		p := mixed()
		p.Services[0].Nodes[0].Label = "Core <b>servers</b>"
		b := visit(t, format.Options{Words: words.In("de")}, serve(t, p))
		require.Equal(t, "div", b.First)
		require.Equal(t, "Ausgefallen: Core <b>servers</b>", b.Status)
		require.Contains(t, b.Text, "Einzelheiten")
		require.Regexp(t, `^http://127\.0\.0\.1:\d+/status/$`, b.Link)
		require.Equal(t, "rgb(143, 29, 33)", b.Background, "its own style is in force")
		require.True(t, b.Dismissed)
	})
	recent := mixed()
	recent.Services[0].Nodes[0].Since = recent.AsOf.Add(-time.Minute)
	unknown := mixed()
	unknown.Services[0].Nodes[0].Since = time.Time{}
	for name, answer := range map[string]http.HandlerFunc{
		"it began just now":       serve(t, recent),
		"nobody knows since when": serve(t, unknown),
		"the page is an old copy": written(t, mixed(), time.Since(mixed().AsOf)-2*time.Hour),
		"the page fails":          func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusServiceUnavailable) },
		"the page talks nonsense": func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"page": 1}`) },
	} {
		t.Run("is not there if "+name, func(t *testing.T) {
			t.Parallel()
			b := visit(t, format.Options{}, answer)
			require.Equal(t, "main", b.First)
			require.Empty(t, b.Text)
		})
	}
}

// What is no outage is none for the banner either.
func TestOutages(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]statuspage.Page{"healthy": uniform(status.Healthy), "sick": uniform(status.Sick), "in maintenance": working(), "stale": stale(), "empty": empty()} {
		require.Contains(t, string(render(t, format.StatusJSON, p, options())), `"pharos_outages": []`, name)
	}
}
