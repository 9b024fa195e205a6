// SPDX-License-Identifier: Apache-2.0

package format

import (
	"io"

	"github.com/pharos-status/pharos/statuspage"
)

// JSON Feed 1.1.
type (
	jsonFeed struct {
		Version     string       `json:"version"`
		Title       string       `json:"title"`
		HomePageURL string       `json:"home_page_url"`
		FeedURL     string       `json:"feed_url"`
		Description string       `json:"description,omitempty"`
		Language    string       `json:"language,omitempty"`
		Icon        string       `json:"icon,omitempty"`
		Authors     []jsonAuthor `json:"authors"`
		Items       []jsonItem   `json:"items"`
	}
	jsonAuthor struct {
		Name string `json:"name"`
		URL  string `json:"url,omitempty"`
	}
	jsonItem struct {
		ID            string   `json:"id"`
		URL           string   `json:"url"`
		Title         string   `json:"title"`
		ContentHTML   string   `json:"content_html"`
		DatePublished string   `json:"date_published"`
		DateModified  string   `json:"date_modified"`
		Tags          []string `json:"tags,omitempty"`
	}
)

// JSONFeed writes /feed.json.
func JSONFeed(w io.Writer, p statuspage.Page, o Options) error {
	f := newFeed(p, o, "/feed.json")
	out := jsonFeed{
		Version: "https://jsonfeed.org/version/1.1", Title: f.title, HomePageURL: f.home, FeedURL: f.self, Description: f.subtitle,
		Language: f.language, Icon: p.Brand.IconURL, Authors: []jsonAuthor{{f.author, p.Brand.WebsiteURL}}, Items: []jsonItem{},
	}
	for _, e := range f.entries {
		out.Items = append(out.Items, jsonItem{
			ID: e.id, URL: e.url, Title: e.title, ContentHTML: e.html,
			DatePublished: atomTime(e.published), DateModified: atomTime(e.updated), Tags: e.categories,
		})
	}
	return writeJSON(w, out)
}
