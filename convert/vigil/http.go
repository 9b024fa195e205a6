// SPDX-License-Identifier: Apache-2.0

package vigil

import (
	"net/http"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/pharos-status/pharos/internal/configfile"
)

// unicodeClass matches what means more in Vigil's regular expressions, which know all
// of Unicode, than in RE2; set what means something else.
var (
	unicodeClass = regexp.MustCompile(`\\[dDwWsSbB]`)
	setOperation = regexp.MustCompile(`\[[^\]]*(&&|--|~~)`)
)

// http puts how the http and https URLs of a node are asked.
func (w *watch) http(b *block, s *section, mode string) {
	match := s.text("http_body_healthy_match", "")
	var method, body setting[string]
	headers := &section{c: w.c}
	if !w.local {
		method, body = s.text("http_method", ""), s.text("http_body", "")
		headers = s.sub("http_headers")
	}
	if mode != "poll" {
		w.unused(mode, match.origin, method.origin, body.origin)
		if headers.present() {
			w.unused(mode, headers.here())
		}
		return
	}
	at := block{c: w.c, file: exporterFile, path: "services.nodes.http"}
	w.method(&at, method, match)
	w.headers(&at, headers)
	switch hasBody := slices.Contains([]string{http.MethodPost, http.MethodPut, http.MethodPatch}, method.value); {
	case body.value == "":
		w.c.missing(body.origin, "Is empty, as without it.")
	case !hasBody:
		w.c.missing(body.origin, "Requests by GET and HEAD have no body, in Vigil neither, so it is left out. Nothing to do, unless a http.method was meant.")
	default:
		w.c.secret = true
		at.text("body", body, "", "")
	}
	w.match(&at, match)
	at.into(&b.m, "http")
}

func (w *watch) method(b *block, method, match setting[string]) {
	methods := []string{http.MethodHead, http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch}
	switch {
	case method.set && !slices.Contains(methods, method.value):
		w.c.failAt(method.src, "unknown method %q, want one of %s", method.value, strings.Join(methods, ", "))
	case method.value == http.MethodHead && match.value != "":
		w.c.failAt(match.src, "the answer to HEAD has no body, so it could never match; set http_method to GET, or remove it")
	case !method.set && match.set && match.value == "":
		method = setting[string]{http.MethodGet, match.origin}
		method.vars = nil
		b.put("method", http.MethodGet, "", method.origin, "Everything matches an empty expression, so GET is what is left of it.")
		return
	}
	b.put("method", method.value, "", method.origin, "")
}

// match puts what the body has to match.
func (w *watch) match(b *block, s setting[string]) {
	if s.value == "" {
		return
	}
	if _, err := regexp.Compile(s.value); err != nil {
		w.c.failAt(s.src, "%v; write the regular expression as RE2 has it", err)
		return
	}
	var differs []string
	if unicodeClass.MatchString(s.value) {
		differs = append(differs, `In RE2, \d, \w, \s and \b know ASCII alone; in Vigil all of Unicode.`)
	}
	if setOperation.MatchString(s.value) {
		differs = append(differs, "In RE2, &&, -- and ~~ between brackets are characters; write the set without them.")
	}
	b.text("body_match", s, "", strings.Join(differs, " "))
}

// headers puts the headers of requests. A header with several values has them in one
// line, which means the same.
func (w *watch) headers(b *block, s *section) {
	if !s.present() || len(s.t.names) == 0 {
		return
	}
	of := s.here()
	var m configfile.Map
	seen := map[string]bool{}
	for _, name := range s.t.names {
		value, ok := w.header(s, name)
		canonical := http.CanonicalHeaderKey(name)
		switch i := s.t.items[name]; {
		case !ok:
		case !httpguts.ValidHeaderFieldName(name):
			w.c.failAt(of.src, "the name of a header has a character that none can have; write \"Name\" = \"value\"")
		case !httpguts.ValidHeaderFieldValue(value):
			w.c.fail(i, "the value has a character that no header can have; remove it")
		case seen[canonical]:
			w.c.fail(i, "duplicate header %s; keep one", canonical)
		default:
			of.vars = append(of.vars, i.vars...)
			m = append(m, configfile.Entry{Key: name, Value: configfile.Literal(value)})
		}
		seen[canonical] = true
	}
	w.c.secret = true
	b.put("headers", m, nil, of, "")
}

func (w *watch) header(s *section, name string) (string, bool) {
	i := s.ask(name)
	if _, several := i.value.([]*item); several {
		values, _ := s.texts(name)
		var all []string
		for _, v := range values {
			all = append(all, v.value)
		}
		return strings.Join(all, ", "), len(all) > 0
	}
	text, ok := i.value.(string)
	if !ok {
		w.c.fail(i, "found %s, want a text in quotation marks", kindOf(i))
	}
	return text, ok
}
