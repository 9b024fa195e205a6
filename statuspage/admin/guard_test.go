// SPDX-License-Identifier: Apache-2.0

package admin_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/statuspage/config"
	"github.com/pharos-status/pharos/statuspage/store"
)

// Nothing is changed by a form that is not ours, or not this session's.
func TestForgedForm(t *testing.T) {
	t.Parallel()
	o := open(t, store.Options{})
	anna, bert := o.loggedIn("anna", password), o.loggedIn("bert", "another long password")
	form := anna.get("/admin/announcements").form("/admin/announcements")
	form.Set("title", "Forged")
	form.Set("text", "Forged.")
	nothing := func() {
		all, err := o.desk.Announcements(t.Context())
		require.NoError(t, err)
		require.Empty(t, all)
	}
	for _, token := range []string{"", "x", bert.get("/admin/announcements").form("/admin/announcements").Get("csrf"), form.Get("csrf") + "A"} {
		forged := url.Values{"title": {"Forged"}, "text": {"Forged."}, "csrf": {token}}
		anna.post("/admin/announcements", forged).requireCode(http.StatusForbidden).requireText("no longer valid")
		nothing()
	}
	for header, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, o.web.URL+"/admin/announcements", strings.NewReader(form.Encode()))
		require.NoError(t, err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set(header, value)
		anna.do(r).requireCode(http.StatusForbidden).requireText("Not from here")
		nothing()
	}
	// In the address it is of no use.
	anna.post("/admin/announcements?"+form.Encode(), url.Values{}).requireCode(http.StatusForbidden)
	anna.get("/admin/announcements?" + form.Encode())
	nothing()
	anna.post("/admin/announcements", form).requireCode(http.StatusOK)
	all, err := o.desk.Announcements(t.Context())
	require.Equal(t, "Forged", only(t, all, err).Title)
}

// Every path that changes something refuses a form without its key, and asks those
// who are not logged in to do so.
func TestEveryPathIsGuarded(t *testing.T) {
	t.Parallel()
	o := open(t, store.Options{})
	b := o.loggedIn("anna", password)
	for _, path := range []string{
		"/admin/logout", "/admin/logout/everywhere", "/admin/preview/text", "/admin/preview/dates", "/admin/incidents/new", "/admin/incidents/x",
		"/admin/incidents/x/edit", "/admin/incidents/x/delete", "/admin/incidents/x/updates/y", "/admin/incidents/x/updates/y/delete",
		"/admin/maintenance/new", "/admin/maintenance/x", "/admin/maintenance/x/edit", "/admin/maintenance/x/end", "/admin/maintenance/x/skip",
		"/admin/maintenance/x/cancel", "/admin/maintenance/x/delete", "/admin/announcements", "/admin/announcements/x/delete",
		"/admin/corrections", "/admin/corrections/x/delete", "/admin/templates/new", "/admin/templates/x/delete", "/admin/subscribers/x/erase", "/admin/nothing",
	} {
		b.post(path, url.Values{"title": {"x"}, "text": {"y"}}).requireCode(http.StatusForbidden)
		o.browser().post(path, url.Values{"title": {"x"}}).requireText("Log in")
	}
	for _, path := range []string{
		"/admin/", "/admin/journal", "/admin/incidents", "/admin/incidents/new", "/admin/incidents/x", "/admin/maintenance", "/admin/announcements", "/admin/corrections",
		"/admin/templates", "/admin/subscribers", "/admin/subscribers/export", "/admin/subscribers/x/export", "/admin/nothing",
	} {
		require.Equal(t, "/admin/login", o.browser().get(path).path)
	}
	b.get("/admin/nothing").requireCode(http.StatusNotFound).requireText("There is no such page")
	b.get("/admin/incidents/x").requireCode(http.StatusNotFound)
	b.get("/admin/templates/x").requireCode(http.StatusNotFound)
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	o := open(t, store.Options{})
	b := o.loggedIn("anna", password)
	inline := regexp.MustCompile(`(?i)<[^>]+\s(style|on\w+)\s*=`)
	for _, path := range []string{"/admin/login", "/admin/", "/admin/incidents", "/admin/incidents/new", "/admin/maintenance/new", "/admin/announcements", "/admin/nothing", "/admin/preview/text"} {
		s := b.get(path)
		policy := s.header.Get("Content-Security-Policy")
		require.NotContains(t, policy, "unsafe")
		for _, want := range []string{"default-src 'none'", "script-src 'sha256-", "style-src 'sha256-", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"} {
			require.Contains(t, policy, want)
		}
		require.Equal(t, "no-store", s.header.Get("Cache-Control"))
		require.Equal(t, "nosniff", s.header.Get("X-Content-Type-Options"))
		require.Equal(t, "DENY", s.header.Get("X-Frame-Options"))
		require.Contains(t, s.header.Get("X-Robots-Tag"), "noindex")
		require.NotRegexp(t, inline, s.body, path)
	}
}

