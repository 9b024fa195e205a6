// SPDX-License-Identifier: Apache-2.0

package format

import (
	"encoding/xml"
	"io"
	"time"

	"github.com/pharos-status/pharos/statuspage"
)

// RSS 2.0, with Atom's link to itself.
type (
	rssRoot struct {
		XMLName xml.Name   `xml:"rss"`
		Version string     `xml:"version,attr"`
		Atom    string     `xml:"xmlns:atom,attr"`
		Creator string     `xml:"xmlns:dc,attr"`
		Channel rssChannel `xml:"channel"`
	}
	rssChannel struct {
		Title       string    `xml:"title"`
		Link        string    `xml:"link"`
		Self        atomLink  `xml:"atom:link"`
		Description string    `xml:"description"`
		Language    string    `xml:"language,omitempty"`
		Built       string    `xml:"lastBuildDate"`
		TTL         int       `xml:"ttl"` // minutes
		Items       []rssItem `xml:"item"`
	}
	rssItem struct {
		Title       string   `xml:"title"`
		Link        string   `xml:"link"`
		Description string   `xml:"description"`
		Creator     string   `xml:"dc:creator"`
		Categories  []string `xml:"category"`
		GUID        rssGUID  `xml:"guid"`
		Published   string   `xml:"pubDate"`
	}
	rssGUID struct {
		Permalink bool   `xml:"isPermaLink,attr"`
		ID        string `xml:",chardata"`
	}
)

// RSS writes /feed.rss. The date of an item is that of its newest update: the format
// has no other.
func RSS(w io.Writer, p statuspage.Page, o Options) error {
	f := newFeed(p, o, "/feed.rss")
	out := rssRoot{
		Version: "2.0", Atom: "http://www.w3.org/2005/Atom", Creator: "http://purl.org/dc/elements/1.1/",
		Channel: rssChannel{
			Title: f.title, Link: f.home, Self: atomLink{"self", "application/rss+xml", f.self}, Description: f.subtitle,
			Language: f.language, Built: rssTime(f.updated), TTL: 5,
		},
	}
	for _, e := range f.entries {
		out.Channel.Items = append(out.Channel.Items, rssItem{
			Title: e.title, Link: e.url, Description: e.html, Creator: f.author, Categories: e.categories,
			GUID: rssGUID{false, e.id}, Published: rssTime(e.updated),
		})
	}
	return writeXML(w, out)
}

func rssTime(t time.Time) string { return t.UTC().Format(time.RFC1123Z) }
