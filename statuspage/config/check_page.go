// SPDX-License-Identifier: Apache-2.0

package config

import (
	"cmp"
	"net/netip"
	"regexp"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"golang.org/x/crypto/bcrypt"

	"github.com/pharos-status/pharos/internal/configfile"
)

// Program is the author of what the program does by itself; no user has this name.
const Program = "pharos"

// maxCost of a bcrypt hash takes seconds, and each one more twice as long.
const maxCost = 16

var (
	pageID     = regexp.MustCompile(`^[a-z0-9-]{1,50}$`)
	hostName   = regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)*$|^\[[0-9a-f:]+\]$`)
	headerName = regexp.MustCompile(`^[0-9A-Za-z-]+$`)
)

func (k *checker) pages(c *Config) {
	ids, hosts := map[string]bool{MainPage: true}, map[string]bool{}
	for i := range c.Pages {
		page, p := &c.Pages[i], configfile.Path{"pages", i}
		switch {
		case !pageID.MatchString(page.ID):
			k.errorf(p.At("id"), "%q: an id is 1 to 50 letters a to z, digits and hyphens", page.ID)
		case ids[page.ID]:
			k.errorf(p.At("id"), "%q is taken by another page (%s is the one that is no part of pages); write another one", page.ID, MainPage)
		}
		ids[page.ID] = true
		k.hosts(p.At("hosts"), page, hosts)
		page.matchers = k.selection(p.At("select"), page.Select)
		k.access(p.At("access"), &page.Access)
		k.language(p.At("language"), page.Language)
		page.Language = cmp.Or(page.Language, c.Language)
		page.Branding.inherit(&c.Branding)
		if page.Branding.PageURL == "" && len(page.Hosts) > 0 {
			page.Branding.PageURL = "https://" + page.Hosts[0] + "/"
		}
		k.branding(p.At("branding"), &page.Branding)
	}
}

func (k *checker) hosts(p configfile.Path, page *Page, taken map[string]bool) {
	if len(page.Hosts) == 0 {
		k.errorf(p, "is empty; name the host by which visitors ask for the page, such as status.example.com")
	}
	for i, host := range page.Hosts {
		host = strings.ToLower(strings.TrimSuffix(host, "."))
		page.Hosts[i] = host
		switch {
		case !hostName.MatchString(host):
			k.errorf(p.At(i), "%q is not the name of a host; write it without scheme, port and path, such as status.example.com", host)
		case taken[host]:
			k.errorf(p.At(i), "%q stands twice; one host has one page", host)
		}
		taken[host] = true
	}
}

func (k *checker) selection(p configfile.Path, texts []string) (all []*labels.Matcher) {
	for i, text := range texts {
		matchers, err := parser.NewParser(parser.Options{}).ParseMetricSelector("{" + text + "}")
		if err != nil || len(matchers) != 1 || matchers[0].Name == model.MetricNameLabel {
			k.errorf(p.At(i), `%q is not a matcher; write one such as 'service="web"' or 'service=~"web|api"', with both kinds of quotation marks`, text)
			continue
		}
		all = append(all, matchers[0])
	}
	return all
}

func (k *checker) access(p configfile.Path, a *Access) {
	k.password(p, &a.Password, a.PasswordFile)
	k.proxy(p.At("proxy"), &a.Proxy)
	a.SessionTimeout = cmp.Or(a.SessionTimeout, defaultAccessTimeout)
	k.atLeast(p.At("session_timeout"), a.SessionTimeout, time.Minute)
}

func (k *checker) admin(a *Admin) {
	p := configfile.Path{"admin"}
	names := map[string]bool{}
	for i := range a.Users {
		user, p := &a.Users[i], p.At("users", i)
		switch {
		case strings.TrimSpace(user.Name) == "":
			k.errorf(p.At("name"), "is missing; write the name that this user logs in with")
		case user.Name == Program:
			k.errorf(p.At("name"), "%q is the author of what the program does by itself; write another name", Program)
		case names[user.Name]:
			k.errorf(p.At("name"), "%q stands twice; give each user a name", user.Name)
		}
		k.text(p.At("name"), user.Name)
		names[user.Name] = true
		if user.Password == "" && user.PasswordFile == "" {
			k.errorf(p, "has no password; write one into a file, or its bcrypt hash, and name it by password_file")
			continue
		}
		k.password(p, &user.Password, user.PasswordFile)
	}
	k.proxy(p.At("proxy"), &a.Proxy)
	k.atLeast(p.At("session_timeout"), a.SessionTimeout, time.Minute)
}

func (k *checker) password(p configfile.Path, password *configfile.Secret, file string) {
	k.secret(p, "password", password, file)
	if !isHash(*password) {
		return
	}
	key := "password"
	if file != "" {
		key = "password_file"
	}
	switch cost, err := bcrypt.Cost([]byte(*password)); {
	case err != nil:
		k.errorf(p.At(key), "begins like a bcrypt hash and is none; make one with htpasswd -nB NAME, and leave out the name")
	case cost > maxCost:
		k.errorf(p.At(key), "is a bcrypt hash of cost %d, which keeps the machine busy at each login; use at most %d", cost, maxCost)
	}
}

func (k *checker) proxy(p configfile.Path, proxy *Proxy) {
	switch {
	case proxy.Header == "" && len(proxy.Addresses) > 0:
		k.errorf(p, "has trusted and no header; name the header in which the proxy names the user, such as X-Forwarded-User")
	case proxy.Header == "":
	case !headerName.MatchString(proxy.Header):
		k.errorf(p.At("header"), "%q is not the name of a header; write one such as X-Forwarded-User", proxy.Header)
	case len(proxy.Addresses) == 0:
		k.errorf(p, "has a header and nobody who is trusted; write the addresses of the proxy, such as trusted: [127.0.0.1/32]")
	}
	proxy.Trusted = k.networks(p.At("trusted"), proxy.Addresses)
}

// networks reads addresses and networks of proxies.
func (k *checker) networks(p configfile.Path, texts []string) (all []netip.Prefix) {
	for i, text := range texts {
		prefix, err := netip.ParsePrefix(text)
		if addr, e := netip.ParseAddr(text); e == nil && addr.Zone() == "" {
			prefix, err = netip.PrefixFrom(addr, addr.BitLen()), nil
		}
		switch {
		case err != nil:
			k.errorf(p.At(i), "%q is not an address or a network; write one such as 127.0.0.1 or 10.0.0.0/8", text)
		case prefix.Bits() == 0:
			k.errorf(p.At(i), "%s trusts everybody with any header; write the addresses of the proxy", prefix)
		}
		all = append(all, prefix.Masked())
	}
	return all
}
