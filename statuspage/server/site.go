// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/view"
)

// Content types.
const (
	typeHTML = "text/html; charset=utf-8"
	typeText = "text/plain; charset=utf-8"
	typeJSON = "application/json; charset=utf-8"
	typeSVG  = "image/svg+xml"
)

// A route is a public path and the view that is served there.
type route struct {
	path        string
	view        view.Func
	contentType string
	anyOrigin   bool // scripts of other sites may read it
}

// routes are all public paths but those of assets and of the manager API.
func routes() []route {
	return []route{
		{"/", view.HTML, typeHTML, false},
		{"/status/text", view.Text, typeText, true},
		{"/status/report", view.Report, typeJSON, true},
		{"/badge/icon", view.BadgeIcon, typeSVG, true},
		{"/badge/color", view.BadgeColor, typeSVG, true},
		{"/api/v2/status.json", view.StatusJSON, typeJSON, true},
		{"/api/v2/summary.json", view.SummaryJSON, typeJSON, true},
		{"/robots.txt", view.Robots, typeText, false},
	}
}

// A site is everything that visitors can get, rendered. It is never changed.
type site struct {
	policy   string // Content-Security-Policy
	pages    map[string]*resource
	notFound *resource
}

// render draws the page in every way there is. Resources that have not changed
// since before, which may be nil, are taken from it.
func render(p statuspage.Page, before *site) (*site, error) {
	if before == nil {
		before = brokenSite()
	}
	s := &site{policy: policy(p.Brand), pages: map[string]*resource{}}
	for _, a := range view.Assets() {
		s.pages[a.Path] = newResource(before.pages[a.Path], a.Body, a.ContentType, cacheForever)
	}
	var b bytes.Buffer
	for _, route := range routes() {
		b.Reset()
		if err := route.view(&b, p); err != nil {
			return nil, fmt.Errorf("%s: %w", route.path, err)
		}
		r := newResource(before.pages[route.path], b.Bytes(), route.contentType, cacheNever)
		r.anyOrigin = route.anyOrigin
		s.pages[route.path] = r
	}
	b.Reset()
	if err := view.NotFound(&b, p); err != nil {
		return nil, fmt.Errorf("page for what is not found: %w", err)
	}
	s.notFound = newResource(before.notFound, b.Bytes(), typeHTML, cacheNever)
	return s, nil
}

// brokenSite has nothing on it: better no status than a wrong one.
func brokenSite() *site {
	return &site{notFound: newResource(nil, []byte("not available\n"), typeText, cacheNever)}
}

// policy returns the Content-Security-Policy of the page. Everything on it comes
// from the server itself, apart from the brand's images. HTML of the operator's
// own usually brings scripts and styles that are inline or come from elsewhere, so
// it loosens the policy: whoever sets custom_html answers for what is in it.
func policy(b statuspage.Brand) string {
	const fixed = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
	if b.CustomHTML != "" {
		const inline = "'self' 'unsafe-inline' https:"
		return fixed + "script-src " + inline + "; style-src " + inline +
			"; img-src 'self' data: http: https:; font-src data: https:; connect-src 'self' https:; frame-src https:"
	}
	images := []string{"'self'"}
	for _, address := range []string{b.IconURL, b.LogoURL} {
		if u, err := url.Parse(address); err == nil && u.Host != "" {
			images = append(images, u.Scheme+"://"+u.Host)
		}
	}
	return fixed + "script-src 'self'; style-src 'self'; connect-src 'self'; img-src " + strings.Join(slices.Compact(images), " ")
}

// ServeHTTP implements [http.Handler].
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", s.policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "strict-origin-when-cross-origin")

	path := r.URL.Path
	if len(path) > 1 {
		path = strings.TrimSuffix(path, "/")
	}
	page, found := s.pages[path]
	switch {
	case !found:
		s.notFound.serve(w, r, http.StatusNotFound)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "only GET and HEAD are served here", http.StatusMethodNotAllowed)
	default:
		page.serve(w, r, http.StatusOK)
	}
}
