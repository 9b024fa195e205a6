// SPDX-License-Identifier: Apache-2.0

// Package words puts a page into the languages of its visitors: the catalogue of
// messages, the one sentence on the whole, the names of states, phases and reasons,
// times and numbers. It draws nothing.
package words

import (
	"strconv"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

// Words are the messages in one language. They are never changed.
type Words struct {
	Tag      string // BCP 47: en, fr, de, es, pt, nl, ja or zh
	tag      language.Tag
	messages map[string]string
}

// Text returns a message of the catalogue, in which {0}, {1} … are the arguments. A
// key that the catalogue does not have is returned as it is; the tests see to it that
// there is none.
func (w *Words) Text(key string, args ...string) string {
	message, known := w.messages[key]
	if !known {
		return key
	}
	if len(args) == 0 || !strings.Contains(message, "{") {
		return message
	}
	var b strings.Builder
	for {
		before, after, found := strings.Cut(message, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		if n, rest, closed := strings.Cut(after, "}"); closed && len(n) == 1 && '0' <= n[0] && int(n[0]-'0') < len(args) {
			b.WriteString(args[n[0]-'0'])
			message = rest
		} else {
			b.WriteByte('{')
			message = after
		}
	}
}

// Has tells whether the catalogue has the message.
func (w *Words) Has(key string) bool {
	_, known := w.messages[key]
	return known
}

// Plural returns the form of the message that suits n, which is its argument {0}: the
// keys are key.one and key.other. Languages that have one form have only key.other.
func (w *Words) Plural(key string, n int, args ...string) string {
	form := key + ".other"
	if plural.Cardinal.MatchPlural(w.tag, n, 0, 0, 0, 0) == plural.One && w.Has(key+".one") {
		form = key + ".one"
	}
	return w.Text(form, append([]string{strconv.Itoa(n)}, args...)...)
}

// Status names a status, as at the beginning of a line.
func (w *Words) Status(s status.Status) string { return w.Text("status." + s.String()) }

// State names what an index of [statuspage.Minutes] stands for.
func (w *Words) State(index int) string {
	if index == statuspage.InMaintenance {
		return w.Text("status.maintenance")
	}
	return w.Status(status.Status(index)) //nolint:gosec // at most InMaintenance
}

// Phase names a phase of an incident or a maintenance.
func (w *Words) Phase(p statuspage.Phase) string { return w.Text("phase." + string(p)) }

// Impact names an impact.
func (w *Words) Impact(i statuspage.Impact) string { return w.Text("impact." + string(i)) }

// Reason says why a replica is not healthy; it is empty for [status.None].
func (w *Words) Reason(r status.Reason) string {
	if key := "reason." + string(r); w.Has(key) {
		return w.Text(key)
	}
	return ""
}
