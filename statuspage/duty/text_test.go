// SPDX-License-Identifier: Apache-2.0

package duty

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/statuspage/markdown"
)

// FuzzOpener: what opened an incident is read back, whatever its labels are.
func FuzzOpener(f *testing.F) {
	f.Add("PharosNodeDead", "web", "critical")
	f.Add(`a{service="x", severity="y"}`, `b", severity="c`, "}\"\\\x00")
	f.Add("", "", "")
	f.Fuzz(func(t *testing.T, alert, service, severity string) {
		o, ok := parseOpener(opener{alert, service, severity}.String())
		if !ok || o.alert != strings.ReplaceAll(alert, "{", "(") || o.service != service || o.severity != severity {
			t.Errorf("%q %q %q: got %+v", alert, service, severity, o)
		}
	})
}

func TestParseOpenerRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "PharosNodeDead", `A{service="a"}`, `A{service=a, severity="b"}`, `A{service="a", severity="b"} and more`, `A{service="a, severity="b"}`} {
		_, ok := parseOpener(text)
		require.False(t, ok, text)
	}
}

// Names are no Markdown.
func TestEscape(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"plain", "*a* _b_ `c` [d](http://e) <f> #g !h 1. i ~j~ k|l \\m &amp;", "Röstigraben", "日本"} {
		require.Equal(t, "• "+name, markdown.Plain("- "+escape(oneLine(name))))
	}
	require.Equal(t, "a  b", oneLine("a\r\nb\x00"))
}
