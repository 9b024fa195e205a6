// SPDX-License-Identifier: Apache-2.0

package server

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/pharos-status/pharos/internal/app"
)

// Public returns what visitors may reach: the pages with their formats and events, the
// manager API, which asks for a token, and the pages of operators if the configuration
// wants them there. None of it tells of the server's own state.
func (s *Server) Public() http.Handler {
	return app.CollapseSlashes(http.HandlerFunc(s.servePublic))
}

// A visit is a request to the public listener.
type visit struct {
	w      http.ResponseWriter
	r      *http.Request
	shown  *shown
	site   *site
	from   netip.Addr
	secure bool
}

func (s *Server) servePublic(w http.ResponseWriter, r *http.Request) {
	now := s.gallery.shown.Load()
	v := &visit{w: w, r: r, shown: now, site: now.at(r), secure: now.settings.proxies.Secure(r)}
	if v.secure {
		w.Header()["Strict-Transport-Security"] = []string{transportSecurity}
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead && !s.mayWrite(v) {
		return
	}
	if h := s.operators(r.URL.Path, now.settings); h != nil {
		h.ServeHTTP(w, r)
		return
	}
	setHeaders(w, v.site.face.headers)
	if v.site.face.gate != nil && !s.passes(v) {
		return
	}
	if !s.serveApart(v) {
		v.site.ServeHTTP(w, r)
	}
}

// address returns who is asking.
func (v *visit) address() netip.Addr {
	if !v.from.IsValid() {
		v.from = v.shown.settings.proxies.Address(v.r)
	}
	return v.from
}

// serveApart answers where it is not enough to draw the page. It returns false at all
// other paths.
func (s *Server) serveApart(v *visit) bool {
	switch path := strings.TrimSuffix(v.r.URL.Path, "/"); {
	case path == "/events":
		s.serveEvents(v)
	case asksAsModel(path):
		s.serveMCP(v)
	default:
		return s.subscriptions(v, path)
	}
	return true
}

// asksAsModel tells whether a path is one at which language models ask: ours, or Vigil's.
func asksAsModel(path string) bool {
	path = strings.TrimSuffix(path, "/")
	return path == "/mcp" || path == "/mcp/probes"
}

// serveMCP answers a language model. What it says of a private page is for no cache.
func (s *Server) serveMCP(v *visit) {
	if v.site.face.gate == nil {
		s.mcp.ServeHTTP(v.w, v.r)
		return
	}
	s.mcp.ServeHTTP(uncached{v.w}, v.r)
}

// An uncached answer is kept by nobody, whatever else the one who writes it says.
type uncached struct{ http.ResponseWriter }

func (w uncached) WriteHeader(code int) {
	w.Header().Set("Cache-Control", "no-store")
	w.ResponseWriter.WriteHeader(code)
}

// mayWrite bounds how often an address sends what changes something, or asks as
// language models do, and answers if it does so too often. Neither is in the way of
// the other.
func (s *Server) mayWrite(v *visit) bool {
	by := s.writes
	if asksAsModel(v.r.URL.Path) {
		by = s.calls
	}
	wait, ok := by.allow(v.address())
	if !ok {
		s.metrics.limited.Inc()
		tooMany(v.w, http.StatusTooManyRequests, wait)
	}
	return ok
}

func (s *Server) serveEvents(v *visit) {
	if v.r.Method != http.MethodGet {
		v.w.Header().Set("Allow", "GET")
		plain(v.w, http.StatusMethodNotAllowed, "events can only be read")
		return
	}
	leave, code := s.streams.enter(v.address())
	if code != 0 {
		s.metrics.refused.Inc()
		tooMany(v.w, code, streamsAgain)
		return
	}
	v.shown.hubs[v.site.face.id].serve(v.w, v.r, leave)
}

// streamsAgain is when one who found no room for a stream may try again.
const streamsAgain = time.Minute

// turnAway answers one who has to log in first: people are led to the login, programs
// are asked for the password. Where only a proxy lets people in there is neither.
func turnAway(v *visit) {
	h := v.w.Header()
	h.Set("Cache-Control", "no-store")
	if v.site.face.gate.passwordless() {
		v.problem(http.StatusForbidden, v.site.face.blank(), "login.title", "refused.proxy.text")
		return
	}
	if v.r.Method == http.MethodGet && strings.Contains(v.r.Header.Get("Accept"), "text/html") {
		http.Redirect(v.w, v.r, "/login?next="+url.QueryEscape(v.r.URL.RequestURI()), http.StatusSeeOther)
		return
	}
	h.Set("WWW-Authenticate", `Basic realm="Status page", charset="UTF-8"`)
	plain(v.w, http.StatusUnauthorized, "this page is private; send its password by Basic authentication, or log in at /login")
}
