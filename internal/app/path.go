// SPDX-License-Identifier: Apache-2.0

package app

import (
	"net/http"
	"net/url"
	"strings"
)

// CollapseSlashes rewrites request paths such as //reporter/web//api/ to
// /reporter/web/api/ before h sees them. A ServeMux would answer with a redirect,
// which the reporters in the field do not follow. Percent-encoded slashes stay.
func CollapseSlashes(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if escaped := r.URL.EscapedPath(); strings.Contains(escaped, "//") {
			r = withPath(r, collapse(escaped))
		}
		h.ServeHTTP(w, r)
	})
}

func withPath(r *http.Request, escaped string) *http.Request {
	path, err := url.PathUnescape(escaped)
	if err != nil {
		return r // net/http has parsed it before: does not happen
	}
	clone := *r
	u := *r.URL
	u.Path, u.RawPath = path, escaped
	clone.URL = &u
	return &clone
}

func collapse(path string) string {
	var b strings.Builder
	b.Grow(len(path))
	for i := range len(path) {
		if path[i] == '/' && i > 0 && path[i-1] == '/' {
			continue
		}
		b.WriteByte(path[i])
	}
	return b.String()
}
