// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestPlainForMastodon(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"web":                       "web",
		"12:01, edge:80":            "12:01, edge:80",
		"@admin@evil.example":       "@|admin@|evil.example",
		"#scam ＃scam ＠x":            "#|scam ＃|scam ＠|x",
		"see https://evil.example/": "see https:|//evil.example/",
		"so :cat:":                  "so :|cat:",
	} {
		require.Equal(t, strings.ReplaceAll(want, "|", "\u2060"), plainForMastodon(text), text)
	}
}

// What Mastodon would count is never more.
func TestMastodonCounts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct{ here, there int }{
		"":                        {0, 0},
		"äöü":                     {3, 3},
		"https://status.example/": {24, 23},
		"https://s.example":       {23, 23},
		"https://s.example).":     {25, 25},
		"https://s.ch,foo":        {27, 27},
		"a https://s.example b":   {27, 27},
		"http://localhost:9642/abcdefghijklmnopqrstuvwxyz": {55, 48}, // not an address to Mastodon
		"http://localhost": {23, 16},
		"https://status.corp.internal/a/way/to/get/there":                             {51, 47}, // neither
		"https://a.com.internal/there":                                                {38, 38}, // only its beginning is
		"https://status.example/a/very/long/way/to/get/there https://status.example/": {77, 47},
	} {
		require.Equal(t, want.here, mastodonLength(text), text)
		require.GreaterOrEqual(t, want.here, want.there, text)
	}
}

// An address that Mastodon would make more of than a link is none.
func TestLinksForMastodon(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"https://status.example/incidents/1#latest": true,
		"https://status.example/#/alerts":           true,
		"https://a.example/x,@bob@evil.example":     false,
		"https://a.example/@bob":                    false, // which is no plain address anywhere
		"https://a.example/x,#tag":                  false,
		"https://a.example/?q&#tag":                 false,
		"javascript:alert(1)":                       false,
	} {
		require.Equal(t, want, isLinkForMastodon(address), address)
	}
}

func TestCutForMastodon(t *testing.T) {
	t.Parallel()
	const address = "https://status.example/incidents/1"
	require.Equal(t, "short", cutForMastodon("short", 5))
	require.Equal(t, "shor…", cutForMastodon("short!", 5))
	require.Equal(t, address, cutForMastodon(address, 35))
	require.Equal(t, "See:…", cutForMastodon("See: "+address, 39), "no part of an address is left")
	require.Equal(t, "See: "+address+" n…", cutForMastodon("See: "+address+" now", 43))
}

func FuzzCutForMastodon(f *testing.F) {
	f.Add("web is dead https://status.example/incidents/1 since 12:01 UTC", uint16(50))
	f.Fuzz(func(t *testing.T, text string, limit uint16) {
		text, limit = strings.ToValidUTF8(text, "?"), max(limit, 1)
		short := cutForMastodon(text, int(limit))
		require.LessOrEqual(t, mastodonLength(short), int(limit))
		require.True(t, utf8.ValidString(short))
		if mastodonLength(text) <= int(limit) {
			require.Equal(t, text, short)
		}
	})
}
