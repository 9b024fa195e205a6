// SPDX-License-Identifier: Apache-2.0

// Package visitor tells who sent a request, and whether their browser speaks TLS, also
// where proxies stand in between. Which proxies are to be believed is left to the
// configuration, what follows from the answers to those who serve.
package visitor

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Proxies are the networks whose word on a visitor's address and protocol counts.
type Proxies []netip.Prefix

// Trusts tells whether the address is that of one of the proxies.
func (p Proxies) Trusts(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	return slices.ContainsFunc(p, func(n netip.Prefix) bool { return n.Contains(a) })
}

// Peer returns the address that the request was sent from, as the connection tells;
// the zero Addr if that is no IP address.
func Peer(r *http.Request) netip.Addr {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return at.Addr().Unmap().WithZone("")
}

// Address returns the address that a request came from first: where proxies are
// trusted, the last one in X-Forwarded-For that is none of them. What stands before
// it anybody may have written.
func (p Proxies) Address(r *http.Request) netip.Addr {
	from := Peer(r)
	if !p.Trusts(from) {
		return from
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		a, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			return from
		}
		if from = a.Unmap().WithZone(""); !p.Trusts(from) {
			return from
		}
	}
	return from
}

// Secure tells whether the visitor came by TLS, to us or to a trusted proxy.
func (p Proxies) Secure(r *http.Request) bool {
	return r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https") && p.Trusts(Peer(r))
}

// Network returns what counts as one visitor: an IPv4 address, or the /64 that one
// household has of IPv6. All that have no address are one.
func Network(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := 32
	if a.Is6() {
		bits = 64
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}
