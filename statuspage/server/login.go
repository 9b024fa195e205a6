// SPDX-License-Identifier: Apache-2.0

package server

import (
	"io"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/pharos-status/pharos/statuspage/view"
)

// How often one address, and all together, may try a password.
const (
	triesOfOne      = 10
	tryAgainAfter   = 6 * time.Second
	triesOfAll      = 200
	allTryAgain     = 100 * time.Millisecond
	parallelHashing = 1 // a slow hash takes a core, by design
)

// A doorkeeper bounds how often passwords and tokens are tried.
type doorkeeper struct {
	one, all *limiter // of passwords
	tokens   *limiter
	hashing  chan struct{}
}

func newDoorkeeper() *doorkeeper {
	return &doorkeeper{
		newLimiter(tryAgainAfter, triesOfOne), newLimiter(allTryAgain, triesOfAll), newLimiter(tryAgainAfter, triesOfOne), make(chan struct{}, parallelHashing),
	}
}

// passes lets a visitor of a private page in, or answers.
func (s *Server) passes(v *visit) bool {
	g := v.site.face.gate
	switch path := strings.TrimSuffix(v.r.URL.Path, "/"); {
	case path == "/login" && !g.passwordless():
		s.sameOrigin.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { s.serveLogin(v) })).ServeHTTP(v.w, v.r)
		return false
	case path == "/logout":
		s.sameOrigin.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { serveLogout(v) })).ServeHTTP(v.w, v.r)
		return false
	case path == "/robots.txt", byToken(path), v.site.studio.assets[path] != nil:
		return true // which tell nothing, or only to those who know
	case g.admits(v.r):
		return true
	}
	if _, password, ok := v.r.BasicAuth(); ok && !g.passwordless() {
		right, wait := s.try(v, password)
		if wait > 0 {
			tooMany(v.w, http.StatusTooManyRequests, wait)
			return false
		}
		if right {
			return true
		}
	}
	turnAway(v)
	return false
}

// try tells whether the password is right, unless there were too many that were not:
// then it returns how long to wait.
func (s *Server) try(v *visit, password string) (right bool, wait time.Duration) {
	var everyone netip.Addr // no address of its own
	wait, ok := s.door.one.allow(v.address())
	if ok {
		wait, ok = s.door.all.allow(everyone)
	}
	if !ok {
		s.metrics.logins.WithLabelValues("limited").Inc()
		return false, max(wait, time.Second)
	}
	s.door.hashing <- struct{}{}
	right = v.site.face.gate.opens(password)
	<-s.door.hashing
	if !right {
		s.metrics.logins.WithLabelValues("refused").Inc()
		return false, 0
	}
	s.metrics.logins.WithLabelValues("admitted").Inc()
	s.door.one.giveBack(v.address())
	s.door.all.giveBack(everyone)
	return true, 0
}

// tryToken is the [api.Try] of the manager API.
func (s *Server) tryToken(r *http.Request, right func() bool) (ok bool, wait time.Duration) {
	from := s.settings.Load().proxies.Address(r)
	if wait, ok = s.door.tokens.allow(from); !ok {
		s.metrics.limited.Inc()
		return false, max(wait, time.Second)
	}
	if !right() {
		return false, 0
	}
	s.door.tokens.giveBack(from)
	return true, 0
}

// serveLogin shows the form, and takes it.
func (s *Server) serveLogin(v *visit) {
	if !v.takes("GET, HEAD, POST", http.MethodGet, http.MethodHead, http.MethodPost) {
		return
	}
	if v.r.Method != http.MethodPost {
		v.login(http.StatusOK, false, within(v.r.URL.Query().Get("next")))
		return
	}
	if !v.form() {
		return
	}
	next := within(v.r.PostForm.Get("next"))
	right, wait := s.try(v, v.r.PostForm.Get("password"))
	switch {
	case wait > 0:
		v.later(wait)
	case !right:
		v.login(http.StatusForbidden, true, next)
	default:
		setCookie(v.w, v.site.face.gate.cookie(v.secure))
		http.Redirect(v.w, v.r, next, http.StatusSeeOther)
	}
}

// login asks for the password.
func (v *visit) login(code int, failed bool, next string) {
	v.show(code, func(w io.Writer, o view.Options) error {
		return view.Login(w, v.site.face.blank(), failed, next, o)
	})
}

func serveLogout(v *visit) {
	if v.takes("POST", http.MethodPost) {
		setCookie(v.w, emptyCookie(v.secure))
		http.Redirect(v.w, v.r, "/login", http.StatusSeeOther)
	}
}

// setCookie adds a cookie to the answer, which then is nobody else's.
func setCookie(w http.ResponseWriter, c *http.Cookie) {
	http.SetCookie(w, c)
	w.Header().Set("Cache-Control", "no-store")
}
