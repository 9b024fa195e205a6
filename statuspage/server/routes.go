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
	typeHTML     = "text/html; charset=utf-8"
	typeText     = "text/plain; charset=utf-8"
	typeMarkdown = "text/markdown; charset=utf-8"
	typeJSON     = "application/json; charset=utf-8"
	typeSVG      = "image/svg+xml"
)

// A drawing is what a route draws.
type drawing struct {
	page  statuspage.Page
	words *words.Words
	view  view.Options
	face  *face
}

// format returns the options of a format.
func (d *drawing) format() format.Options {
	return format.Options{Words: d.words, BaseURL: strings.TrimRight(d.page.Brand.URL, "/")}
}

// A route is something that a page is served as.
type route struct {
	draw        func(w io.Writer, d *drawing) error
	contentType string
	negotiated  bool // in the language that the visitor's browser asks for
	anyOrigin   bool // scripts of other sites may read it
}

// A target is what a request asks for.
type target struct {
	*route
	name string // its path, and what counts of its query: the same for the same bytes
}

// routes are the public paths that a page is drawn for.
type routes map[string]*route

// find returns what there is at a path that is percent-encoded and has no slash at
// its end.
func (all routes) find(path string, query string) (target, bool) {
	if fixed, ok := all[path]; ok {
		return target{fixed, path}, true
	}
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i, part := range parts {
		text, err := url.PathUnescape(part)
		if err != nil || text == "" {
			return target{}, false
		}
		parts[i] = text
	}
	if len(parts) != 2 {
		return target{}, false
	}
	found := page(parts[0], parts[1])
	if found == nil {
		return target{}, false
	}
	return target{found, path}, true
}

// page returns the route of a page with a permalink, nil if there is none of its kind.
func page(kind, id string) *route {
	var draw func(w io.Writer, d *drawing) error
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
	all := routes{
		"/": {draw: func(w io.Writer, d *drawing) error { return view.Index(w, d.page, d.view) }, contentType: typeHTML, negotiated: true},
		"/history": {draw: func(w io.Writer, d *drawing) error {
			return view.History(w, d.page, time.Time{}, d.view)
		}, contentType: typeHTML, negotiated: true},
	}
	for path, f := range map[string]struct {
		draw        format.Func
		contentType string
	}{
		"/status/text":   {format.Text, typeText},
		"/status/report": {format.Report, typeJSON},
	} {
		all[path] = &route{draw: func(w io.Writer, d *drawing) error { return f.draw(w, d.page, d.format()) }, contentType: f.contentType, anyOrigin: true}
	}
	return all
}

// notFound is drawn where there is nothing.
func notFound() *route {
	return &route{draw: func(w io.Writer, d *drawing) error { return view.NotFound(w, d.page, d.view) }, contentType: typeHTML, negotiated: true}
}
