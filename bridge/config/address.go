// SPDX-License-Identifier: Apache-2.0

package config

import (
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// Found tells whether a host with a port, as it is dialled, is that of external_url.
// The names of this machine are one: localhost, 127.0.0.1 and [::1].
func (c *Config) Found(address string) bool {
	host, port, err := net.SplitHostPort(address)
	if err != nil || port != portOf(c.external) {
		return false
	}
	ours := c.external.Hostname()
	return strings.EqualFold(host, ours) || here(host) && here(ours)
}

// HostPort returns what is dialled for an address of http or https.
func HostPort(u *url.URL) string { return net.JoinHostPort(u.Hostname(), portOf(u)) }

func portOf(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}

// here tells whether a host is the usual name of this machine, or its usual address.
func here(host string) bool {
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return strings.EqualFold(host, "localhost")
	}
	return ip == netip.IPv6Loopback() || ip == netip.AddrFrom4([4]byte{127, 0, 0, 1})
}
