// SPDX-License-Identifier: Apache-2.0

package view

import (
	"io"
	"net/http"

	"github.com/pharos-status/pharos/statuspage"
)

// What the template of a small page shows.
type small struct {
	Heading, Text string
	Code          int // of HTTP, where it says more
	Login         bool
	Next, Error   string
}

// NotFound writes the page for a path that there is not.
func NotFound(w io.Writer, p statuspage.Page, o Options) error {
	d := newDocument(p, o)
	return d.small(w, small{Code: http.StatusNotFound, Heading: d.T("notfound.title"), Text: d.T("notfound.text")})
}

// Problem writes a small page that says one thing, with the HTTP code that it is
// sent with: what went wrong, or what was done. Title and text are in the
// visitor's language.
func Problem(w io.Writer, p statuspage.Page, code int, title, text string, o Options) error {
	body := small{Heading: title, Text: text}
	if code >= http.StatusBadRequest {
		body.Code = code
	}
	return newDocument(p, o).small(w, body)
}

// Login writes the page that asks for the password of a private page. It tells
// nothing of the page but its brand. Its form posts "password" and "next", the
// path to go on to, to /login.
func Login(w io.Writer, p statuspage.Page, failed bool, next string, o Options) error {
	d := newDocument(statuspage.Page{Brand: p.Brand, Private: true, Built: p.Built}, o)
	d.locked = true
	body := small{Heading: d.T("login.title"), Text: d.T("login.text"), Login: true, Next: next}
	if failed {
		body.Error = d.T("login.failed")
	}
	return d.small(w, body)
}

func (d *document) small(w io.Writer, body small) error {
	d.Title, d.NoRobots, d.Body = body.Heading, true, body
	return d.execute(w, "small.html")
}
