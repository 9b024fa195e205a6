// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bytes"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/pharos-status/pharos/statuspage/view"
	"github.com/pharos-status/pharos/statuspage/words"
)

// maxForm bounds what a form may send, in bytes.
const maxForm = 64 << 10

// How often one address, and all together, may try a password.
const (
	triesOfOne      = 10
	tryAgainAfter   = 6 * time.Second
	triesOfAll      = 200
	allTryAgain     = 100 * time.Millisecond
	parallelHashing = 1 // a slow hash takes a core, by design
)

// A doorkeeper bounds how often passwords are tried.
type doorkeeper struct {
	one, all *limiter
	hashing  chan struct{}
}

func newDoorkeeper() *doorkeeper {
	return &doorkeeper{newLimiter(tryAgainAfter, triesOfOne), newLimiter(allTryAgain, triesOfAll), make(chan struct{}, parallelHashing)}
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
	case path == "/robots.txt", v.site.studio.assets[path] != nil:
		return true // which tell nothing
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

// serveLogin shows the form, and takes it.
func (s *Server) serveLogin(v *visit) {
	v.w.Header().Set("Cache-Control", "no-store")
	switch v.r.Method {
	case http.MethodGet, http.MethodHead:
		showLogin(v, http.StatusOK, false, within(v.r.URL.Query().Get("next")))
		return
	case http.MethodPost:
	default:
		v.w.Header().Set("Allow", "GET, HEAD, POST")
		plain(v.w, http.StatusMethodNotAllowed, "the login takes GET and POST")
		return
	}
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, maxForm)
	if err := v.r.ParseForm(); err != nil {
		plain(v.w, http.StatusBadRequest, "the form can't be read")
		return
	}
	next := within(v.r.PostForm.Get("next"))
	right, wait := s.try(v, v.r.PostForm.Get("password"))
	switch {
	case wait > 0:
		tooMany(v.w, http.StatusTooManyRequests, wait)
	case !right:
		showLogin(v, http.StatusForbidden, true, next)
	default:
		setCookie(v.w, v.site.face.gate.cookie(v.secure))
		http.Redirect(v.w, v.r, next, http.StatusSeeOther)
	}
}

func showLogin(v *visit, code int, failed bool, next string) {
	var b bytes.Buffer
	page := v.site.face.blank()
	if err := view.Login(&b, page, failed, next, v.options()); err != nil {
		v.site.studio.log.Error("The login can't be drawn", "err", err)
		plain(v.w, http.StatusInternalServerError, "not available")
		return
	}
	v.w.Header().Set("Content-Type", typeHTML)
	v.w.WriteHeader(code)
	_, _ = b.WriteTo(v.w) // whoever has gone needs no answer
}

// options returns what views of this visit alone are drawn with.
func (v *visit) options() view.Options {
	tag := v.site.face.language
	o := view.Options{Live: true, Subscribe: v.site.face.subscribe}
	if tag == "" {
		tag, _ = v.site.studio.languages.of(v.r)
		o.Languages = v.site.studio.languages.tags
	}
	o.Words = words.In(tag)
	return o
}

func serveLogout(v *visit) {
	if v.r.Method != http.MethodPost {
		v.w.Header().Set("Allow", "POST")
		plain(v.w, http.StatusMethodNotAllowed, "the logout takes POST")
		return
	}
	setCookie(v.w, emptyCookie(v.secure))
	http.Redirect(v.w, v.r, "/login", http.StatusSeeOther)
}
