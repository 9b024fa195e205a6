// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pharos-status/pharos/internal/configfile"
)

// maxNameBytes bounds IDs, labels and names, which become label values.
const maxNameBytes = 200

// unique checks an ID, and that it is not yet in seen.
func (l *loader) unique(p configfile.Path, what, id string, seen map[string]string) {
	if l.id(p.At("id"), what, id) {
		l.first(p.At("id"), what, id, seen)
	}
}

// id checks an ID, and tells whether it is a good one.
func (l *loader) id(p configfile.Path, what, id string) bool {
	problem := nameProblem(id)
	switch {
	case id == "":
		l.fail(p, "the %s has no id; give it one", what)
	case problem != "":
		l.fail(p, "%s", problem)
	case strings.Contains(id, "/"), id == ".", id == "..":
		l.fail(p, "%q can't be part of a path; use an id without a slash that is neither . nor ..", id)
	default:
		return true
	}
	return false
}

// first checks that no ID like this one is in seen, which holds where each stands.
func (l *loader) first(p configfile.Path, what, id string, seen map[string]string) {
	here := l.place(p)
	switch before, ok := seen[id]; {
	case !ok:
		seen[id] = here
	case strings.HasPrefix(before, l.file.Name()+":"):
		l.fail(p, "duplicate %s %q; give it an id of its own", what, id)
	default:
		l.fail(p, "duplicate %s %q; it is at %s already, so give it an id of its own, or remove it", what, id, before)
	}
}

// nameProblem returns what is wrong with a name as a label value, if anything is.
func nameProblem(name string) string {
	switch {
	case len(name) > maxNameBytes:
		return fmt.Sprintf("has %d bytes, want at most %d", len(name), maxNameBytes)
	case !utf8.ValidString(name):
		return fmt.Sprintf("%q is not valid UTF-8; mend what the variable in it holds", name)
	}
	if strings.ContainsFunc(name, unicode.IsControl) {
		return fmt.Sprintf("%q has a control character; remove it", name)
	}
	return ""
}

// label returns the label, or the ID if there is none.
func (l *loader) label(p configfile.Path, label, id string) string {
	if problem := nameProblem(label); problem != "" {
		l.fail(p.At("label"), "%s", problem)
	}
	if label == "" {
		return id
	}
	return label
}

func (l *loader) link(p configfile.Path, d linkDocument) Link {
	if problem := nameProblem(d.Label); problem != "" {
		l.fail(p.At("label"), "%s", problem)
	}
	if d.URL == "" {
		if d.Label != "" {
			l.fail(p.At("label"), "the link has a label but no url; give it one, or remove the label")
		}
		return Link{}
	}
	u, err := url.Parse(d.URL)
	switch {
	case err != nil:
		l.fail(p.At("url"), "%v", urlProblem(err))
	case u.Scheme == "mailto" && u.Opaque != "":
	case (u.Scheme != "http" && u.Scheme != "https") || u.Host == "":
		l.fail(p.At("url"), "%q is no link for a page; write https://host/path or mailto:address", d.URL)
	}
	return Link(d)
}
