// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/bridge/words"
)

// A message without words would be refused.
func TestTextIsNeverBlank(t *testing.T) {
	t.Parallel()
	m := message(t, "firing")
	require.Equal(t, "firing", m.text(testWords(t), " {{ .Status }} ", words.Title))
	title := m.text(testWords(t), words.Title, "")
	require.NotEmpty(t, title)
	require.Equal(t, title, m.text(testWords(t), ` {{ if eq .Status "resolved" }}over{{ end }}`, words.Title))
}

func TestFit(t *testing.T) {
	t.Parallel()
	m := Message{}
	require.Equal(t, "abc", m.fit("abc", 3))
	require.Equal(t, "ab…", m.fit("abcd", 3))
	require.Equal(t, 3, unitsOf("a🔥"))
	require.Equal(t, "🔥...", m.fitSMS("🔥🔥🔥", 5))
	m.Note = "late"
	require.Equal(t, "abc\nlate", m.fit("abc", 8))
	require.Equal(t, "ab…\nlate", m.fit("abcd", 8))
	require.Equal(t, "🔥...\nlate", m.fitSMS("🔥🔥🔥🔥🔥🔥", 10))
	require.Equal(t, "late: abc", m.fit("late: abc", 20), "it says so already")
	require.Equal(t, "abc…\nlate", m.fit("abcdefgh late", 9), "what is cut off does not count")
}

func TestTitled(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ title, text, wantTitle, wantText string }{
		{"web is dead", "web is dead\nSince noon.", "web is dead", "Since noon."},
		{"web\nis dead", "web is dead\n\nSince noon.", "web is dead", "Since noon."},
		{"web is dead", "web is dead", "web is dead", "web is dead"},
		{"web is dead", "web is dead\n", "web is dead", "web is dead\n"},
		{"Pharos", "web is dead\nSince noon.", "Pharos", "web is dead\nSince noon."},
	} {
		title, text := Message{}.titled(c.title, c.text)
		require.Equal(t, c.wantTitle, title)
		require.Equal(t, c.wantText, text)
	}
}

// Templates can tell what is known of one message.
func TestTemplatesKnowTheMessage(t *testing.T) {
	t.Parallel()
	const tmpl = "{{ .Status }} {{ .Overtaken }}{{ with .Note }} ({{ . }}){{ end }}"
	m := message(t, "firing")
	require.Equal(t, "firing false", m.Noted(m.text(testWords(t), tmpl, "")))
	m.Note, m.Over = "Told late.", true
	require.Equal(t, "firing true (Told late.)", m.Noted(m.text(testWords(t), tmpl, "")))
}
