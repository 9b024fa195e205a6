// SPDX-License-Identifier: Apache-2.0

// Package format draws the page for programs: as JSON, as text, as feeds, as a
// calendar, as badges, as a picture, and as whatever else is no HTML. Every format
// is a function of one [statuspage.Page] and writes all of its output or none; when
// to draw and how to serve the bytes is left to package server, the HTML to package
// view.
package format

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/words"
)

// ErrNotThere is the error of something that the page does not have.
var ErrNotThere = errors.New("not on the page")

// Options say how to draw a page. The zero value is of use.
type Options struct {
	Words   *words.Words // nil: English
	BaseURL string       // where the page is, absolute and without a slash at the end; empty: links begin at the root
	Major   bool         // of feeds: only incidents of impact major and critical
	Static  bool         // for a file: what needs a server is not offered
	Service string       // of feeds and the calendar: only what touches this service, and what touches the whole
}

// A Func is a format. It is safe for concurrent use.
type Func func(w io.Writer, p statuspage.Page, o Options) error

// words returns the language to write in.
func (o Options) words() *words.Words {
	if o.Words == nil {
		return words.In("en")
	}
	return o.Words
}

// Text writes the status of the whole as one word without a line break, as Vigil
// serves it: healthy, sick, dead or unknown.
func Text(w io.Writer, p statuspage.Page, _ Options) error {
	_, err := io.WriteString(w, p.Status.String())
	return err
}

// writeJSON writes v in one piece, readable for people too.
func writeJSON(w io.Writer, v any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	_, err := b.WriteTo(w)
	return err
}

// title returns the name of the page.
func title(p statuspage.Page) string {
	if p.Brand.Title == "" {
		return "Status Page"
	}
	return p.Brand.Title
}

// line returns the text as one line without anything hostile.
func line(text string) string { return statuspage.Line(text) }

// shorten cuts a line to so many characters.
func shorten(text string, most int) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return strings.TrimRight(string(runes[:most-1]), " ") + "…"
}
