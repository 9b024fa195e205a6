// SPDX-License-Identifier: Apache-2.0

package view_test

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/view"
	"github.com/pharos-status/pharos/statuspage/words"
)

func TestIncidentPage(t *testing.T) {
	t.Parallel()
	root := story(t, "incident-inc1dent02", mixed())
	require.Equal(t, "Slow sign-in", text(only(t, root, "h1")))
	require.Contains(t, text(only(t, root, "story")), "Minor incident · Post-mortem")
	require.Contains(t, text(only(t, root, "story")), "lasted 42 minutes")
	updates := find(only(t, root, "timeline"), "h3")
	require.Equal(t, "Resolved Investigating", text(updates...))
	require.Contains(t, text(only(t, root, "main")), "The cache filled up.")
	require.Equal(t, "/services/socket", attribute(find(only(t, root, "chips"), "a")[0], "href"))
}

func TestMaintenancePage(t *testing.T) {
	t.Parallel()
	root := story(t, "maintenance-weekly0000", mixed())
	times := find(root, "times")
	require.Len(t, times, 2)
	require.Len(t, find(times[0], "li"), 2, "to come")
	require.Len(t, find(times[1], "li"), 1, "past")
	p := mixed()
	p.Maintenances[0].Cancelled, p.Occurrences = true, nil
	require.Contains(t, text(only(t, story(t, "maintenance-weekly0000", p), "story")), "Called off")
}

func TestServicePage(t *testing.T) {
	t.Parallel()
	root := story(t, "service-web", mixed())
	charts := find(root, "chart")
	require.Len(t, charts, 8, "two nodes, four windows")
	require.Contains(t, attribute(charts[0], "aria-label"), "Core servers, Last 24 hours: Median")
	for _, figure := range find(root, "figure") {
		if figure.Data == "figure" {
			require.Len(t, find(only(t, figure, "tbody"), "tr"), 12)
		}
	}
	require.Contains(t, text(find(root, "corrections")...), "Our own probe had lost its network.")
	require.NotContains(t, text(root), "Slow sign-in", "an incident of another service")
}

func TestMonths(t *testing.T) {
	t.Parallel()
	var names []string
	for _, m := range view.Months(mixed()) {
		names = append(names, m.Format("2006-01"))
	}
	require.Equal(t, []string{"2026-11", "2026-10", "2026-09", "2026-08", "2026-07"}, names)
	require.Len(t, view.Months(empty()), 1)
	root := story(t, "history-september", mixed())
	require.Contains(t, text(only(t, root, "main")), "All of it was away")
	require.NotContains(t, text(only(t, root, "main")), "Slow sign-in")
	require.Contains(t, text(find(root, "row")[0]), "uptime")
	bars := find(root, "days")[0]
	require.Equal(t, "0 0 119 32", attribute(bars, "viewBox"), "September has 30 days")
}

func TestLinksGoThroughLink(t *testing.T) {
	t.Parallel()
	o := options()
	o.Live = false
	o.Link = func(path string) string { return "here:" + path }
	for name, f := range shown("mixed") {
		var b bytes.Buffer
		require.NoError(t, f(&b, mixed(), o))
		root := parse(t, b.Bytes())
		require.Empty(t, attribute(find(root, "body")[0], "data-events"))
		for n := range root.Descendants() {
			for _, key := range []string{"href", "src", "action"} {
				require.False(t, strings.HasPrefix(attribute(n, key), "/"), "%s: %s", name, attribute(n, key))
			}
		}
	}
}

// TestLinksKeepTheLanguage: who chose one has it on the next page too, and in what they
// send.
func TestLinksKeepTheLanguage(t *testing.T) {
	t.Parallel()
	o := options()
	o.Words, o.Chosen = words.In("fr"), true
	for name, f := range shown("mixed") {
		var b bytes.Buffer
		require.NoError(t, f(&b, mixed(), o))
		found := 0
		for n := range parse(t, b.Bytes()).Descendants() {
			for _, key := range []string{"href", "action"} {
				address := attribute(n, key)
				switch {
				case !strings.HasPrefix(address, "/"):
				case strings.HasPrefix(address, "/assets/"):
					require.NotContains(t, address, "?", "one copy for all")
				default:
					found++
					u, err := url.Parse(address)
					require.NoError(t, err)
					require.Equal(t, "fr", u.Query().Get("lang"), "%s: %s", name, address)
				}
			}
		}
		require.Positive(t, found, name)
	}
	require.NotContains(t, string(render(t, view.Index, mixed())), `href="/history?`, "the browser's language needs no reminder")
}

// TestChoiceOfLanguageKeepsTheToken: a page of a subscription is none without it.
func TestChoiceOfLanguageKeepsTheToken(t *testing.T) {
	t.Parallel()
	root := parse(t, render(t, drawings()["subscribe-edit"], mixed()))
	for _, a := range find(only(t, root, "languages"), "a") {
		require.Equal(t, "?lang="+attribute(a, "lang")+"&token=t0ken", attribute(a, "href"))
	}
}

// TestFeedsOfAService: its page leads to what touches it.
func TestFeedsOfAService(t *testing.T) {
	t.Parallel()
	p := mixed()
	p.Services[0].ID = "web & more"
	var b bytes.Buffer
	require.NoError(t, view.Service(&b, p, "web & more", options()))
	root := parse(t, b.Bytes())
	var links []string
	for _, a := range find(only(t, root, "ways"), "a") {
		links = append(links, attribute(a, "href"))
	}
	const query = "?service=web+%26+more"
	require.Equal(t, []string{"/subscribe", "/feed.atom" + query, "/feed.rss" + query, "/feed.json" + query, "/maintenance.ics" + query}, links)
	for _, link := range find(root, "link") {
		if attribute(link, "rel") == "alternate" {
			require.Equal(t, "/feed.atom"+query, attribute(link, "href"))
			require.Equal(t, "Acme Status: Web nodes", attribute(link, "title"))
			return
		}
	}
	require.Fail(t, "no link to the feed")
}

// TestAnnouncementsHaveAPlace: those that the page has room for, and all in the history
// of their month, under the id that feeds link to.
func TestAnnouncementsHaveAPlace(t *testing.T) {
	t.Parallel()
	p := mixed()
	for i := range 9 {
		p.Announcements = append(p.Announcements, statuspage.Announcement{ID: fmt.Sprint("older", i), Title: "Older", Time: today().AddDate(0, -9, -i)})
	}
	require.Len(t, find(only(t, dom(t, p), "news"), "article"), 5)
	for _, a := range p.Announcements {
		var b bytes.Buffer
		month := time.Date(a.Time.Year(), a.Time.Month(), 1, 0, 0, 0, 0, time.UTC)
		require.Contains(t, view.Months(p), month)
		require.NoError(t, view.History(&b, p, month, options()))
		require.Equal(t, a.Title, text(find(only(t, parse(t, b.Bytes()), a.Anchor()), "h3")...))
	}
}
