// SPDX-License-Identifier: Apache-2.0

package server

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"github.com/pharos-status/pharos/internal/configfile"
	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage/config"
)

func private(c *config.Config) {
	c.Access.Password = "open sesame"
	c.Access.SessionTimeout = model.Duration(time.Hour)
}

// logIn sends the login's form.
func logIn(h http.Handler, password, next string, headers ...string) *httptest.ResponseRecorder {
	form := url.Values{"password": {password}, "next": {next}}
	r := httptest.NewRequest(http.MethodPost, "/login", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestPrivatePageShowsNothing(t *testing.T) {
	t.Parallel()
	public := visitors(t, readingOf(status.Dead), private).Public()
	paths := []string{"/services/web", "/badge/web/api.svg", "/none", "/events", "/mcp", "/mcp/probes", "/subscribe", "/incidents/x"}
	for path := range newRoutes() {
		paths = append(paths, path)
	}
	for _, path := range paths {
		if path == "/robots.txt" {
			continue
		}
		w := ask(public, http.MethodGet, path)
		require.Equal(t, http.StatusUnauthorized, w.Code, path)
		require.Contains(t, w.Header().Get("WWW-Authenticate"), "Basic", path)
		person := ask(public, http.MethodGet, path, "Accept", "text/html")
		require.Equal(t, http.StatusSeeOther, person.Code, path)
		require.Equal(t, "/login?next="+url.QueryEscape(path), person.Header().Get("Location"), path)
		for _, w := range []*httptest.ResponseRecorder{w, person} {
			require.NotContains(t, w.Body.String(), "Programming interface", path)
			require.Equal(t, "no-store", w.Header().Get("Cache-Control"), path)
			require.Equal(t, "noindex, nofollow", w.Header().Get("X-Robots-Tag"), path)
			require.Empty(t, w.Header().Get("Access-Control-Allow-Origin"), path)
		}
	}
	form := ask(public, http.MethodGet, "/login?next=/history")
	require.Equal(t, http.StatusOK, form.Code)
	require.Contains(t, form.Body.String(), `value="/history"`)
	require.NotContains(t, form.Body.String(), "Programming interface")
	require.Contains(t, ask(public, http.MethodGet, "/robots.txt").Body.String(), "Disallow: /\n")
}

func TestLogin(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{"open sesame", hashOf(t, "open sesame")} {
		public := visitors(t, readingOf(status.Healthy), private, func(c *config.Config) { c.Access.Password = configfile.Secret(secret) }).Public()
		wrong := logIn(public, "open", "/")
		require.Equal(t, http.StatusForbidden, wrong.Code)
		require.Empty(t, wrong.Result().Cookies())

		w := logIn(public, "open sesame", "/history?x=1")
		require.Equal(t, http.StatusSeeOther, w.Code)
		require.Equal(t, "/history?x=1", w.Header().Get("Location"))
		require.Len(t, w.Result().Cookies(), 1)
		c := w.Result().Cookies()[0]
		require.Equal(t, plainCookie, c.Name)
		require.True(t, c.HttpOnly)
		require.False(t, c.Secure)
		require.Equal(t, http.SameSiteLaxMode, c.SameSite)
		require.Equal(t, 3600, c.MaxAge)

		page := ask(public, http.MethodGet, "/", "Cookie", c.Name+"="+c.Value)
		require.Equal(t, http.StatusOK, page.Code)
		require.Equal(t, "private, no-cache", page.Header().Get("Cache-Control"))
		require.Contains(t, page.Body.String(), "Programming interface")
		require.Empty(t, ask(public, http.MethodGet, "/status/text", "Cookie", c.Name+"="+c.Value).Header().Get("Access-Control-Allow-Origin"))

		for _, other := range []string{"", c.Value[:len(c.Value)-2] + "AA", "BBBB" + c.Value[4:], "!"} {
			require.Equal(t, http.StatusUnauthorized, ask(public, http.MethodGet, "/", "Cookie", c.Name+"="+other).Code)
		}
	}
}

func hashOf(t *testing.T, password string) string {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	require.NoError(t, err)
	return string(hash)
}

func TestLoginBehindTLS(t *testing.T) {
	t.Parallel()
	public := visitors(t, readingOf(status.Healthy), private).Public()
	r := httptest.NewRequest(http.MethodPost, "https://status.example.com/login", strings.NewReader("password=open+sesame"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	public.ServeHTTP(w, r)
	require.Equal(t, secureCookie, w.Result().Cookies()[0].Name)
	require.True(t, w.Result().Cookies()[0].Secure)
	require.Equal(t, transportSecurity, w.Header().Get("Strict-Transport-Security"))
}

func TestLogout(t *testing.T) {
	t.Parallel()
	public := visitors(t, readingOf(status.Healthy), private).Public()
	w := ask(public, http.MethodPost, "/logout")
	require.Equal(t, http.StatusSeeOther, w.Code)
	require.Negative(t, w.Result().Cookies()[0].MaxAge)
	require.Equal(t, http.StatusMethodNotAllowed, ask(public, http.MethodGet, "/logout").Code)
	require.Equal(t, http.StatusForbidden, ask(public, http.MethodPost, "/logout", "Sec-Fetch-Site", "cross-site").Code)
	require.Equal(t, http.StatusForbidden, logIn(public, "open sesame", "/", "Sec-Fetch-Site", "cross-site").Code)
	require.Equal(t, http.StatusForbidden, logIn(public, "open sesame", "/", "Origin", "https://evil.example.com").Code)
}

func TestLoginLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	for next, want := range map[string]string{
		"/history": "/history", "/services/a%2Fb?x=1#y": "/services/a%2Fb?x=1#y", "": "/",
		"//evil.example.com": "/", "/\\evil.example.com": "/", "https://evil.example.com": "/", "javascript:alert(1)": "/",
		"/\t/evil.example.com": "/", "/\n/evil.example.com": "/", "evil": "/", "\\\\evil": "/", "/a\r\nSet-Cookie: x": "/",
	} {
		require.Equal(t, want, within(next), next)
		w := logIn(visitors(t, readingOf(status.Healthy), private).Public(), "open sesame", next)
		require.Equal(t, want, w.Header().Get("Location"), next)
	}
}

func TestPasswordsAreTriedSeldom(t *testing.T) {
	t.Parallel()
	s := visitors(t, readingOf(status.Healthy), private)
	public := s.Public()
	for range triesOfOne {
		require.Equal(t, http.StatusForbidden, logIn(public, "x", "/").Code)
	}
	w := logIn(public, "open sesame", "/")
	require.Equal(t, http.StatusTooManyRequests, w.Code, "also with the right one, or it could be guessed")
	require.NotEmpty(t, w.Header().Get("Retry-After"))
	require.Equal(t, http.StatusTooManyRequests, basic(public, "/", "open sesame").Code)
	r := httptest.NewRequest(http.MethodPost, "/login", strings.NewReader("password=open+sesame"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.RemoteAddr = "198.51.100.7:1"
	other := httptest.NewRecorder()
	public.ServeHTTP(other, r)
	require.Equal(t, http.StatusSeeOther, other.Code, "who sits elsewhere may")
}

func basic(h http.Handler, path, password string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.SetBasicAuth("feed reader", password)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestFeedReadersSendThePassword(t *testing.T) {
	t.Parallel()
	public := visitors(t, readingOf(status.Healthy), private).Public()
	for range 3 * triesOfOne {
		require.Equal(t, http.StatusOK, basic(public, "/feed.atom", "open sesame").Code, "the right one costs no try")
	}
	require.Equal(t, http.StatusUnauthorized, basic(public, "/feed.atom", "wrong").Code)
	require.Equal(t, http.StatusUnauthorized, basic(public, "/feed.atom", "").Code)
}

func TestProxyLetsPeopleIn(t *testing.T) {
	t.Parallel()
	public := visitors(t, readingOf(status.Healthy), func(c *config.Config) {
		c.Access.Proxy = config.Proxy{Header: "X-Forwarded-User", Trusted: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}}
	}).Public()
	code := func(from string, headers ...string) int {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = from
		for i := 0; i+1 < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		public.ServeHTTP(w, r)
		return w.Code
	}
	require.Equal(t, http.StatusOK, code("192.0.2.9:1", "X-Forwarded-User", "anna"))
	require.Equal(t, http.StatusForbidden, code("192.0.2.9:1"))
	require.Equal(t, http.StatusForbidden, code("198.51.100.1:1", "X-Forwarded-User", "anna"))
	require.Equal(t, http.StatusForbidden, code("198.51.100.1:1", "X-Forwarded-User", "anna", "X-Forwarded-For", "192.0.2.9"))

	// There is no password to be led to, or to be asked for.
	for _, path := range []string{"/", "/login", "/login?next=/", "/status/text"} {
		w := ask(public, http.MethodGet, path, "Accept", "text/html", "Authorization", "Basic OmE=")
		require.Equal(t, http.StatusForbidden, w.Code, path)
		require.Empty(t, w.Header().Get("Location"))
		require.Empty(t, w.Header().Get("WWW-Authenticate"))
		require.Contains(t, w.Body.String(), "This page is private")
		require.NotContains(t, w.Body.String(), "Programming interface")
	}

	// Nobody can sign a cookie with the password that there is not.
	g, err := newGate("main", config.Access{SessionTimeout: model.Duration(time.Hour)})
	require.NoError(t, err)
	require.Nil(t, g)
	g, err = newGate("main", config.Access{Proxy: config.Proxy{Header: "X"}, SessionTimeout: model.Duration(time.Hour)})
	require.NoError(t, err)
	require.Equal(t, http.StatusForbidden, code("198.51.100.1:1", "Cookie", g.cookie(false).String()))
	require.False(t, g.opens(""))
}

func TestCookieIsOfOnePagePasswordAndTime(t *testing.T) {
	t.Parallel()
	access := config.Access{Password: "a", SessionTimeout: model.Duration(time.Hour)}
	gateOf := func(page string, a config.Access) *gate {
		g, err := newGate(page, a)
		require.NoError(t, err)
		return g
	}
	cookie := gateOf("main", access).cookie(true).Value
	require.True(t, gateOf("main", access).signed(cookie), "also of another instance")
	require.False(t, gateOf("eu", access).signed(cookie))
	changed := access
	changed.Password = "b"
	require.False(t, gateOf("main", changed).signed(cookie))
	access.SessionTimeout = model.Duration(-time.Hour)
	require.False(t, gateOf("main", access).signed(gateOf("main", access).cookie(true).Value), "it has expired")
}
