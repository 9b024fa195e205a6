// SPDX-License-Identifier: Apache-2.0

package format

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"time"

	"github.com/pharos-status/pharos/statuspage"
)

// Atom 1.0, RFC 4287.
type (
	atomFeed struct {
		XMLName  xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
		Lang     string      `xml:"xml:lang,attr,omitempty"`
		ID       string      `xml:"id"`
		Title    string      `xml:"title"`
		Subtitle string      `xml:"subtitle,omitempty"`
		Updated  string      `xml:"updated"`
		Author   atomAuthor  `xml:"author"`
		Links    []atomLink  `xml:"link"`
		Entries  []atomEntry `xml:"entry"`
	}
	atomAuthor struct {
		Name string `xml:"name"`
	}
	atomLink struct {
		Rel  string `xml:"rel,attr"`
		Type string `xml:"type,attr"`
		Href string `xml:"href,attr"`
	}
	atomEntry struct {
		ID         string         `xml:"id"`
		Title      string         `xml:"title"`
		Published  string         `xml:"published"`
		Updated    string         `xml:"updated"`
		Link       atomLink       `xml:"link"`
		Categories []atomCategory `xml:"category"`
		Content    atomContent    `xml:"content"`
	}
	atomCategory struct {
		Term string `xml:"term,attr"`
	}
	atomContent struct {
		Type string `xml:"type,attr"`
		HTML string `xml:",chardata"`
	}
)

// Atom writes /feed.atom.
func Atom(w io.Writer, p statuspage.Page, o Options) error {
	f := newFeed(p, o, "/feed.atom")
	out := atomFeed{
		Lang: f.language, ID: f.id, Title: f.title, Subtitle: f.subtitle, Updated: atomTime(f.updated), Author: atomAuthor{f.author},
		Links: []atomLink{{"self", "application/atom+xml", f.self}, {"alternate", "text/html", f.home}},
	}
	for _, e := range f.entries {
		entry := atomEntry{
			ID: e.id, Title: e.title, Published: atomTime(e.published), Updated: atomTime(e.updated),
			Link: atomLink{"alternate", "text/html", e.url}, Content: atomContent{"html", e.html},
		}
		for _, term := range e.categories {
			entry.Categories = append(entry.Categories, atomCategory{term})
		}
		out.Entries = append(out.Entries, entry)
	}
	return writeXML(w, out)
}

func atomTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// writeXML writes v in one piece. The encoder escapes, and replaces what XML can't
// hold.
func writeXML(w io.Writer, v any) error {
	b := bytes.NewBufferString(xml.Header)
	enc := xml.NewEncoder(b)
	enc.Indent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("write XML: %w", err)
	}
	b.WriteByte('\n')
	_, err := b.WriteTo(w)
	return err
}
