// SPDX-License-Identifier: Apache-2.0

package admin_test

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"github.com/pharos-status/pharos/internal/configfile"
	"github.com/pharos-status/pharos/statuspage/config"
	"github.com/pharos-status/pharos/statuspage/store"
)

func (b *browser) cookie() *http.Cookie {
	b.t.Helper()
	at, err := url.Parse(b.office.web.URL + "/admin/")
	require.NoError(b.t, err)
	all := b.client.Jar.Cookies(at)
	if len(all) == 0 {
		return nil
	}
	require.Len(b.t, all, 1)
	return all[0]
}

func TestLogin(t *testing.T) {
	t.Parallel()
	o := open(t, store.Options{})
	b := o.browser()
	asked := b.get("/admin/maintenance/new?component=web")
	require.Equal(t, "/admin/login", asked.path)
	require.Equal(t, "/admin/maintenance/new?component=web", asked.query.Get("next"))

	wrong := asked.submit("/admin/login", "user", "anna", "password", "no").requireCode(http.StatusUnauthorized)
	unknown := b.get("/admin/login").submit("/admin/login", "user", "nobody", "password", "no").requireCode(http.StatusUnauthorized)
	require.Equal(t, strings.ReplaceAll(unknown.text(), "nobody", "anna"), wrong.text())
	b.get("/admin/login").submit("/admin/login", "user", "nobody", "password", "").requireCode(http.StatusUnauthorized)
	b.get("/admin/login").submit("/admin/login", "user", "", "password", "").requireCode(http.StatusUnauthorized)
	require.Nil(t, b.cookie())

	in := wrong.submit("/admin/login", "user", "anna", "password", password).requireCode(http.StatusOK)
	require.Equal(t, "/admin/maintenance/new", in.path)
	require.Equal(t, "web", in.query.Get("component"))
	require.Equal(t, "/admin/", b.get("/admin/login").path, "who is logged in need not log in")
}

func TestPasswordHash(t *testing.T) {
	t.Parallel()
	hash, err := bcrypt.GenerateFromPassword([]byte("what was hashed"), bcrypt.MinCost)
	require.NoError(t, err)
	o := open(t, store.Options{})
	o.reload(func(c *config.Config) {
		c.Admin.Users = append(c.Admin.Users[:2:2], config.User{Name: "carl", Password: configfile.Secret(hash)})
	})
	o.loggedIn("carl", "what was hashed")
	o.loggedIn("anna", password)
	for user, password := range map[string]string{"carl": string(hash), "nobody": "what was hashed", "anna": "what was hashed"} {
		o.browser().get("/admin/login").submit("/admin/login", "user", user, "password", password).requireCode(http.StatusUnauthorized)
	}
}

func TestNoOpenRedirect(t *testing.T) {
	t.Parallel()
	o := open(t, store.Options{})
	for _, next := range []string{
		"https://evil.example/admin/", "//evil.example/admin/", `/\evil.example/admin/`, `/admin/\evil.example`, "/admin//evil.example/", "/admin/../../evil",
		"javascript:alert(1)", "/", "", "admin/", "/admin", "/admin/%2e%2e/x", "http:/admin/", "/admin/login?next=/admin/", "/admin/logout", "\t//evil.example",
	} {
		b := o.browser()
		b.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		in := b.get("/admin/login?next="+url.QueryEscape(next)).submit("/admin/login", "user", "anna", "password", password, "next", next).requireCode(http.StatusSeeOther)
		require.Equal(t, "/admin/", in.header.Get("Location"), next)
	}
}

