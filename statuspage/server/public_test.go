// SPDX-License-Identifier: Apache-2.0

package server

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/config"
	"github.com/pharos-status/pharos/statuspage/view"
)

func TestSecurityHeaders(t *testing.T) {
	t.Parallel()
	public := visitors(t, readingOf(status.Healthy)).Public()
	for _, path := range []string{"/", "/none", "/status/text", "/badge/web.svg", "/events/../", "/history"} {
		h := ask(public, http.MethodGet, path).Header()
		policy := h.Get("Content-Security-Policy")
		require.True(t, strings.HasPrefix(policy, "default-src 'none'; base-uri 'none'; form-action 'self'; "), path)
		require.True(t, strings.HasSuffix(policy, "; frame-ancestors 'none'"), path)
		require.NotContains(t, policy, "unsafe", path)
		require.NotContains(t, policy, "http", path)
		require.Equal(t, "nosniff", h.Get("X-Content-Type-Options"), path)
		require.Equal(t, "DENY", h.Get("X-Frame-Options"), path)
		require.Equal(t, "same-origin", h.Get("Cross-Origin-Opener-Policy"), path)
		require.Equal(t, "strict-origin-when-cross-origin", h.Get("Referrer-Policy"), path)
		require.NotEmpty(t, h.Get("Permissions-Policy"), path)
		require.Empty(t, h.Get("Strict-Transport-Security"), path)
	}
}

// Everything inline is allowed by its hash, and nothing else is.
func TestPolicy(t *testing.T) {
	t.Parallel()
	scripts, styles := view.Hashes()
	got := policy(statuspage.Brand{
		IconURL: "https://cdn.example.com/i.png", LogoURL: "http://a.example.com:81/l.svg", CSPSources: []string{"https://chat.example.com"},
		CustomHTML: "<script>hello()</script><style>p{}</style><script src=\"https://evil.example.com/x.js\"></script>",
	})
	for _, want := range append(scripts, styles...) {
		require.Contains(t, got, want)
	}
	require.Contains(t, got, "'sha256-mTytrf2QssaOZNGNRT1WCtMRd3ocH8LJxQQu5qMUanU='", "of hello()")
	require.Contains(t, got, "img-src 'self' https://cdn.example.com http://a.example.com:81 https://chat.example.com")
	require.Contains(t, got, "frame-src https://chat.example.com")
	require.NotContains(t, got, "evil.example.com")
	require.NotContains(t, got, "unsafe")
}

func TestTransportSecurityBehindAProxy(t *testing.T) {
	t.Parallel()
	public := visitors(t, readingOf(status.Healthy)).Public()
	hsts := func(from string) string {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = from
		r.Header.Set("X-Forwarded-Proto", "https")
		w := httptest.NewRecorder()
		public.ServeHTTP(w, r)
		return w.Header().Get("Strict-Transport-Security")
	}
	require.Equal(t, transportSecurity, hsts("127.0.0.1:1"))
	require.Equal(t, transportSecurity, hsts("[::1]:1"))
	require.Empty(t, hsts("198.51.100.1:1"), "anybody may say so")
}

func TestHosts(t *testing.T) {
	t.Parallel()
	s := visitors(t, readingOf(status.Healthy), func(c *config.Config) {
		c.Branding.PageTitle = "The main page"
		c.Pages = []config.Page{{ID: "eu", Hosts: []string{"status.example.eu", "[::1]"}, Branding: config.Branding{PageTitle: "Europe"}}}
	})
	public := s.Public()
	for host, want := range map[string]string{
		"status.example.eu": "Europe", "STATUS.example.EU:8080": "Europe", "status.example.eu.": "Europe",
		"status.example.com": "The main page", "": "The main page", "status.example.eu.evil.com": "The main page", "a b": "The main page",
		"status.example.eu@evil": "The main page", "127.0.0.1:1": "The main page",
	} {
		w := ask(public, http.MethodGet, "/", "Host", host)
		require.Equal(t, http.StatusOK, w.Code, host)
		require.Contains(t, w.Body.String(), want, host)
	}
}

// The host of a request gets into nothing that is sent: neither caches nor mails could
// be led elsewhere by it.
func TestHostIsNeverEchoed(t *testing.T) {
	t.Parallel()
	for _, s := range []*Server{visitors(t, readingOf(status.Healthy)), visitors(t, readingOf(status.Healthy), private)} {
		public := s.Public()
		paths := []string{"/none", "/login", "/login/", "/services/web", "//", "//evil.test/..", "/badge/web.svg", "/assets"}
		for path := range newRoutes() {
			paths = append(paths, path)
		}
		for _, path := range paths {
			r := httptest.NewRequest(http.MethodGet, "http://evil.test/", nil)
			r.URL.Path = path
			r.Header.Set("X-Forwarded-Host", "evil.test")
			r.Header.Set("Forwarded", "host=evil.test")
			r.Header.Set("Accept", "text/html")
			w := httptest.NewRecorder()
			public.ServeHTTP(w, r)
			if !strings.Contains(path, "evil") {
				require.NotContains(t, w.Body.String(), "evil", path)
			}
			location := w.Header().Get("Location")
			require.False(t, strings.HasPrefix(location, "//") || strings.Contains(location, "://"), "%s: %s", path, location)
		}
	}
}

func TestPageSelectsWhatItShows(t *testing.T) {
	t.Parallel()
	now := shownOf(t, readingOf(status.Healthy), func(c *config.Config) {
		c.Pages = []config.Page{{ID: "all", Hosts: []string{"a"}}}
	})
	require.Len(t, now.byID("all").page.Services, 1)
	require.Nil(t, now.byID("none"))
}

func TestWritesAreBounded(t *testing.T) {
	t.Parallel()
	s := visitors(t, readingOf(status.Healthy))
	public := s.Public()
	for range writesAtOnce {
		require.Equal(t, http.StatusMethodNotAllowed, ask(public, http.MethodPost, "/").Code)
	}
	w := ask(public, http.MethodPost, "/")
	require.Equal(t, http.StatusTooManyRequests, w.Code)
	require.Equal(t, "1", w.Header().Get("Retry-After"))
	require.Equal(t, http.StatusOK, ask(public, http.MethodGet, "/").Code, "who reads is not bounded")
}

func TestLimiter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(time.Second, 2)
		one := netip.MustParseAddr("192.0.2.1")
		take := func(a netip.Addr) bool { _, ok := l.allow(a); return ok }
		require.True(t, take(one))
		require.True(t, take(one))
		wait, ok := l.allow(one)
		require.False(t, ok)
		require.Equal(t, time.Second, wait)
		require.True(t, take(netip.MustParseAddr("192.0.2.2")))
		time.Sleep(time.Second)
		require.True(t, take(one))
		require.False(t, take(one))
		l.giveBack(one)
		require.True(t, take(one))

		l.max = 2
		require.True(t, take(netip.MustParseAddr("192.0.2.3")), "the rest of the world is one")
		require.True(t, take(netip.MustParseAddr("192.0.2.4")))
		require.False(t, take(netip.MustParseAddr("192.0.2.5")))
		require.Len(t, l.buckets, 3)
		time.Sleep(time.Hour)
		require.True(t, take(netip.MustParseAddr("192.0.2.6")))
		require.Len(t, l.buckets, 1, "who has not come for long is forgotten")
		require.True(t, take(netip.Addr{}))
	})
}
