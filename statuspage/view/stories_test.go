// SPDX-License-Identifier: Apache-2.0

package view_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/statuspage/view"
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
