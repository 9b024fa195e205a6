// SPDX-License-Identifier: Apache-2.0

package format_test

import (
	"encoding/json"
	"encoding/xml"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/format"
)

type jsonFeed struct {
	FeedURL string `json:"feed_url"`
	Title   string
	Items   []struct {
		ID, URL, Title string
		HTML           string `json:"content_html"`
	}
}

func feedOf(t *testing.T, p statuspage.Page, o format.Options) (f jsonFeed, titles []string) {
	t.Helper()
	require.NoError(t, json.Unmarshal(render(t, format.JSONFeed, p, o), &f))
	for _, item := range f.Items {
		titles = append(titles, item.Title)
	}
	return f, titles
}

func TestFeedHasEverything(t *testing.T) {
	t.Parallel()
	f, titles := feedOf(t, mixed(), options())
	require.Equal(t, "https://status.example.com/feed.json", f.FeedURL)
	require.Equal(t, []string{
		"Move to the new data center", "Core servers do not answer", "Called off: Called off", "Far ahead", "Slow answers", "We have a new office", "Weekly patches",
	}, titles, "newest first")
}

func TestMajorFeed(t *testing.T) {
	t.Parallel()
	o := options()
	o.Major = true
	f, titles := feedOf(t, mixed(), o)
	require.Equal(t, "https://status.example.com/feed.json?major=true", f.FeedURL)
	require.Equal(t, []string{"Core servers do not answer"}, titles)
}

func TestFeedOfAService(t *testing.T) {
	t.Parallel()
	o := options()
	o.Service = "jobs"
	f, titles := feedOf(t, mixed(), o)
	require.Equal(t, "https://status.example.com/feed.json?service=jobs", f.FeedURL)
	require.Equal(t, "Acme Status – Background jobs", f.Title)
	require.Equal(t, []string{"Move to the new data center", "Called off: Called off", "Far ahead", "We have a new office"}, titles, "its own, and what is about the whole")
}

// An id belongs to what it names: it stays when the text, the language or the address
// of the page change, and is the same in every feed.
func TestFeedIDsStay(t *testing.T) {
	t.Parallel()
	before, _ := feedOf(t, mixed(), options())
	p := mixed()
	p.Incidents[0].Title, p.Brand.Title = "Another title", "Another page"
	after, _ := feedOf(t, p, format.Options{BaseURL: "https://elsewhere.example"})
	var atom struct {
		Entries []struct {
			ID string `xml:"id"`
		} `xml:"entry"`
	}
	require.NoError(t, xml.Unmarshal(render(t, format.Atom, p, options()), &atom))
	seen := map[string]bool{}
	for i, item := range before.Items {
		require.Equal(t, item.ID, after.Items[i].ID)
		require.Equal(t, item.ID, atom.Entries[i].ID)
		require.Regexp(t, `^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, item.ID)
		require.False(t, seen[item.ID])
		seen[item.ID] = true
	}
}

// A feed changes only when something was said: its readers ask often.
func TestFeedsStayTheSame(t *testing.T) {
	t.Parallel()
	p := mixed()
	for _, f := range []format.Func{format.Atom, format.RSS, format.JSONFeed, format.Calendar, format.OpenGraph} {
		later := p
		later.Built, later.AsOf = p.Built.Add(time.Hour), p.AsOf.Add(time.Hour)
		require.Equal(t, render(t, f, p, options()), render(t, f, later, options()))
	}
}

func TestEmptyFeeds(t *testing.T) {
	t.Parallel()
	require.Contains(t, string(render(t, format.Atom, empty(), options())), "<updated>2026-11-21T00:00:00Z</updated>")
	require.Contains(t, string(render(t, format.JSONFeed, empty(), options())), `"items": []`)
	atom := string(render(t, format.Atom, empty(), format.Options{}))
	require.Contains(t, atom, "<id>urn:uuid:")
}

// Of what is hostile nothing is left in the HTML of an entry.
func TestFeedsAreSafe(t *testing.T) {
	t.Parallel()
	f, _ := feedOf(t, hostile(nasty), options())
	for _, item := range f.Items {
		low := strings.ToLower(item.HTML)
		for _, bad := range []string{"<script", "<img", "href=\"javascript", "\u202e", "\x1b"} {
			require.NotContains(t, low, bad)
		}
		require.True(t, strings.HasPrefix(item.URL, base+"/"))
	}
}
