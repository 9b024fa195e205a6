// SPDX-License-Identifier: Apache-2.0

package config

import (
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/prometheus/common/model"

	"github.com/pharos-status/pharos/internal/configfile"
)

const (
	minRefresh = time.Second // keeps a page from wearing out its Prometheus
	maxText    = 200         // of what is shown or labels something, in bytes
	minToken   = 8           // bytes
)

// check validates c, which was decoded from f, and completes it: relative file
// names begin in the folder of f, secrets are read from their files, and pages have
// what they take from the main one.
func (c *Config) check(f *configfile.File) error {
	k := checker{file: f}
	k.endpoint("prometheus", &c.Prometheus)
	k.endpoint("alertmanager", &c.Alertmanager)
	k.times(c)
	k.language(configfile.Path{"language"}, c.Language)
	k.branding(configfile.Path{"branding"}, &c.Branding)
	k.manager(&c.Manager)
	c.Web.trusted = k.networks(configfile.Path{"web", "trusted_proxies"}, c.Web.TrustedProxies)
	k.store(&c.Store)
	k.admin(&c.Admin)
	c.matchers = k.selection(configfile.Path{"select"}, c.Select)
	k.access(configfile.Path{"access"}, &c.Access)
	k.components(c.Components)
	k.pages(c)
	k.fromAlerts(&c.Incidents.FromAlerts)
	k.subscribers(&c.Subscribers)
	c.Export.Dir = f.Path(c.Export.Dir)
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

func (k *checker) times(c *Config) {
	refresh, stale := time.Duration(c.RefreshInterval), time.Duration(c.StaleAfter)
	k.atLeast(configfile.Path{"refresh_interval"}, c.RefreshInterval, minRefresh)
	if refresh >= minRefresh && stale <= refresh {
		k.errorf(configfile.Path{"stale_after"}, "%s is not longer than refresh_interval, which is %s; the page would be stale between two refreshes",
			c.StaleAfter, c.RefreshInterval)
	}
	k.atLeast(configfile.Path{"export", "every"}, c.Export.Every, minRefresh)
}

// atLeast checks a time.
func (k *checker) atLeast(p configfile.Path, d model.Duration, least time.Duration) {
	if time.Duration(d) < least {
		k.errorf(p, "%s is too short; use %s or more", d, model.Duration(least))
	}
}

// secret reads what key and key_file of the mapping at p give into value.
func (k *checker) secret(p configfile.Path, key string, value *configfile.Secret, file string) {
	secret, err := k.file.Secret(p, key, *value, file)
	if err != nil {
		k.errs = append(k.errs, err)
	}
	*value = secret
}

// manager reads the token, and refuses one that could be guessed in spite of the
// limit to what one address may try.
func (k *checker) manager(m *Manager) {
	p := configfile.Path{"manager"}
	k.secret(p, "token", &m.Token, m.TokenFile)
	if m.Token == "" || len(m.Token) >= minToken {
		return
	}
	key := "token"
	if m.TokenFile != "" {
		key = "token_file"
	}
	k.errorf(p.At(key), "has %d characters; use %d or more, such as openssl rand -hex 16 makes", len(m.Token), minToken)
}

// id checks what stands in labels and addresses.
func (k *checker) id(p configfile.Path, id string) {
	switch {
	case id == "":
		k.errorf(p, "is missing; write one that stays the same when the label changes")
	case strings.Contains(id, "/"):
		k.errorf(p, "%q has a slash, which parts a service from its node; write another sign", id)
	case id == "." || id == "..":
		k.errorf(p, "%q can't be part of a path; write another one", id)
	default:
		k.text(p, id)
	}
}

// text checks what is short and shown in a line.
func (k *checker) text(p configfile.Path, text string) {
	switch {
	case len(text) > maxText:
		k.errorf(p, "has %d bytes; use at most %d", len(text), maxText)
	case !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl):
		k.errorf(p, "has a control character; remove it")
	}
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

// store checks the address of the database, and never shows it: there is a password in it.
func (k *checker) store(s *Store) {
	p := configfile.Path{"store"}
	k.secret(p, "url", &s.URL, s.URLFile)
	if s.URL == "" {
		return
	}
	u, err := url.Parse(string(s.URL))
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" || strings.Trim(u.Path, "/") == "" {
		if s.URLFile != "" {
			p = p.At("url_file")
		} else {
			p = p.At("url")
		}
		k.errorf(p, "not the address of a PostgreSQL database; write one such as postgres://user:password@host/database, with signs such as @ in the password escaped")
	}
}
