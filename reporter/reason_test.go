// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func FuzzClean(f *testing.F) {
	f.Add("disk is full")
	f.Add("a\x00b\x1b[2J\u202e\xff\n\n c")
	f.Add(strings.Repeat("ü", 300))
	f.Add(strings.Repeat(" ", 3000) + "x")
	f.Fuzz(func(t *testing.T, text string) {
		got := clean(text)
		require.LessOrEqual(t, len(got), maxReason)
		require.True(t, utf8.ValidString(got))
		require.False(t, strings.ContainsFunc(got, func(r rune) bool { return !unicode.IsGraphic(r) }))
		require.Equal(t, got, clean(got))
	})
}

func FuzzEndpoint(f *testing.F) {
	f.Add("https://status.example.com/a%2Fb//", "web", "ü+ %")
	f.Add("http://[::1]:80", "a/b", "..")
	f.Add("http://:pass@h/?#", "", "x")
	f.Fuzz(func(t *testing.T, url, service, node string) {
		e := Endpoint{URL: url}
		address, err := e.address(service, node)
		if err != nil {
			return
		}
		base, err := e.base()
		require.NoError(t, err)
		rest, ok := strings.CutPrefix(address, base+"/reporter/")
		require.True(t, ok)
		parts := strings.Split(rest, "/")
		require.Len(t, parts, 3)
		require.Empty(t, parts[2])
		require.NotContains(t, rest, "+")
		again, err := Endpoint{URL: base}.base()
		require.NoError(t, err)
		require.Equal(t, base, again)
	})
}
