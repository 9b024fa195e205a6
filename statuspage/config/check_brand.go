// SPDX-License-Identifier: Apache-2.0

package config

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/pharos-status/pharos/internal/configfile"
)

var languages = []string{"en", "fr", "de", "es", "pt", "nl", "ja", "zh"}

func (k *checker) language(p configfile.Path, language string) {
	if language != "" && !slices.Contains(languages, language) {
		k.errorf(p, "%q is not one of the languages of the page; write one of %s, or nothing for the visitor's choice", language, strings.Join(languages, ", "))
	}
}

func (k *checker) branding(p configfile.Path, b *Branding) {
	if strings.TrimSpace(b.PageTitle) == "" {
		k.errorf(p.At("page_title"), "is empty; the page needs a title")
	}
	k.link(p.At("page_url"), b.PageURL)
	k.link(p.At("website_url"), b.WebsiteURL)
	k.link(p.At("support_url"), b.SupportURL, "mailto")
	k.link(p.At("icon_url"), b.IconURL)
	k.link(p.At("logo_url"), b.LogoURL)
	k.color(p.At("icon_color"), b.IconColor)
	k.color(p.At("logo_color"), b.LogoColor)
	for i, source := range b.CSPSources {
		if !cspSource.MatchString(source) {
			k.errorf(p.At("csp_sources", i), "%q is not an origin; write scheme and host alone, such as https://cdn.example.com", source)
		}
	}
}

// link checks an address that is put into the page.
func (k *checker) link(p configfile.Path, link string, more ...string) {
	if link == "" {
		return
	}
	u, err := url.Parse(link)
	switch {
	case err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "":
	case err == nil && slices.Contains(more, u.Scheme) && u.Opaque != "":
	default:
		k.errorf(p, "%q is not an address; write it in full, such as https://status.example.com/", link)
	}
}

// cssColor matches what can only be a color where CSS wants one: a name, a
// number, or a color function of numbers.
var cssColor = regexp.MustCompile(`^(#([0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})|[a-zA-Z]{3,30}|(rgb|hsl)a?\([0-9a-z.,%/ -]{1,60}\))$`)

func (k *checker) color(p configfile.Path, color string) {
	if color != "" && !cssColor.MatchString(color) {
		k.errorf(p, "%q is not a color; write one such as \"#1972f5\", in quotes", color)
	}
}

// cspSource matches what can only be the origin of a Content-Security-Policy, and no
// second directive.
var cspSource = regexp.MustCompile(`^https?://(\*\.)?[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*(:[0-9]{1,5})?$`)