func TestTooMuch(t *testing.T) {
	t.Parallel()
	o := open(t, store.Options{})
	b := o.loggedIn("anna", password)
	form := b.get("/admin/announcements").form("/admin/announcements")
	form.Set("text", strings.Repeat("x", 600<<10))
	b.post("/admin/announcements", form).requireCode(http.StatusRequestEntityTooLarge)
	form.Set("text", strings.Repeat("😀", 20_001)) // the longest text, and a character
	form.Set("title", "x")
	require.Contains(t, b.post("/admin/announcements", form).requireCode(http.StatusUnprocessableEntity).fault("text"), "longer than 20000 characters")
	form.Set("text", "a\x00b")
	require.Contains(t, b.post("/admin/announcements", form).requireCode(http.StatusUnprocessableEntity).fault("text"), "control character")
	form.Set("text", "a\xffb")
	require.Contains(t, b.post("/admin/announcements", form).requireCode(http.StatusUnprocessableEntity).fault("text"), "UTF-8")
	b.post("/admin/announcements", url.Values{"csrf": {"%zz"}}).requireCode(http.StatusForbidden)
}

func TestNobodyMayLogIn(t *testing.T) {
	t.Parallel()
	o := open(t, store.Options{})
	o.reload(func(c *config.Config) { c.Admin = config.Admin{} })
	for _, path := range []string{"/admin/", "/admin/login", "/admin/journal"} {
		o.browser().get(path).requireCode(http.StatusNotFound).requireText("Nobody can log in yet")
	}
	require.Equal(t, http.StatusNotFound, o.attempt("192.0.2.1:1", "", "").Code)
}

