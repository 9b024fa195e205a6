// SPDX-License-Identifier: Apache-2.0

package server

import (
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/format"
	"github.com/pharos-status/pharos/statuspage/view"
	"github.com/pharos-status/pharos/statuspage/words"
)

// Content types.
const (
	typeHTML       = "text/html; charset=utf-8"
	typeText       = "text/plain; charset=utf-8"
	typeMarkdown   = "text/markdown; charset=utf-8"
	typeJSON       = "application/json; charset=utf-8"
	typeSVG        = "image/svg+xml"
	typePNG        = "image/png"
	typeAtom       = "application/atom+xml; charset=utf-8"
	typeRSS        = "application/rss+xml; charset=utf-8"
	typeFeed       = "application/feed+json; charset=utf-8"
	typeCalendar   = "text/calendar; charset=utf-8"
	typeXML        = "application/xml; charset=utf-8"
	typeJavaScript = "text/javascript; charset=utf-8"
)

// A drawing is what a route draws.
type drawing struct {
	page  statuspage.Page
	words *words.Words
	view  view.Options
	face  *face

	static bool // for a file, which does without a server
}

// format returns the options of a format.
func (d *drawing) format() format.Options {
	return format.Options{Words: d.words, BaseURL: strings.TrimRight(d.page.Brand.URL, "/"), Static: d.static}
}

// A drawFunc draws something. It is safe for concurrent use.
type drawFunc func(w io.Writer, d *drawing) error

// A route is something that a page is served as.
type route struct {
	draw        drawFunc
	vary        func(q url.Values) (draw drawFunc, name string) // by a query; the name is empty if nothing of it counts
	contentType string
	negotiated  bool // in the language that the visitor's browser asks for
	anyOrigin   bool // scripts of other sites may read it
}

// A target is what a request asks for.
type target struct {
	*route
	name string // its path, escaped in one way, and what counts of its query: the same for the same bytes
}

// routes are the public paths that a page is drawn for.
type routes map[string]*route

// find returns what there is at a path that is percent-encoded and has no slash at
// its end.
func (all routes) find(path, query string) (target, bool) {
	var q url.Values
	if query != "" {
		q, _ = url.ParseQuery(query) // what can't be read does not count
	}
	if fixed, ok := all[path]; ok {
		return fixed.with(path, q), true
	}
	var name strings.Builder // of which there is one however a visitor escapes it
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i, part := range parts {
		text, err := url.PathUnescape(part)
		if err != nil || text == "" {
			return target{}, false
		}
		parts[i] = text
		name.WriteString("/" + url.PathEscape(text))
	}
	switch {
	case parts[0] == "badge":
		return badge(name.String(), parts[1:], q)
	case len(parts) == 2:
		found := page(parts[0], parts[1])
		return target{found, name.String()}, found != nil
	}
	return target{}, false
}

// with returns the target of a route of a fixed path, and of what counts of its query.
func (r *route) with(path string, q url.Values) target {
	if r.vary == nil || len(q) == 0 {
		return target{r, path}
	}
	draw, name := r.vary(q)
	if name == "" {
		return target{r, path}
	}
	varied := *r
	varied.draw = draw
	return target{&varied, path + "?" + name}
}

// page returns the route of a page with a permalink, nil if there is none of its kind.
func page(kind, id string) *route {
	var draw drawFunc
	switch kind {
	case "history":
		month, err := time.Parse("2006-01", id)
		if err != nil {
			return nil
		}
		draw = func(w io.Writer, d *drawing) error { return view.History(w, d.page, month, d.view) }
	case "incidents":
		draw = func(w io.Writer, d *drawing) error { return view.Incident(w, d.page, id, d.view) }
	case "maintenance":
		draw = func(w io.Writer, d *drawing) error { return view.Maintenance(w, d.page, id, d.view) }
	case "services":
		draw = func(w io.Writer, d *drawing) error { return view.Service(w, d.page, id, d.view) }
	default:
		return nil
	}
	return &route{draw: draw, contentType: typeHTML, negotiated: true}
}

// newRoutes returns the paths that are the same on all pages.
func newRoutes() routes {
	all := formats()
	all["/"] = &route{
		draw:        func(w io.Writer, d *drawing) error { return view.Index(w, d.page, d.view) },
		contentType: typeHTML, negotiated: true,
	}
	all["/history"] = &route{
		draw:        func(w io.Writer, d *drawing) error { return view.History(w, d.page, time.Time{}, d.view) },
		contentType: typeHTML, negotiated: true,
	}
	return all
}

// notFound is drawn where there is nothing.
func notFound() *route {
	return &route{
		draw:        func(w io.Writer, d *drawing) error { return view.NotFound(w, d.page, d.view) },
		contentType: typeHTML, negotiated: true,
	}
}
