// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"crypto/subtle"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/pharos-status/pharos/statuspage/config"
)

// maxBody bounds a request, in bytes: the longest text of characters that take twelve
// bytes each once they are encoded, twice over, and a few hundred components.
const maxBody = 512 << 10

// A page answers a request of an operator. An error is shown to them; see [Admin.fail].
type page func(w http.ResponseWriter, r *http.Request, v *visit) error

// A visit is who is asking.
type visit struct {
	user    string
	token   token // of their cookie
	proxied bool  // a proxy has authenticated them
	secure  bool
	config  *config.Config
}

// formToken returns what the visitor's forms carry.
func (v *visit) formToken() string { return v.token.formToken(v.user) }

// protect sets what holds for every answer: nothing of it is kept, framed, or able to
// run or load what is not in the page.
func (a *Admin) protect(next http.Handler) http.Handler {
	policy := contentPolicy()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Cache-Control", "no-store")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("X-Robots-Tag", "noindex, nofollow")
		h.Set("Vary", "Cookie")
		c := a.Config()
		if secure(c, r) {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		if !c.Admin.Enabled() {
			a.problem(w, &visit{config: c}, problem{
				Code: http.StatusNotFound, Title: "Nobody can log in yet",
				Text: "Name the operators in statuspage.yml, under admin: users, or the header of a proxy that authenticates them, under admin: proxy; then reload.",
			})
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}

// known lets operators in, and sends others to the login. What they send must come
// from a form of ours.
func (a *Admin) known(next page) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, err := a.visitor(w, r)
		switch {
		case errors.Is(err, errNoSession):
			a.askToLogIn(w, r, v)
			return
		case err != nil:
			a.fail(w, r, v, err)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			if err := readForm(r); err != nil {
				a.fail(w, r, v, err)
				return
			}
			got := r.PostForm.Get("csrf")
			if subtle.ConstantTimeCompare([]byte(got), []byte(v.formToken())) != 1 {
				a.resume(w, r, v, http.StatusForbidden, "This form was no longer valid", "You have logged in anew since it was opened. Nothing was changed; what you typed is kept, and can be sent again.")
				return
			}
		}
		if err := next(w, r, v); err != nil {
			a.fail(w, r, v, err)
		}
	})
}

// visitor tells who is asking; the error wraps errNoSession if it is nobody.
func (a *Admin) visitor(w http.ResponseWriter, r *http.Request) (*visit, error) {
	c := a.Config()
	v := &visit{config: c, secure: secure(c, r)}
	t, user, err := readCookie(r, v.secure)
	if name := proxied(c.Admin.Proxy, r); name != "" && validName(name) {
		v.user, v.proxied, v.token = name, true, t
		if err != nil || user != name {
			// The proxy vouches for the user; the cookie is for the forms alone.
			v.token = newToken()
			writeCookie(w, v.secure, v.token.cookieValue(name), time.Duration(c.Admin.SessionTimeout))
		}
		return v, nil
	}
	if err != nil {
		return v, err
	}
	u := c.Admin.User(user)
	if u == nil {
		return v, errNoSession
	}
	if err := a.sessions.find(r.Context(), t, user, u.Password); err != nil {
		return v, err
	}
	v.user, v.token = user, t
	return v, nil
}

// validName tells whether a name may stand in the journal.
func validName(name string) bool {
	return len(name) <= 200 && utf8.ValidString(name) && !strings.ContainsFunc(name, unicode.IsControl)
}

// readForm reads the body, which must be a form.
func readForm(r *http.Request) error {
	err := r.ParseForm()
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		return problem{Code: http.StatusRequestEntityTooLarge, Title: "That is too much", Text: "What was sent is larger than 512 KiB. Nothing was changed."}
	}
	if err != nil {
		return problem{Code: http.StatusBadRequest, Title: "The form is not readable", Text: "What was sent is no form, or broke off. Nothing was changed."}
	}
	// Browsers end the lines of a text by CR LF.
	for _, values := range r.PostForm {
		for i, v := range values {
			values[i] = strings.ReplaceAll(v, "\r\n", "\n")
		}
	}
	return nil
}

func (a *Admin) denyCrossOrigin(w http.ResponseWriter, _ *http.Request) {
	a.problem(w, &visit{config: a.Config()}, problem{
		Code: http.StatusForbidden, Title: "Not from here",
		Text: "The request came from another site, so nothing was done. If it was you, open these pages and send it from there.",
	})
}

// local returns where to go after the login: a page of ours, the overview if next is
// none.
func local(next string) string {
	const overview = "/admin/"
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" ||
		!strings.HasPrefix(u.Path, overview) || strings.ContainsAny(u.Path, "\\") ||
		slices.ContainsFunc(strings.Split(u.Path, "/")[1:], func(part string) bool { return part == "." || part == ".." }) ||
		strings.Contains(u.Path, "//") || strings.HasPrefix(u.Path, "/admin/log") {
		return overview
	}
	return (&url.URL{Path: u.Path, RawQuery: u.Query().Encode()}).String()
}