func TestSession(t *testing.T) {
	t.Parallel()
	o := open(t, store.Options{})
	b, elsewhere := o.loggedIn("anna", password), o.loggedIn("anna", password)
	bert := o.loggedIn("bert", "another long password")
	in := func(b *browser) bool { return b.get("/admin/").path == "/admin/" }

	c := b.cookie()
	require.Equal(t, "pharos_admin", c.Name)
	b.get("/admin/").submit("/admin/logout")
	require.Nil(t, b.cookie())
	require.False(t, in(b))
	b.client.Jar.SetCookies(must(url.Parse(o.web.URL+"/admin/")), []*http.Cookie{{Name: c.Name, Value: c.Value, Path: "/admin/"}})
	require.False(t, in(b), "the cookie of a session that has ended is of no use")
	require.True(t, in(elsewhere))

	b = o.loggedIn("anna", password)
	b.get("/admin/").submit("/admin/logout/everywhere")
	require.False(t, in(b))
	require.False(t, in(elsewhere))
	require.True(t, in(bert))

	o.later(12*time.Hour - time.Second)
	require.True(t, in(bert))
	o.later(time.Second)
	require.False(t, in(bert))

	b = o.loggedIn("anna", password)
	o.reload(func(c *config.Config) {
		c.Admin.Users = []config.User{{Name: "anna", Password: "a new password"}}
	})
	require.False(t, in(b), "a new password ends the sessions of the old one")
	b = o.loggedIn("anna", "a new password")
	o.reload(func(c *config.Config) { c.Admin.Users = []config.User{{Name: "bert", Password: "x"}} })
	require.False(t, in(b), "who is no longer named has no session")
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// A forged cookie, however like a real one, is nobody's.
func TestForgedCookie(t *testing.T) {
	t.Parallel()
	o := open(t, store.Options{})
	value := o.loggedIn("anna", password).cookie().Value
	mine, _, _ := strings.Cut(value, ".")
	for _, forged := range []string{"", ".", value[1:], mine + ".YmVydA", "AAAA.YW5uYQ", strings.Repeat("A", 43) + ".YW5uYQ", strings.Repeat("x", 4000), value + "A"} {
		b := o.browser()
		b.client.Jar.SetCookies(must(url.Parse(o.web.URL+"/admin/")), []*http.Cookie{{Name: "pharos_admin", Value: forged, Path: "/admin/"}})
		require.Equal(t, "/admin/login", b.get("/admin/").path, forged)
	}
}

func TestCookieAttributes(t *testing.T) {
	t.Parallel()
	o := open(t, store.Options{})
	o.reload(func(c *config.Config) { c.Admin.Proxy.Trusted = []netip.Prefix{prefix("10.0.0.0/8")} })
	log := func(change func(r *http.Request)) *http.Response {
		form := url.Values{"user": {"anna"}, "password": {password}}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/admin/login", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.RemoteAddr = "10.1.2.3:4567"
		change(r)
		w := httptest.NewRecorder()
		o.web.Config.Handler.ServeHTTP(w, r)
		return w.Result()
	}
	for name, change := range map[string]func(r *http.Request){
		"TLS":   func(r *http.Request) { r.TLS = &tls.ConnectionState{} },
		"proxy": func(r *http.Request) { r.Header.Set("X-Forwarded-Proto", "https") },
		"proxy on this machine": func(r *http.Request) {
			r.RemoteAddr = "127.0.0.1:1"
			r.Header.Set("X-Forwarded-Proto", "https")
		},
	} {
		answer := log(change)
		c := answer.Cookies()[0]
		require.Equal(t, "__Host-pharos_admin", c.Name, name)
		require.True(t, c.Secure && c.HttpOnly && c.SameSite == http.SameSiteStrictMode && c.Path == "/" && c.Domain == "" && c.MaxAge == 12*3600, c.String())
		require.NotEmpty(t, answer.Header.Get("Strict-Transport-Security"))
	}
	for name, change := range map[string]func(r *http.Request){
		"plain":          func(*http.Request) {},
		"not to believe": func(r *http.Request) { r.RemoteAddr = "192.0.2.1:1"; r.Header.Set("X-Forwarded-Proto", "https") },
	} {
		answer := log(change)
		c := answer.Cookies()[0]
		require.Equal(t, "pharos_admin", c.Name, name)
		require.True(t, !c.Secure && c.HttpOnly && c.SameSite == http.SameSiteStrictMode && c.Path == "/admin/", c.String())
		require.Empty(t, answer.Header.Get("Strict-Transport-Security"))
	}
}

func (o *office) attempt(from, user, password string) *httptest.ResponseRecorder {
	form := url.Values{"user": {user}, "password": {password}}
	r := httptest.NewRequestWithContext(o.t.Context(), http.MethodPost, "/admin/login", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.RemoteAddr = from
	w := httptest.NewRecorder()
	o.web.Config.Handler.ServeHTTP(w, r)
	return w
}

// One address that guesses has to wait, longer each time, whomever it says it is.
func TestLoginLimitByAddress(t *testing.T) {
	t.Parallel()
	o := open(t, store.Options{})
	for i := range 5 {
		require.Equal(t, http.StatusUnauthorized, o.attempt("192.0.2.1:1", fmt.Sprint("user", i), "no").Code)
	}
	var waits []string
	for range 4 {
		w := o.attempt("192.0.2.1:2", "anna", password)
		require.Equal(t, http.StatusTooManyRequests, w.Code, "even the right password has to wait")
		require.Empty(t, w.Result().Cookies())
		waits = append(waits, w.Header().Get("Retry-After"))
		o.later(must(time.ParseDuration(waits[len(waits)-1] + "s")))
		require.Equal(t, http.StatusUnauthorized, o.attempt("192.0.2.1:3", "anna", "no").Code)
	}
	require.Equal(t, []string{"1", "2", "4", "8"}, waits)
	require.Equal(t, http.StatusSeeOther, o.attempt("192.0.2.2:1", "anna", password).Code, "another address is free")
	o.later(time.Hour)
	require.Equal(t, http.StatusSeeOther, o.attempt("192.0.2.1:1", "anna", password).Code)
	// An IPv6 network is one address.
	for i := range 5 {
		o.attempt(fmt.Sprintf("[2001:db8::%d]:1", i+1), "nobody", "no")
	}
	require.Equal(t, http.StatusTooManyRequests, o.attempt("[2001:db8::ffff]:1", "anna", password).Code)
	require.Equal(t, http.StatusSeeOther, o.attempt("[2001:db8:0:1::1]:1", "anna", password).Code)
}

// Many addresses that guess one user's password have to wait, too, but never so long
// that the user is locked out.
func TestLoginLimitByUser(t *testing.T) {
	t.Parallel()
	o := open(t, store.Options{})
	for i := range 200 {
		w := o.attempt(fmt.Sprintf("192.0.2.%d:1", i), "anna", "no")
		if i < 10 {
			require.Equal(t, http.StatusUnauthorized, w.Code)
		} else if w.Code == http.StatusTooManyRequests {
			o.later(must(time.ParseDuration(w.Header().Get("Retry-After") + "s")))
		}
	}
	require.Equal(t, http.StatusTooManyRequests, o.attempt("198.51.100.1:1", "anna", password).Code)
	require.Equal(t, http.StatusSeeOther, o.attempt("198.51.100.1:1", "bert", "another long password").Code)
	o.later(time.Minute)
	require.Equal(t, http.StatusSeeOther, o.attempt("198.51.100.2:1", "anna", password).Code)
	require.Equal(t, http.StatusUnauthorized, o.attempt("198.51.100.3:1", "anna", "no").Code, "a login forgets what went wrong before")
}

// Behind a proxy, clients are told apart by what it says; what the client says itself
// is not believed.
func TestLoginLimitBehindProxy(t *testing.T) {
	t.Parallel()
	o := open(t, store.Options{})
	o.reload(func(c *config.Config) { c.Admin.Proxy.Trusted = []netip.Prefix{prefix("10.0.0.0/8")} })
	attempt := func(from, forwarded string) int {
		form := url.Values{"user": {fmt.Sprint("user", o.now().UnixNano())}, "password": {"no"}}
		o.later(time.Nanosecond)
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/admin/login", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("X-Forwarded-For", forwarded)
		r.RemoteAddr = from
		w := httptest.NewRecorder()
		o.web.Config.Handler.ServeHTTP(w, r)
		return w.Code
	}
	for i := range 5 {
		require.Equal(t, http.StatusUnauthorized, attempt("10.0.0.1:1", fmt.Sprintf("203.0.113.%d, 192.0.2.1, 10.9.9.9", i)))
		require.Equal(t, http.StatusUnauthorized, attempt("198.51.100.7:1", fmt.Sprintf("203.0.113.%d", i)))
	}
	require.Equal(t, http.StatusTooManyRequests, attempt("10.0.0.1:1", "192.0.2.1"))
	require.Equal(t, http.StatusUnauthorized, attempt("10.0.0.1:1", "192.0.2.2"))
	require.Equal(t, http.StatusTooManyRequests, attempt("198.51.100.7:1", "203.0.113.77"))
}
