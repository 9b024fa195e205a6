// SPDX-License-Identifier: Apache-2.0

package config

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/pharos-status/pharos/collector/module"
	"github.com/pharos-status/pharos/internal/configfile"
)

// http returns how to ask, with the methods of Vigil: HEAD, or GET where the
// body is looked at.
func (l *loader) http(p configfile.Path, d *httpDocument) HTTP {
	if d == nil {
		return HTTP{Method: http.MethodHead}
	}
	h := HTTP{Method: strings.ToUpper(d.Method), Body: string(d.Body), Headers: l.headers(p.At("headers"), d.Headers)}
	if d.BodyMatch != "" {
		match, err := regexp.Compile(d.BodyMatch)
		if err != nil {
			l.fail(p.At("body_match"), "%v; mend the regular expression (RE2 syntax)", err)
		}
		h.BodyMatch = match
	}
	if h.Method == "" {
		h.Method = http.MethodHead
		if d.BodyMatch != "" {
			h.Method = http.MethodGet
		}
	}
	l.method(p, h, d)
	return h
}

func (l *loader) method(p configfile.Path, h HTTP, d *httpDocument) {
	methods := []string{
		http.MethodHead, http.MethodGet, http.MethodPost, http.MethodPut,
		http.MethodPatch, http.MethodDelete, http.MethodOptions,
	}
	bodiless := h.Method == http.MethodHead || h.Method == http.MethodGet
	switch {
	case !slices.Contains(methods, h.Method):
		l.fail(p.At("method"), "unknown method %q, want one of %s", d.Method, strings.Join(methods, ", "))
	case h.Body != "" && bodiless:
		l.fail(p.At("body"), "a %s request has no body; set method to POST, PUT or PATCH, or remove the body", h.Method)
	case d.BodyMatch != "" && h.Method == http.MethodHead:
		l.fail(p.At("body_match"), "the answer to HEAD has no body; set method to GET, or remove it")
	}
}

func (l *loader) headers(p configfile.Path, from module.Headers) http.Header {
	to := http.Header{}
	for _, name := range slices.Sorted(maps.Keys(from)) {
		canonical := http.CanonicalHeaderKey(name)
		switch {
		case !httpguts.ValidHeaderFieldName(name):
			l.failKey(p, name, "the name of a header has a character that none can have; write name: value") // it may be a whole header, with a secret
		case !httpguts.ValidHeaderFieldValue(from[name]):
			l.fail(p.At(name), "the value has a character that no header can have")
		case to[canonical] != nil:
			l.fail(p.At(name), "duplicate header %s; keep one", canonical)
		}
		to[canonical] = []string{from[name]}
	}
	return to
}