// A proxy that has authenticated somebody names them in a header, which counts from
// the proxy's address alone.
func TestProxy(t *testing.T) {
	t.Parallel()
	o := open(t, store.Options{})
	o.reload(func(c *config.Config) {
		c.Admin.Users = nil
		c.Admin.Proxy = config.Proxy{Header: "X-Forwarded-User", Trusted: []netip.Prefix{prefix("10.0.0.1/32")}}
	})
	var cookies []*http.Cookie
	ask := func(method, path, from string, form url.Values, users ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.RemoteAddr = from
		for _, user := range users {
			r.Header.Add("X-Forwarded-User", user)
		}
		for _, c := range cookies {
			r.AddCookie(c)
		}
		w := httptest.NewRecorder()
		o.web.Config.Handler.ServeHTTP(w, r)
		return w
	}
	require.Equal(t, http.StatusOK, ask(http.MethodGet, "/admin/", "10.0.0.1:1", nil, "carla").Code)
	require.Equal(t, http.StatusOK, ask(http.MethodGet, "/admin/", "[::ffff:10.0.0.1]:1", nil, "carla").Code)
	for _, w := range []*httptest.ResponseRecorder{
		ask(http.MethodGet, "/admin/", "10.0.0.2:1", nil, "carla"),
		ask(http.MethodGet, "/admin/", "10.0.0.1:1", nil),
		ask(http.MethodGet, "/admin/", "10.0.0.1:1", nil, ""),
		ask(http.MethodGet, "/admin/", "10.0.0.1:1", nil, "carla", "mallory"),
		ask(http.MethodGet, "/admin/", "10.0.0.1:1", nil, strings.Repeat("x", 201)),
	} {
		require.Equal(t, http.StatusSeeOther, w.Code)
	}
	require.Contains(t, ask(http.MethodGet, "/admin/login", "10.0.0.2:1", nil).Body.String(), "through the proxy")

	w := ask(http.MethodGet, "/admin/announcements", "10.0.0.1:1", nil, "carla")
	cookies = w.Result().Cookies()
	require.Len(t, cookies, 1)
	key := regexp.MustCompile(`name="csrf" value="([^"]+)"`).FindStringSubmatch(w.Body.String())[1]
	require.Empty(t, ask(http.MethodGet, "/admin/", "10.0.0.1:1", nil, "carla").Result().Cookies(), "the cookie holds")
	form := url.Values{"title": {"Hello"}, "text": {"From behind the proxy."}, "csrf": {key}}
	require.Equal(t, http.StatusForbidden, ask(http.MethodPost, "/admin/announcements", "10.0.0.1:1", form, "dora").Code, "a form of another user")
	require.Equal(t, http.StatusSeeOther, ask(http.MethodPost, "/admin/announcements", "10.0.0.1:1", form, "carla").Code)
	require.NotEqual(t, http.StatusSeeOther, ask(http.MethodPost, "/admin/announcements", "10.0.0.9:1", form, "carla").Code)
	journal, err := o.store.Journal(t.Context(), "", 0, 10)
	require.Equal(t, "carla", only(t, journal, err).Author)
}

// Who has to log in again in the middle of a form loses nothing of it.
func TestLogInAgainInTheMiddle(t *testing.T) {
	t.Parallel()
	o := open(t, store.Options{})
	b := o.loggedIn("anna", password)
	form := b.get("/admin/incidents/new")
	o.later(13 * time.Hour)
	refused := form.submit("/admin/incidents/new", "title", "Mail is slow", "text", "One.\r\n\r\nTwo.", "components", "web/lb", "components", "mail").requireCode(http.StatusUnauthorized)
	refused.requireText("You are no longer logged in", "what you typed is kept")
	wrong := refused.submit("/admin/login", "user", "anna", "password", "oh").requireCode(http.StatusUnauthorized)
	again := wrong.submit("/admin/login", "user", "anna", "password", password).requireCode(http.StatusOK).requireText("You are logged in again", "Mail is slow")
	all, err := o.desk.Incidents(t.Context())
	require.NoError(t, err)
	require.Empty(t, all)
	again.submit("/admin/incidents/new").requireCode(http.StatusOK)
	i := o.incident()
	require.Equal(t, "One.\n\nTwo.", i.Updates[0].Text)
	require.Len(t, i.Components, 2)

	// The same if somebody has logged in anew in another window.
	form = b.get("/admin/announcements")
	b.get("/admin/").submit("/admin/logout")
	b.get("/admin/login").submit("/admin/login", "user", "anna", "password", password)
	again = form.submit("/admin/announcements", "title", "Hello", "text", "World.").requireCode(http.StatusForbidden)
	again.submit("/admin/announcements").requireText("The announcement is on the page")

	// What is to be sent again goes nowhere else.
	forged := url.Values{"user": {"anna"}, "password": {password}, "resume": {"https://evil.example/"}, "resume.title": {"x"}, "resume.csrf": {"y"}}
	s := o.browser().post("/admin/login", forged).requireCode(http.StatusOK)
	require.NotContains(t, s.body, "evil")
	require.NotContains(t, s.body, `value="y"`)
}
