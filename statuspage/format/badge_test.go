// SPDX-License-Identifier: Apache-2.0

package format_test

import (
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/format"
)

func TestBadgesOfNothing(t *testing.T) {
	t.Parallel()
	for _, r := range []statuspage.Ref{{Service: "gone"}, {Service: "web", Node: "gone"}} {
		require.ErrorIs(t, format.Badge(r, format.Flat)(io.Discard, mixed(), options()), format.ErrNotThere)
		require.ErrorIs(t, format.UptimeBadge(r, 90, format.Flat)(io.Discard, mixed(), options()), format.ErrNotThere)
	}
	for _, days := range []int{-1, 0, 91} {
		require.ErrorIs(t, format.UptimeBadge(statuspage.Ref{Service: "web"}, days, format.Flat)(io.Discard, mixed(), options()), format.ErrNotThere)
	}
}

func TestUptime(t *testing.T) {
	t.Parallel()
	p := mixed()
	past := p.Services[0].Past
	require.InDelta(t, 1, *format.Uptime(p, past, 1), 0)
	require.InDelta(t, 1910.0/1950, *format.Uptime(p, past, 2), 1e-12)
	require.InDelta(t, (1440*88+1910.0)/(1440*88+1950), *format.Uptime(p, past, 90), 1e-12)
	require.Nil(t, format.Uptime(p, statuspage.Past{}, 90))
	got := string(render(t, format.UptimeBadge(statuspage.Ref{Service: "web"}, 2, format.Flat), p, options()))
	require.Contains(t, got, "Web nodes, uptime over 2 days: 97.95%")
	got = string(render(t, format.UptimeBadge(statuspage.Ref{Service: "web"}, 90, format.Flat), p, options()))
	require.Contains(t, got, ">99.97%<")
}

// A text has the room that it needs, whatever its script, and is never cut by the
// next.
func TestBadgeWidths(t *testing.T) {
	t.Parallel()
	lengths := regexp.MustCompile(`<text x="([\d.]+)" y="[\d.]+" textLength="([\d.]+)"`)
	width := func(label string) float64 {
		p := mixed()
		p.Services[0].Label = label
		m := lengths.FindAllStringSubmatch(string(render(t, format.Badge(statuspage.Ref{Service: "web"}, format.Flat), p, options())), -1)
		require.Len(t, m, 2)
		x, _ := strconv.ParseFloat(m[0][1], 64)
		length, _ := strconv.ParseFloat(m[0][2], 64)
		next, _ := strconv.ParseFloat(m[1][1], 64)
		require.Greater(t, next, x+length+10)
		return length
	}
	require.Less(t, width("iiiiiiii"), width("mmmmmmmm"))
	require.InDelta(t, 44, width("日本語状"), 1, "a square for each character")
	require.InDelta(t, width("eeee"), width("e\u0301e\u0301e\u0301e\u0301"), 1, "marks need no room")
	require.Less(t, width(strings.Repeat("m", 1000)), 500.0)
}
