// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage/config"
	"github.com/pharos-status/pharos/statuspage/view"
)

func TestEveryRoute(t *testing.T) {
	t.Parallel()
	public := visitors(t, readingOf(status.Healthy)).Public()
	type want struct {
		contentType string
		anyOrigin   bool
	}
	all := map[string]want{
		"/history": {typeHTML, false}, "/services/web": {typeHTML, false}, "/": {typeHTML, false},
		"/subscribe.": {}, "/favicon.ico": {typeSVG, true},
		"/badge/web.svg": {typeSVG, true}, "/badge/web/api.svg": {typeSVG, true}, "/badge.svg": {typeSVG, true},
		"/badge/web/uptime.svg": {typeSVG, true}, "/badge/web/api/uptime.svg?days=7": {typeSVG, true},
		"/feed.atom?major=true": {typeAtom, true}, "/feed.rss?service=web": {typeRSS, true},
	}
	delete(all, "/subscribe.")
	for path, r := range newRoutes() {
		all[path] = want{r.contentType, r.anyOrigin}
	}
	for path, want := range all {
		w := ask(public, http.MethodGet, path)
		require.Equal(t, http.StatusOK, w.Code, path)
		require.Equal(t, want.contentType, w.Header().Get("Content-Type"), path)
		require.Equal(t, want.anyOrigin, w.Header().Get("Access-Control-Allow-Origin") == "*", path)
		require.Equal(t, "no-cache", w.Header().Get("Cache-Control"), path)
		require.Equal(t, strconv.Itoa(w.Body.Len()), w.Header().Get("Content-Length"), path)
		require.NotEmpty(t, w.Body.String(), path)

		head := ask(public, http.MethodHead, path)
		require.Equal(t, http.StatusOK, head.Code, path)
		require.Zero(t, head.Body.Len(), path)
		require.Equal(t, w.Header(), head.Header(), path)

		again := ask(public, http.MethodGet, path, "If-None-Match", w.Header().Get("ETag"))
		require.Equal(t, http.StatusNotModified, again.Code, path)
		require.Zero(t, again.Body.Len(), path)
		require.Equal(t, w.Header().Get("Vary"), again.Header().Get("Vary"), path)

		if path != "/" && !strings.Contains(path, "?") {
			require.Equal(t, w.Body.String(), ask(public, http.MethodGet, path+"/").Body.String(), "clients add a slash")
			require.Equal(t, w.Body.String(), ask(public, http.MethodGet, "/"+path).Body.String(), "or two")
		}
		post := ask(public, http.MethodPost, path)
		require.Equal(t, http.StatusMethodNotAllowed, post.Code, path)
		require.Equal(t, "GET, HEAD", post.Header().Get("Allow"), path)
	}
}

// However a path is escaped, it is drawn once.
func TestOnePathIsDrawnOnce(t *testing.T) {
	t.Parallel()
	var drawn counting
	g := newGallery(newStudio(2, drawn.add, quiet()))
	reading := readingOf(status.Healthy)
	g.show(settingsOf(t, nil), &knowledge{reading: reading, layout: reading.Layout}, &contents{known: true})
	for _, same := range [][]string{
		{"/services/web", "/services/%77eb", "/services/w%65b", "/service%73/web", "/services/%77%65%62/"},
		{"/badge/web/api.svg", "/badge/%77eb/api.svg", "/badge/web/api%2Esvg", "/badge/web/api.svg?style=none"},
		{"/badge/web/uptime.svg", "/badge/web/%75ptime.svg?days=90"},
	} {
		before := drawn.count()
		for _, path := range same {
			require.Equal(t, http.StatusOK, ask(g.shown.Load().sites[0], http.MethodGet, path).Code, path)
		}
		require.Equal(t, before+1, drawn.count(), same)
	}
}

func TestUnknownPaths(t *testing.T) {
	t.Parallel()
	public := visitors(t, readingOf(status.Healthy)).Public()
	for _, path := range []string{
		"/metrics", "/-/healthy", "/-/ready", "/config", "/debug/pprof/", "/assets/", "/assets/page.css", "/status", "/prometheus/api/v1/query",
		"/admin", "/admin/", "/admin/login", "/login", "/logout", "/incidents/none", "/maintenance/none", "/services/none", "/history/1999-01", "/history/x",
		"/badge/none.svg", "/badge/web/none.svg", "/badge/web", "/badge/web/uptime.svg?days=1000", "/badge/web/uptime.svg?days=x", "/badge/web/uptime.svg?days=", "/badge/web/api/x/uptime.svg", "/badge/.svg",
		"/feed.atom?service=none", "/incidents/", "/services/%2e%2e", "/services/..%2f..%2fetc%2fpasswd", "/assets/..%2f..%2fgo.mod", "/%2e%2e/%2e%2e/etc/passwd",
		"/services/web/x", "/services/%zz",
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.URL.Path, r.URL.RawPath = path, ""
		if u, err := r.URL.Parse(path); err == nil {
			r.URL = u
		}
		w := httptest.NewRecorder()
		public.ServeHTTP(w, r)
		require.Equal(t, http.StatusNotFound, w.Code, path)
		require.Contains(t, w.Body.String(), "There is no such page", path)
		require.NotEmpty(t, w.Header().Get("Content-Security-Policy"), path)
	}
}

