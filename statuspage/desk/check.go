// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/pharos-status/pharos/statuspage"
)

// Limits of what operators say.
const (
	MaxTitle      = 200    // characters; also of names of templates
	MaxText       = 20_000 // characters
	MaxComponents = 100
)

// slack is how far in the future a time may lie that means "now": clocks differ.
const slack = time.Minute

// earliest is before anything that a status page could tell.
func earliest() time.Time { return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) }

// title checks a line of text that must be there.
func (f *faults) title(field string, in *string, meaning string) string {
	text := strings.TrimSpace(or(in, ""))
	switch {
	case in == nil:
		f.add(field, "is missing; %s", meaning)
	case text == "":
		f.add(field, "is empty; %s", meaning)
	default:
		f.characters(field, text, MaxTitle, "")
	}
	return text
}

// text checks Markdown, and returns it with Unix' ends of lines. Browsers send others.
func (f *faults) text(field string, in *string, required bool) string {
	text := strings.TrimSpace(strings.ReplaceAll(or(in, ""), "\r\n", "\n"))
	switch {
	case text != "":
		f.characters(field, text, MaxText, "\n\t")
	case !required:
	case in == nil:
		f.add(field, "is missing; say what people should know, in Markdown")
	default:
		f.add(field, "is empty; say what people should know, in Markdown")
	}
	return text
}

func (f *faults) characters(field, text string, limit int, allowed string) {
	if !utf8.ValidString(text) {
		f.add(field, "is not valid UTF-8; send it so")
		return
	}
	if n := utf8.RuneCountInString(text); n > limit {
		f.add(field, "is longer than %d characters; it has %d", limit, n)
	}
	bad := strings.IndexFunc(text, func(r rune) bool { return unicode.IsControl(r) && !strings.ContainsRune(allowed, r) })
	if bad >= 0 {
		r, _ := utf8.DecodeRuneInString(text[bad:])
		f.add(field, "holds the control character %U; leave it out", r)
	}
}

// oneOf checks a word of a closed list.
func oneOf[T ~string](f *faults, field string, word T, all []T) T {
	if !slices.Contains(all, word) {
		names := make([]string, len(all))
		for i, a := range all {
			names[i] = string(a)
		}
		f.add(field, "is %s; it is one of %s", quote(string(word)), strings.Join(names, ", "))
	}
	return word
}

// past checks a time that can't lie in the future, and returns it as it is kept.
func (f *faults) past(field string, t, now time.Time) time.Time {
	t = moment(t)
	switch {
	case t.After(now.Add(slack)):
		f.add(field, "lies in the future; it is %s now", stamp(now))
	case t.Before(earliest()):
		f.add(field, "is %s; give a time after %d", stamp(t), earliest().Year())
	case t.After(now):
		return now
	}
	return t
}

// components reads the texts of Refs, and returns them in order, each once. Those
// that are there already may stay, though the component is gone.
func (f *faults) components(texts []string, there []statuspage.Ref, layout statuspage.Layout) []statuspage.Ref {
	if len(texts) > MaxComponents {
		f.add("components", "has %d entries; at most %d are possible: name whole services", len(texts), MaxComponents)
		return nil
	}
	refs := make([]statuspage.Ref, 0, len(texts))
	for i, text := range texts {
		ref, err := statuspage.ParseRef(text)
		if err != nil {
			f.add(fmt.Sprintf("components[%d]", i), `is %s; write "service" or "service/node"`, quote(text))
			continue
		}
		if !slices.Contains(there, ref) {
			if problem := unknown(ref, layout); problem != "" {
				f.add(fmt.Sprintf("components[%d]", i), "%s", problem)
				continue
			}
		}
		refs = append(refs, ref)
	}
	slices.SortFunc(refs, statuspage.Ref.Compare)
	return slices.Compact(refs)
}

// unknown says why a component is not one of the page, nothing if it is.
func unknown(ref statuspage.Ref, layout statuspage.Layout) string {
	var services []string
	for _, s := range layout.Services {
		services = append(services, statuspage.Ref{Service: s.ID}.String())
		if s.ID != ref.Service {
			continue
		}
		if ref.Node == "" {
			return ""
		}
		var nodes []string
		for _, n := range s.Nodes {
			if n.ID == ref.Node {
				return ""
			}
			nodes = append(nodes, statuspage.Ref{Service: s.ID, Node: n.ID}.String())
		}
		return fmt.Sprintf("is %s, which is unknown; the service has %s", quote(ref.String()), list(nodes))
	}
	if len(services) == 0 {
		return fmt.Sprintf("is %s, which is unknown, as every component is so far: Prometheus has named none", quote(ref.String()))
	}
	return fmt.Sprintf("is %s, which is unknown; there are the services %s", quote(ref.String()), list(services))
}

// list joins words, the first ones if there are many.
func list(words []string) string {
	const shown = 10
	if len(words) == 0 {
		return "none"
	}
	if more := len(words) - shown; more > 0 {
		return strings.Join(words[:shown], ", ") + fmt.Sprintf(" and %d more", more)
	}
	return strings.Join(words, ", ")
}

// quote shows a text of somebody else within a sentence.
func quote(text string) string {
	const shown = 80
	if runes := []rune(text); len(runes) > shown {
		text = string(runes[:shown]) + "…"
	}
	return fmt.Sprintf("%q", text)
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
