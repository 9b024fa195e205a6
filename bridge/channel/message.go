// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/pharos-status/pharos/bridge/words"
)

// in returns the words with what templates may say of this message.
func (m Message) in(w *words.Words) *words.Words { return w.With(m.Note, m.Over) }

// text fills in a template. Services refuse a message without any words, so that a
// template that leaves nothing gives way to another.
func (m Message) text(w *words.Words, tmpl, otherwise string) string {
	w = m.in(w)
	text := strings.TrimSpace(w.Text(tmpl, m.Notification))
	if text == "" {
		text = strings.TrimSpace(w.Text(otherwise, m.Notification))
	}
	return text
}

// fit returns the text with the note of the message, in at most so many characters.
// The text is cut for it, not the note.
func (m Message) fit(text string, characters int) string {
	return m.fitted(text, characters, words.Cut, utf8.RuneCountInString)
}

// fitSMS is fit for short messages, whose characters are units of UTF-16.
func (m Message) fitSMS(text string, units int) string {
	return m.fitted(text, units, words.CutSMS, unitsOf)
}

// fitted is fit by one way to cut and to count.
func (m Message) fitted(text string, limit int, cut func(string, int) string, length func(string) int) string {
	if short := cut(text, limit); m.Note == "" || strings.Contains(short, m.Note) {
		return short
	}
	return m.Noted(cut(text, limit-length("\n"+m.Note)))
}

// unitsOf returns the length of a text in UTF-16, in which an emoji has two units or
// more.
func unitsOf(text string) int { return len(utf16.Encode([]rune(text))) }

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
