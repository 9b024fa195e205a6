// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/format"
	"github.com/pharos-status/pharos/statuspage/view"
	"github.com/pharos-status/pharos/statuspage/words"
)

// A site is one page at one moment, and what has been drawn of it: everything when it is
// first asked for. A site is replaced as a whole when its page is built
// anew. It is safe for concurrent use.
type site struct {
	page    statuspage.Page
	version string   // changes when a visitor should see the page anew
	timing  []string // the version as a header, for the script of the page, which compares it with what events say
	face    *face
	studio  *studio
	cache   *cache

	until   time.Time              // when a copy of the page is too old to be believed
	unknown func() statuspage.Page // what is true from then on
}

// A studio is what all sites share.
type studio struct {
	routes    routes
	notFound  *route
	assets    map[string]*resource
	languages *languages
	shared    []header      // of what scripts of other sites may read
	easels    chan struct{} // bounds how much is drawn at the same time
	rendered  func()        // called after each drawing
	log       *slog.Logger
}

func newStudio(parallel int, rendered func(), log *slog.Logger) *studio {
	s := &studio{
		routes: newRoutes(), notFound: notFound(), assets: map[string]*resource{}, languages: newLanguages(),
		shared: []header{{"Access-Control-Allow-Origin", []string{"*"}}, {"Cross-Origin-Resource-Policy", []string{"cross-origin"}}},
		easels: make(chan struct{}, parallel), rendered: rendered, log: log,
	}
	for _, a := range view.Assets() {
		s.assets[a.Path] = newResource(nil, a.Body, a.ContentType)
	}
	return s
}

// newSite returns the site of a page that was built, after the one before, which may
// be nil.
func newSite(p statuspage.Page, f *face, s *studio, before *site) *site {
	var old *cache
	if before != nil {
		old = before.cache
	}
	next := &site{page: p, version: versionOf(p), face: f, studio: s, cache: newCache(f.room, old)}
	next.timing = []string{"version;desc=" + next.version}
	return next
}

// warm draws the front page in the languages and forms in which it was asked for
// before, so that no visitor waits for it.
func (s *site) warm(before *site) {
	if before == nil {
		return
	}
	for k, e := range before.cache.entries(func(k resourceKey) bool { return k.name == frontPage }) {
		r, err := s.resource(s.studio.routes[frontPage], k, plainly)
		if err != nil {
			continue // a visitor will meet it, and the log
		}
		for c := range coding(codings) {
			if e.used[c].Load() {
				r.form(c)
			}
		}
	}
}

// ServeHTTP answers for what is drawn of the page. Headers that all answers have are
// set.
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.EscapedPath()
	if len(path) > 1 {
		path = strings.TrimSuffix(path, "/")
	}
	if asset, ok := s.studio.assets[path]; ok {
		if allows(w, r) {
			w.Header()["Cache-Control"] = []string{cacheForever}
			asset.serve(w, r, http.StatusOK, 0)
		}
		return
	}
	var vary variance
	if path == "/" {
		vary |= byAccept
		if wantsMarkdown(r) {
			path = "/index.md"
		}
	}
	found, ok := s.studio.routes.find(path, r.URL.RawQuery)
	if !ok {
		s.serveNotFound(w, r)
		return
	}
	if allows(w, r) {
		s.serve(w, r, found, http.StatusOK, vary)
	}
}

// wantsMarkdown tells whether the client would rather read the front page as Markdown.
func wantsMarkdown(r *http.Request) bool {
	accept := r.Header.Get("Accept")
	return strings.Contains(accept, "text/markdown") && !strings.Contains(accept, "text/html")
}

// allows tells whether the request only reads, and refuses it otherwise.
func allows(w http.ResponseWriter, r *http.Request) bool {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return true
	}
	w.Header().Set("Allow", "GET, HEAD")
	plain(w, http.StatusMethodNotAllowed, "only GET and HEAD are served here")
	return false
}

func (s *site) serveNotFound(w http.ResponseWriter, r *http.Request) {
	s.serve(w, r, target{s.studio.notFound, "404"}, http.StatusNotFound, 0)
}

func (s *site) serve(w http.ResponseWriter, r *http.Request, t target, code int, vary variance) {
	key := resourceKey{name: t.name}
	var asked bool
	if key.language, key.chosen, asked = s.language(r, t.route); asked {
		vary |= byLanguage
	}
	res, err := s.resource(t.route, key, negotiate(r.Header.Get("Accept-Encoding")))
	switch {
	case errors.Is(err, view.ErrNotThere), errors.Is(err, format.ErrNotThere):
		s.serveNotFound(w, r)
		return
	case err != nil:
		s.studio.log.Error("The page can't be drawn", "path", t.name, "err", err)
		plain(w, http.StatusInternalServerError, "not available") // better no status than a wrong one
		return
	}
	w.Header()["Cache-Control"] = s.face.caching
	if t.contentType == typeHTML {
		w.Header()["Server-Timing"] = s.timing
	}
	if t.anyOrigin && s.face.gate == nil {
		setHeaders(w, s.studio.shared)
	}
	res.serve(w, r, code, vary)
}

// language returns the one to draw in, whether the visitor chose it for pages to come,
// and whether their browser was asked: that of the page, else that of the query, else
// that of the browser where the route follows it, else English.
func (s *site) language(r *http.Request, t *route) (tag string, chosen, asked bool) {
	if s.face.language != "" {
		return s.face.language, false, false
	}
	if !t.negotiated && r.URL.RawQuery == "" {
		return defaultLanguage, false, false
	}
	tag, asked = s.studio.languages.of(r)
	if asked && !t.negotiated {
		return defaultLanguage, false, false
	}
	return tag, !asked && t.contentType == typeHTML, asked
}

// defaultLanguage is that of a page and a visitor who name none.
const defaultLanguage = "en"

// resource returns what is drawn of a route. It is drawn once, unless it is forgotten
// meanwhile; an error is not kept.
func (s *site) resource(t *route, key resourceKey, c coding) (*resource, error) {
	e := s.cache.entry(key, func() *entry {
		e := &entry{}
		e.draw = sync.OnceValues(func() (*resource, error) { return s.draw(t, key, e) })
		return e
	})
	e.used[c].Store(true)
	r, err := e.draw()
	if err != nil {
		s.cache.forget(key, e)
	}
	return r, err
}

func (s *site) draw(t *route, key resourceKey, e *entry) (*resource, error) {
	s.studio.easels <- struct{}{}
	defer func() { <-s.studio.easels }()
	var b bytes.Buffer
	if err := t.draw(&b, s.drawing(key.language, key.chosen)); err != nil {
		return nil, fmt.Errorf("draw %s: %w", key.name, err)
	}
	s.studio.rendered()
	r := newResource(s.cache.earlier(key), b.Bytes(), t.contentType)
	s.cache.drawn(key, e, r)
	return r, nil
}

// drawing returns what routes draw from, in a language that the visitor may have chosen.
func (s *site) drawing(language string, chosen bool) *drawing {
	w := words.In(language)
	o := view.Options{Words: w, Live: true, Subscribe: s.face.subscribe, Chosen: chosen}
	if s.face.language == "" {
		o.Languages = s.studio.languages.tags
	}
	return &drawing{page: s.page, words: w, view: o, face: s.face}
}
