// SPDX-License-Identifier: Apache-2.0

package server

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/view"
)

func siteOf(t testing.TB, s status.Status) *site {
	t.Helper()
	reading := readingOf(s)
	out, err := render(statuspage.Build(statuspage.Input{Reading: reading, Now: reading.At, StaleAfter: time.Minute}), nil)
	require.NoError(t, err)
	return out
}

func ask(h http.Handler, method, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestEveryRoute(t *testing.T) {
	t.Parallel()
	s := siteOf(t, status.Healthy)
	for path, want := range map[string][]string{
		"/":                    {typeHTML, ""},
		"/status/text":         {typeText, "*"},
		"/status/report":       {typeJSON, "*"},
		"/badge/icon":          {typeSVG, "*"},
		"/badge/color":         {typeSVG, "*"},
		"/api/v2/status.json":  {typeJSON, "*"},
		"/api/v2/summary.json": {typeJSON, "*"},
		"/robots.txt":          {typeText, ""},
	} {
		w := ask(s, http.MethodGet, path)
		require.Equal(t, http.StatusOK, w.Code, path)
		require.Equal(t, want, []string{w.Header().Get("Content-Type"), w.Header().Get("Access-Control-Allow-Origin")}, path)
		require.Equal(t, "no-cache", w.Header().Get("Cache-Control"), path)
		require.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"), path)
		require.Contains(t, w.Header().Get("Content-Security-Policy"), "default-src 'none'", path)
		require.Equal(t, strconv.Itoa(w.Body.Len()), w.Header().Get("Content-Length"), path)

		head := ask(s, http.MethodHead, path)
		require.Equal(t, http.StatusOK, head.Code, path)
		require.Zero(t, head.Body.Len(), path)
		require.Equal(t, w.Header(), head.Header(), path)

		again := ask(s, http.MethodGet, path, "If-None-Match", w.Header().Get("ETag"))
		require.Equal(t, http.StatusNotModified, again.Code, path)
		require.Zero(t, again.Body.Len(), path)
		require.Equal(t, w.Header().Get("ETag"), again.Header().Get("ETag"), path)

		if path != "/" {
			require.Equal(t, w.Body.String(), ask(s, http.MethodGet, path+"/").Body.String(), "clients add a slash")
		}
		for _, method := range []string{http.MethodPost, http.MethodDelete, http.MethodOptions} {
			w := ask(s, method, path)
			require.Equal(t, http.StatusMethodNotAllowed, w.Code, path)
			require.Equal(t, "GET, HEAD", w.Header().Get("Allow"), path)
		}
	}
}

func TestUnknownPaths(t *testing.T) {
	t.Parallel()
	s := siteOf(t, status.Healthy)
	for _, path := range []string{"/metrics", "/-/healthy", "/-/ready", "/config", "/debug/pprof/", "/assets/", "/assets/page.css", "/status", "/prometheus/api/v1/query"} {
		w := ask(s, http.MethodGet, path)
		require.Equal(t, http.StatusNotFound, w.Code, path)
		require.Contains(t, w.Body.String(), "There is no such page", path)
		w = ask(s, http.MethodGet, path, "If-None-Match", w.Header().Get("ETag"))
		require.Equal(t, http.StatusNotFound, w.Code, path)
	}
}

func TestAssetsAreKeptForEver(t *testing.T) {
	t.Parallel()
	s := siteOf(t, status.Healthy)
	page := ask(s, http.MethodGet, "/").Body.String()
	for _, a := range view.Assets() {
		w := ask(s, http.MethodGet, a.Path)
		require.Equal(t, http.StatusOK, w.Code)
		require.Equal(t, a.ContentType, w.Header().Get("Content-Type"))
		require.Equal(t, "public, max-age=31536000, immutable", w.Header().Get("Cache-Control"))
		require.Contains(t, page, a.Path)
	}
}

func TestGzip(t *testing.T) {
	t.Parallel()
	s := siteOf(t, status.Healthy)
	whole := ask(s, http.MethodGet, "/")
	for header, compressed := range map[string]bool{
		"gzip": true, "br, gzip;q=0.5": true, "*": true, "GZIP": true, "br;q=1, *;q=0.1": true,
		"": false, "gzip;q=0": false, "gzip; q=0.000, *": false, "br": false, "identity": false, "gzip;q=x": false,
	} {
		w := ask(s, http.MethodGet, "/", "Accept-Encoding", header)
		require.Equal(t, "Accept-Encoding", w.Header().Get("Vary"))
		require.Equal(t, whole.Header().Get("ETag"), w.Header().Get("ETag"))
		if !compressed {
			require.Empty(t, w.Header().Get("Content-Encoding"), header)
			require.Equal(t, whole.Body.String(), w.Body.String(), header)
			continue
		}
		require.Equal(t, "gzip", w.Header().Get("Content-Encoding"), header)
		require.Less(t, w.Body.Len(), whole.Body.Len()/2)
		in, err := gzip.NewReader(w.Body)
		require.NoError(t, err)
		var b strings.Builder
		_, err = in.WriteTo(&b)
		require.NoError(t, err)
		require.Equal(t, whole.Body.String(), b.String())
	}
	require.Empty(t, ask(s, http.MethodGet, "/status/text", "Accept-Encoding", "gzip").Header().Get("Content-Encoding"), "one word is not worth it")
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
	for path, page := range healthy.pages {
		if strings.HasPrefix(path, "/assets/") || path == "/robots.txt" {
			require.Equal(t, page.etag, dead.pages[path].etag, path)
		} else {
			require.NotEqual(t, page.etag, dead.pages[path].etag, path)
		}
	}
}

func TestUnchangedResourcesAreRenderedOnce(t *testing.T) {
	t.Parallel()
	reading := readingOf(status.Healthy)
	page := statuspage.Build(statuspage.Input{Reading: reading, Now: reading.At, StaleAfter: time.Minute})
	first, err := render(page, nil)
	require.NoError(t, err)
	second, err := render(page, first)
	require.NoError(t, err)
	require.Same(t, &first.pages["/"].compressed[0], &second.pages["/"].compressed[0])
}

func TestPolicy(t *testing.T) {
	t.Parallel()
	require.Equal(t, "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "+
		"script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' https://cdn.example.com http://a.example.com:81",
		policy(statuspage.Brand{IconURL: "https://cdn.example.com/i.png", LogoURL: "http://a.example.com:81/l.svg"}))
	require.NotContains(t, policy(statuspage.Brand{}), "unsafe-inline")
	require.Contains(t, policy(statuspage.Brand{CustomHTML: "<script>1</script>"}), "script-src 'self' 'unsafe-inline' https:")
}

func TestHiddenTargetsAreServedNowhere(t *testing.T) {
	t.Parallel()
	for path, page := range siteOf(t, status.Dead).pages {
		require.NotContains(t, string(page.body), "secret.example.com", path)
	}
}

func FuzzAcceptsGzip(f *testing.F) {
	f.Add("gzip;q=0.5, *;q=0")
	f.Fuzz(func(t *testing.T, header string) {
		if acceptsGzip(header) && !strings.Contains(strings.ToLower(header), "gzip") && !strings.Contains(header, "*") {
			t.Errorf("%q names neither", header)
		}
	})
}

func BenchmarkVisit(b *testing.B) {
	s := siteOf(b, status.Healthy)
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Accept-Encoding", "gzip")
	b.ReportAllocs()
	for b.Loop() {
		s.ServeHTTP(httptest.NewRecorder(), r)
	}
}
