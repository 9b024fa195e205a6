// SPDX-License-Identifier: Apache-2.0

package xmpp

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseJID(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]JID{
		"alice@example.com":                  {"alice", "example.com", ""},
		"Alice@Example.COM./Phone 1":         {"alice", "example.com", "Phone 1"},
		"example.com":                        {"", "example.com", ""},
		"example.com/a@b/c":                  {"", "example.com", "a@b/c"},
		"o'x":                                {},
		"jürgen@bücher.example":              {"jürgen", "bücher.example", ""},
		"ju\u0308rgen@xn--bcher-kva.example": {"jürgen", "bücher.example", ""},
		"a@127.0.0.1":                        {"a", "127.0.0.1", ""},
		"":                                   {},
		"@example.com":                       {},
		"alice@":                             {},
		"alice@example.com/":                 {},
		"al ice@example.com":                 {},
		"a&b@example.com":                    {},
		"a:b@example.com":                    {},
		"a@b@example.com":                    {},
		"a@exa mple.com":                     {},
		"a@example.com:5222":                 {},
		"a\x00@example.com":                  {},
		"a@example.com/\x07":                 {},
		"\xff@example.com":                   {},
		strings.Repeat("a", 1024) + "@b":     {},
		"a@b/" + strings.Repeat("c", 1024):   {},
	} {
		got, err := ParseJID(text)
		if want == (JID{}) {
			require.Error(t, err, text)
			require.Zero(t, got)
			continue
		}
		require.NoError(t, err, text)
		require.Equal(t, want, got)
		again, err := ParseJID(got.String())
		require.NoError(t, err)
		require.Equal(t, got, again)
	}
	require.Equal(t, "xn--bcher-kva.example", JID{Domain: "bücher.example"}.host())
}