func TestAssetsAreKeptForEver(t *testing.T) {
	t.Parallel()
	s := siteOf(t, status.Healthy)
	for _, a := range view.Assets() {
		w := ask(s, http.MethodGet, a.Path)
		require.Equal(t, http.StatusOK, w.Code)
		require.Equal(t, a.ContentType, w.Header().Get("Content-Type"))
		require.Equal(t, "public, max-age=31536000, immutable", w.Header().Get("Cache-Control"))
	}
}

func TestCodings(t *testing.T) {
	t.Parallel()
	s := siteOf(t, status.Healthy)
	whole := ask(s, http.MethodGet, "/")
	for header, want := range map[string]string{
		"gzip": "gzip", "br, gzip;q=0.5": "br", "*": "br", "GZIP": "gzip", "br;q=0.1, *;q=0.5": "zstd", "gzip, deflate, br, zstd": "br",
		"zstd, gzip": "zstd", "x-gzip": "gzip", "gzip;q=1, br;q=0.9": "gzip",
		"": "", "gzip;q=0": "", "gzip; q=0.000": "", "deflate": "", "identity": "", "gzip;q=x": "", "gzip;q=2": "", "br;q=NaN": "",
	} {
		w := ask(s, http.MethodGet, "/", "Accept-Encoding", header)
		require.Equal(t, want, w.Header().Get("Content-Encoding"), header)
		require.Contains(t, varies(w), "Accept-Encoding")
		require.Equal(t, whole.Header().Get("ETag"), w.Header().Get("ETag"))
		require.Equal(t, strconv.Itoa(w.Body.Len()), w.Header().Get("Content-Length"))
		if want != "" {
			require.Less(t, w.Body.Len(), whole.Body.Len()/2)
		}
		require.Equal(t, whole.Body.String(), unpacked(t, want, w.Body), header)
	}
	require.Empty(t, ask(s, http.MethodGet, "/status/text", "Accept-Encoding", "gzip").Header().Get("Content-Encoding"), "one word is not worth it")
}

func unpacked(t *testing.T, coding string, in io.Reader) string {
	t.Helper()
	var err error
	switch coding {
	case "gzip":
		in, err = gzip.NewReader(in)
		require.NoError(t, err)
	case "br":
		in = brotli.NewReader(in)
	case "zstd":
		z, err := zstd.NewReader(in)
		require.NoError(t, err)
		defer z.Close()
		in = z
	}
	out, err := io.ReadAll(in)
	require.NoError(t, err)
	return string(out)
}

// varies returns what of a request the answer depends on.
func varies(w *httptest.ResponseRecorder) []string {
	return strings.Split(w.Header().Get("Vary"), ", ")
}

func FuzzNegotiate(f *testing.F) {
	f.Add("gzip;q=0.5, *;q=0")
	f.Fuzz(func(t *testing.T, header string) {
		c := negotiate(header)
		if c != plainly && !strings.Contains(header, "*") && !strings.Contains(strings.ToLower(header), c.String()) {
			t.Errorf("%q does not take %s", header, c)
		}
	})
}

func TestIfNoneMatch(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]bool{
		`W/"a"`: true, `"a"`: true, `"b", W/"a"`: true, "*": true, `"b"`: false, "": false, "a": false,
	} {
		require.Equal(t, want, matches([]string{header}, `W/"a"`), header)
	}
	require.False(t, matches(nil, `W/"a"`))
}

func TestETagFollowsTheContent(t *testing.T) {
	t.Parallel()
	healthy, dead := siteOf(t, status.Healthy), siteOf(t, status.Dead)
	for _, path := range []string{"/", "/status/text", "/badge/web.svg", "/api/v2/status.json"} {
		require.NotEqual(t, ask(healthy, http.MethodGet, path).Header().Get("ETag"), ask(dead, http.MethodGet, path).Header().Get("ETag"), path)
	}
}

