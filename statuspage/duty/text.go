// SPDX-License-Identifier: Apache-2.0

package duty

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/desk"
	"github.com/pharos-status/pharos/statuspage/words"
)

// listed is how many components a text names.
const listed = 20

// An opener is what opened an incident. The incident keeps its text.
type opener struct{ alert, service, severity string }

// openerParts stand before the quoted service and severity.
const (
	beforeService  = `{service=`
	beforeSeverity = `, severity=`
)

// String returns it as people write an alert.
func (o opener) String() string {
	return strings.ReplaceAll(o.alert, "{", "(") + beforeService + strconv.Quote(o.service) + beforeSeverity + strconv.Quote(o.severity) + "}"
}

// parseOpener reads what String writes.
func parseOpener(text string) (opener, bool) {
	alert, rest, _ := strings.Cut(text, beforeService)
	service, rest, ok1 := cutQuoted(rest)
	rest, ok2 := strings.CutPrefix(rest, beforeSeverity)
	severity, rest, ok3 := cutQuoted(rest)
	return opener{alert, service, severity}, ok1 && ok2 && ok3 && rest == "}"
}

func cutQuoted(text string) (value, rest string, ok bool) {
	quoted, err := strconv.QuotedPrefix(text)
	if err != nil {
		return "", "", false
	}
	value, err = strconv.Unquote(quoted)
	return value, text[len(quoted):], err == nil
}

// words returns those of the main page: what is kept has one language.
func (w *work) words() *words.Words { return words.In(w.o.Config().Language) }

// title says in a line what is wrong.
func (w *work) title(refs []statuspage.Ref, t *truth) string {
	r, worst := refs[0], status.Healthy
	if len(refs) > 1 {
		r.Node = ""
	}
	for _, ref := range refs {
		worst = worse(worst, t.of(ref))
	}
	title := w.words().Text("sentence."+worst.String()+".named", oneLine(t.name(r)))
	if runes := []rune(title); len(runes) > desk.MaxTitle {
		title = string(runes[:desk.MaxTitle-1]) + "…"
	}
	return title
}

// list names components and how they are, in Markdown, below a heading.
func (w *work) list(key string, refs []statuspage.Ref, t *truth) string {
	var b strings.Builder
	b.WriteString(w.words().Text(key) + "\n")
	for i, r := range refs {
		if i == listed {
			b.WriteString("\n- …")
			break
		}
		b.WriteString("\n- " + escape(oneLine(t.name(r))) + " – " + w.words().Status(t.of(r)))
	}
	return b.String()
}

// oneLine leaves out what would break the line.
func oneLine(text string) string {
	clean := func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}
	return strings.TrimSpace(strings.Map(clean, text))
}

// escape makes Markdown of a text that is none.
func escape(text string) string {
	var b strings.Builder
	for _, r := range text {
		if strings.ContainsRune("\\`*_{}[]<>()#+-.!|~&", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
