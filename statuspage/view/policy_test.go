// SPDX-License-Identifier: Apache-2.0

package view_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/statuspage/view"
)

// What is inline has the hash that the policy will name.
func TestHashes(t *testing.T) {
	t.Parallel()
	scripts, styles := view.Hashes()
	require.Contains(t, string(render(t, view.Index, mixed())), "<script>try{const theme = localStorage", "without its comments, but there")
	page := strings.ReplaceAll(string(render(t, view.Index, mixed())), mixed().Brand.CustomHTML, "")
	gotScripts, gotStyles, origins := view.InlineHashes(page)
	require.Equal(t, scripts, gotScripts)
	require.Equal(t, styles, gotStyles)
	require.Equal(t, []string{"https://example.com"}, origins, "the icon and the logo")
}

func TestInlineHashes(t *testing.T) {
	t.Parallel()
	scripts, styles, origins := view.InlineHashes("<script>alert(1)\r\n</script><script src=//cdn.example.com/a.js></script><STYLE>b{}</STYLE><link rel=stylesheet href=https://fonts.example.com:8443/x><a href=https://elsewhere.example>x</a><img src=/own.png><script></script>")
	require.Len(t, scripts, 2)
	require.Contains(t, scripts, "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='", "of nothing")
	require.Len(t, styles, 1)
	require.Equal(t, []string{"https://cdn.example.com", "https://fonts.example.com:8443"}, origins)
}