// What is asked for by many at once is drawn once, and what stays the same keeps its bytes.
func TestEachIsDrawnOnce(t *testing.T) {
	t.Parallel()
	var drawn counting
	g := newGallery(newStudio(2, drawn.add, quiet()))
	s, k := settingsOf(t, nil), &knowledge{reading: readingOf(status.Healthy)}
	g.show(s, k, &contents{})
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() { ask(g.shown.Load().sites[0], http.MethodGet, "/") })
	}
	all.Wait()
	require.Equal(t, 1, drawn.count())
	first := g.shown.Load().sites[0]
	ask(first, http.MethodGet, "/status/text")
	require.Equal(t, 2, drawn.count())

	g.show(s, k, &contents{})
	require.Equal(t, 3, drawn.count(), "the front page is drawn before anybody asks")
	second := g.shown.Load().sites[0]
	ask(second, http.MethodGet, "/status/text")
	key := resourceKey{name: "/status/text", language: "en"}
	require.Same(t, first.cache.young[key].done.Load(), second.cache.young[key].done.Load())
}

type counting struct {
	mu sync.Mutex
	n  int
}

func (c *counting) add() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
}

func (c *counting) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}

// What does not exist is not kept, or anybody could fill the memory.
func TestNothingIsKeptOfWhatIsNotThere(t *testing.T) {
	t.Parallel()
	s := siteOf(t, status.Healthy)
	for i := range 100 {
		path := "/incidents/" + strconv.Itoa(i)
		require.Equal(t, http.StatusNotFound, ask(s, http.MethodGet, path).Code)
	}
	require.Len(t, s.cache.young, 1, "but the page that says so")
}

func TestLanguages(t *testing.T) {
	t.Parallel()
	s := siteOf(t, status.Healthy)
	in := func(path, header string) string {
		_, rest, found := strings.Cut(ask(s, http.MethodGet, path, "Accept-Language", header).Body.String(), `lang="`)
		require.True(t, found)
		tag, _, _ := strings.Cut(rest, `"`)
		return tag
	}
	require.Equal(t, "de", in("/", "de-AT, en;q=0.5"))
	require.Equal(t, "en", in("/", ""))
	require.Equal(t, "fr", in("/?lang=fr", "de"))
	require.Equal(t, "de", in("/?lang=xx", "de"))
	require.Contains(t, varies(ask(s, http.MethodGet, "/")), "Accept-Language")
	require.NotContains(t, varies(ask(s, http.MethodGet, "/?lang=fr")), "Accept-Language")
	require.NotContains(t, varies(ask(s, http.MethodGet, "/feed.atom")), "Accept-Language", "one feed for all")

	require.Contains(t, ask(s, http.MethodGet, "/?lang=fr").Body.String(), `href="/history?lang=fr"`, "the choice lasts")
	require.Contains(t, ask(s, http.MethodGet, "/", "Accept-Language", "fr").Body.String(), `href="/history"`, "the browser will say so again")

	s = siteOf(t, status.Healthy, func(c *config.Config) { c.Language = "nl" })
	require.Equal(t, "nl", in("/?lang=fr", "de"), "the page is of one language")
}

func TestMarkdownForThoseWhoAskForIt(t *testing.T) {
	t.Parallel()
	s := siteOf(t, status.Healthy)
	require.Equal(t, typeMarkdown, ask(s, http.MethodGet, "/", "Accept", "text/markdown, */*;q=0.1").Header().Get("Content-Type"))
	require.Equal(t, typeHTML, ask(s, http.MethodGet, "/", "Accept", "text/html, text/markdown;q=0.5").Header().Get("Content-Type"))
	require.Contains(t, varies(ask(s, http.MethodGet, "/")), "Accept")
}

func TestHiddenTargetsAreServedNowhere(t *testing.T) {
	t.Parallel()
	s := siteOf(t, status.Dead)
	paths := []string{"/services/web", "/badge/web/api.svg", "/none"}
	for path := range newRoutes() {
		paths = append(paths, path)
	}
	for _, path := range paths {
		require.NotContains(t, ask(s, http.MethodGet, path).Body.String(), "secret.example.com", path)
	}
}

func BenchmarkVisit(b *testing.B) {
	s := visitors(b, readingOf(status.Healthy)).Public()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Accept-Encoding", "gzip")
	b.ReportAllocs()
	for b.Loop() {
		s.ServeHTTP(httptest.NewRecorder(), r)
	}
}

// TestVersion: figures alone change it once a minute, everything else at once.
func TestVersion(t *testing.T) {
	t.Parallel()
	p := siteOf(t, status.Healthy).page
	v := versionOf(p)
	p.Built = p.Built.AddDate(0, 0, 1)
	require.Equal(t, v, versionOf(p))
	p.AsOf = p.AsOf.Truncate(figuresEvery).Add(figuresEvery)
	require.NotEqual(t, v, versionOf(p))
	v = versionOf(p)
	p.ReadOnly = true
	require.NotEqual(t, v, versionOf(p))
	require.NotEqual(t, versionOf(siteOf(t, status.Dead).page), versionOf(siteOf(t, status.Sick).page))
	require.False(t, bytes.Contains([]byte(v), []byte("\n")))
}
