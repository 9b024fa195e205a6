// SPDX-License-Identifier: Apache-2.0

package config

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pharos-status/pharos/internal/configfile"
)

// minRefresh keeps a page from wearing out its Prometheus.
const minRefresh = time.Second

// check validates c, which was decoded from f, and completes it: relative file
// names begin in the folder of f, and the manager token is read from its file.
func (c *Config) check(f *configfile.File) error {
	k := checker{file: f}
	k.endpoint("prometheus", &c.Prometheus)
	k.endpoint("alertmanager", &c.Alertmanager)
	k.branding(configfile.Path{"branding"}, &c.Branding)

	manager := configfile.Path{"manager"}
	token, err := f.Secret(manager, "token", c.Manager.Token, c.Manager.TokenFile)
	if err != nil {
		k.errs = append(k.errs, err)
	}
	c.Manager.Token = token

	refresh, stale := time.Duration(c.RefreshInterval), time.Duration(c.StaleAfter)
	switch {
	case refresh < minRefresh:
		k.errorf(configfile.Path{"refresh_interval"}, "%s is too short; use %s or more", c.RefreshInterval, minRefresh)
	case stale <= refresh:
		k.errorf(configfile.Path{"stale_after"}, "%s is not longer than refresh_interval, which is %s; the page would be stale between two refreshes",
			c.StaleAfter, c.RefreshInterval)
	}
	return k.errs.Err()
}

// A checker collects what is wrong with a file.
type checker struct {
	file *configfile.File
	errs configfile.Errors
}

func (k *checker) errorf(p configfile.Path, format string, args ...any) {
	k.errs = append(k.errs, k.file.Errorf(p, format, args...))
}

func (k *checker) endpoint(key string, e *Endpoint) {
	p := configfile.Path{key}
	u, err := url.Parse(e.URL)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		k.errorf(p.At("url"), "not an address; write one such as http://127.0.0.1:9090")
	case u.User != nil:
		k.errorf(p.At("url"), "an address holds no user and password; use basic_auth")
	case u.RawQuery != "" || u.Fragment != "":
		k.errorf(p.At("url"), "%q has a query or a fragment; remove it", e.URL)
	}
	k.errs = append(k.errs, k.file.HTTPClient(p, &e.HTTP)...)
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
