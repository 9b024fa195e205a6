// SPDX-License-Identifier: Apache-2.0

package config

import (
	"net/netip"
	"slices"
)

// Web is about the way on which requests come.
type Web struct {
	TrustedProxies []string `yaml:"trusted_proxies"` // addresses and networks, as the file gives them; see [Config.Proxies]

	trusted []netip.Prefix
}

// thisMachine trusts proxies on the same machine alone.
func thisMachine() Web {
	return Web{
		TrustedProxies: []string{"127.0.0.0/8", "::1/128"},
		trusted:        []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")},
	}
}

// Proxies returns the networks whose word on a visitor's address and protocol is
// believed: what web.trusted_proxies names, and the proxies that log people in.
func (c *Config) Proxies() []netip.Prefix {
	all := slices.Concat(c.Web.trusted, c.Admin.Proxy.Trusted)
	for _, p := range c.All() {
		all = append(all, p.Access.Proxy.Trusted...)
	}
	return all
}

// Uncovered returns the private pages that select components and hide none of them,
// since another page is for everyone and selects nothing: pairs of their IDs.
func (c *Config) Uncovered() [][2]string {
	var all [][2]string
	for _, private := range c.All() {
		if !private.Access.Private() || len(private.Select) == 0 {
			continue
		}
		for _, open := range c.All() {
			if !open.Access.Private() && len(open.Select) == 0 {
				all = append(all, [2]string{private.ID, open.ID})
			}
		}
	}
	return all
}
