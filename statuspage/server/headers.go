// SPDX-License-Identifier: Apache-2.0

package server

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/view"
)

// A header is a line of an answer. Its values are shared by all answers, which saves
// making them for each visitor.
type header struct {
	name  string // in its canonical form
	value []string
}

// transportSecurity keeps browsers from coming without TLS for a year. It speaks for
// this host alone: what else the domain has is not ours to bind.
const transportSecurity = "max-age=31536000"

// securityHeaders returns what every answer of a page carries.
func securityHeaders(b statuspage.Brand, private bool) []header {
	all := []header{
		{"Content-Security-Policy", []string{policy(b) + "; frame-ancestors 'none'"}},
		{"Cross-Origin-Opener-Policy", []string{"same-origin"}},
		{"Permissions-Policy", []string{"camera=(), geolocation=(), microphone=()"}},
		{"Referrer-Policy", []string{"strict-origin-when-cross-origin"}},
		{"X-Content-Type-Options", []string{"nosniff"}},
		{"X-Frame-Options", []string{"DENY"}},
	}
	if private {
		all = append(all, header{"X-Robots-Tag", []string{"noindex, nofollow"}})
	}
	return all
}

func setHeaders(w http.ResponseWriter, all []header) {
	h := w.Header()
	for _, line := range all {
		h[line.name] = line.value
	}
}

// policy returns the Content-Security-Policy of a page, but for what only a header may
// say. Everything on it comes from
// the server itself, or is inline and has its hash here; so has what is inline in the
// operator's own HTML. Other origins are those of the brand's images, and those that
// the configuration allows.
func policy(b statuspage.Brand) string {
	scripts, styles := view.Hashes()
	ownScripts, ownStyles, _ := view.InlineHashes(b.CustomHTML)
	images := []string{"'self'"}
	for _, address := range []string{b.IconURL, b.LogoURL} {
		if u, err := url.Parse(address); err == nil && u.Host != "" {
			images = append(images, u.Scheme+"://"+u.Host)
		}
	}
	self := []string{"'self'"}
	directives := []string{
		"default-src 'none'", "base-uri 'none'", "form-action 'self'",
		directive("script-src", self, scripts, ownScripts, b.CSPSources),
		directive("style-src", self, styles, ownStyles, b.CSPSources),
		directive("img-src", images, b.CSPSources),
		directive("connect-src", self, b.CSPSources),
	}
	if len(b.CSPSources) > 0 {
		directives = append(directives, directive("font-src", b.CSPSources), directive("frame-src", b.CSPSources))
	}
	return strings.Join(directives, "; ")
}

// directive returns a directive with each source once.
func directive(name string, sources ...[]string) string {
	all := []string{name}
	for _, source := range slices.Concat(sources...) {
		if !slices.Contains(all, source) {
			all = append(all, source)
		}
	}
	return strings.Join(all, " ")
}
