// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"strings"
	"unicode/utf8"

	"github.com/pharos-status/pharos/bridge/words"
)

// text fills in a template. Services refuse a message without any words, so that a
// template that leaves nothing gives way to another.
func (m Message) text(w *words.Words, tmpl, otherwise string) string {
	text := strings.TrimSpace(w.Text(tmpl, m.Notification))
	if text == "" {
		text = strings.TrimSpace(w.Text(otherwise, m.Notification))
	}
	return text
}

// fit returns the text with the note of the message, in at most so many characters.
// The text is cut for it, not the note.
func (m Message) fit(text string, characters int) string {
	if m.Note == "" {
		return words.Cut(text, characters)
	}
	return m.Noted(words.Cut(text, characters-utf8.RuneCountInString("\n"+m.Note)))
}

// titled returns the title in one line, and the text without it, where a service
// shows the title above the text: else the first line would be there twice.
func (m Message) titled(title, text string) (string, string) {
	title = strings.Join(strings.Fields(title), " ")
	first, rest, _ := strings.Cut(text, "\n")
	if rest = strings.TrimSpace(rest); rest != "" && strings.TrimSpace(first) == title {
		text = rest
	}
	return title, text
}
