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

func TestMastodonCounts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"":                        0,
		"äöü":                     3,
		"https://status.example/": 23,
		"https://s.example":       23,
		"a https://s.example b":   27,
		"http://localhost:9642/abcdefghijklmnopqrstuvwxyz": 48, // not an address to Mastodon
		"http://localhost": 23,
		"https://status.example/a/very/long/way/to/get/there https://status.example/": 47,
	} {
		require.Equal(t, want, mastodonLength(text), text)
	}
}

func TestCutForMastodon(t *testing.T) {
	t.Parallel()
	const address = "https://status.example/incidents/1"
	require.Equal(t, "short", cutForMastodon("short", 5))
	require.Equal(t, "shor…", cutForMastodon("short!", 5))
	require.Equal(t, address, cutForMastodon(address, 23), "an address counts as 23 characters")
	require.Equal(t, "See:…", cutForMastodon("See: "+address, 27), "no part of an address is left")
	require.Equal(t, "See: "+address+" n…", cutForMastodon("See: "+address+" now", 31))
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
