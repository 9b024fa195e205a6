// SPDX-License-Identifier: Apache-2.0

package words

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/prometheus/alertmanager/template"

	"github.com/pharos-status/pharos/internal/schema"
)

// How many characters of foreign texts are left where they have to be inert, before
// words become code. The default templates would cut that, so they cut at more.
const (
	maxInert            = 150
	maxInertDescription = 300
)

// maxInertAlerts is how many alerts are made inert, more than anybody reads.
const maxInertAlerts = 100

// Inert returns the data with all texts that come from elsewhere made such that they
// are no markup, mention or link in any Markdown: words that could be become code. There
// is no other way to quote that all dialects have. Of very many alerts, those that
// matter least come with no more than who they are about.
func (d Data) Inert() Data {
	all := *d.Data
	all.Receiver, all.ExternalURL = inert(all.Receiver, maxInert), plainURLOnly(all.ExternalURL)
	all.GroupLabels, all.CommonLabels = inertPairs(all.GroupLabels), inertPairs(all.CommonLabels)
	all.CommonAnnotations, all.RouteLabels = inertPairs(all.CommonAnnotations), inertPairs(all.RouteLabels)
	all.Alerts = make(template.Alerts, len(d.Alerts))
	for i, a := range d.Alerts {
		if i >= maxInertAlerts {
			a.Labels, a.Annotations = bare(a.Labels), nil
		}
		a.Labels, a.Annotations = inertPairs(a.Labels), inertPairs(a.Annotations)
		a.GeneratorURL = plainURLOnly(a.GeneratorURL)
		all.Alerts[i] = a
	}
	copied := *d.Notification
	copied.Data = &all
	d.Notification = &copied
	return d
}

// bare returns the labels that tell what an alert is, and of whom.
func bare(labels template.KV) template.KV {
	few := template.KV{}
	for _, name := range []string{"alertname", schema.Severity, schema.Service, schema.Node, schema.Replica} {
		if value := labels[name]; value != "" {
			few[name] = value
		}
	}
	return few
}

func inertPairs(from template.KV) template.KV {
	to := make(template.KV, len(from))
	for name, value := range from {
		switch {
		case strings.HasSuffix(name, "_url"):
			to[inert(name, maxInert)] = plainURLOnly(value)
		case name == "description" || name == "message":
			to[name] = inert(value, maxInertDescription)
		default:
			to[inert(name, maxInert)] = inert(value, maxInert)
		}
	}
	return to
}

func plainURLOnly(address string) string {
	if IsPlainURL(address) {
		return address
	}
	return ""
}

// inert returns the text in one line of about so many characters, in which words are
// code that need to be.
func inert(text string, characters int) string {
	words := strings.Fields(text)
	line := strings.Join(words, " ")
	if utf8.RuneCountInString(line) > characters {
		words = strings.Fields(cutEntity.ReplaceAllString(Cut(line, characters), "…"))
	}
	for i, word := range words {
		if !isInertWord(word) || i == 0 && listMark.MatchString(word) {
			words[i] = code(word)
		}
	}
	return strings.Join(words, " ")
}

// code returns a word as code, without the punctuation after it.
func code(word string) string {
	bare := strings.TrimRight(word, ".,;:")
	if bare == "" {
		bare = word
	}
	return "`" + strings.ReplaceAll(bare, "`", "'") + "`" + word[len(bare):]
}

// listMark matches what makes a list or a line where a line begins.
var listMark = regexp.MustCompile(`^([-+=]|[0-9]+[.)])`)

// cutEntity matches what a cut left of the number of a character.
var cutEntity = regexp.MustCompile(`&#?[0-9]*…$`)

// isInertWord tells whether nothing in a word could be taken for markup: for emphasis,
// mentions, links with or without a scheme, emojis in colons, commands.
func isInertWord(word string) bool {
	word = strings.TrimSuffix(word, ":")
	word = strings.TrimRight(strings.TrimPrefix(word, "("), ".)!")
	for i := 0; i < len(word); i++ {
		switch c := word[i]; {
		case c >= utf8.RuneSelf, isAlphanumeric(c), strings.IndexByte(`,;'"-+=%?`, c) >= 0:
		case (c == '/' || c == '_') && i > 0:
		case (c == '.' || c == ':') && i > 0 && i+1 < len(word) && isDigit(word[i-1]) && isDigit(word[i+1]):
		case c == '&':
			end := entity.FindStringIndex(word[i:])
			if end == nil {
				return false
			}
			i += end[1] - 1
		default:
			return false
		}
	}
	return true
}

// entity matches the number of a character, which is that character and no more.
var entity = regexp.MustCompile(`^&#[0-9]+;`)

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isAlphanumeric(c byte) bool { return isDigit(c) || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }
