// SPDX-License-Identifier: Apache-2.0

package server

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// proxies are the networks whose word on a visitor's address and protocol counts:
// this machine, and those that the configuration trusts.
type proxies []netip.Prefix

// trusts tells whether the request comes from one of the proxies themselves.
func (p proxies) trusts(a netip.Addr) bool {
	return a.IsLoopback() || contains(p, a)
}

func contains(networks []netip.Prefix, a netip.Addr) bool {
	return slices.ContainsFunc(networks, func(n netip.Prefix) bool { return n.Contains(a) })
}

// peer returns the address that the request was sent from.
func peer(r *http.Request) netip.Addr {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap()
}

// visitor returns the address that a request came from first: where proxies are
// trusted, the last one in X-Forwarded-For that is none of them. What stands before
// it anybody may have written.
func (p proxies) visitor(r *http.Request) netip.Addr {
	from := peer(r)
	if !p.trusts(from) {
		return from
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		a, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			return from
		}
		if from = a.Unmap(); !p.trusts(from) {
			return from
		}
	}
	return from
}

// secure tells whether the visitor came by TLS, to us or to a trusted proxy.
func (p proxies) secure(r *http.Request) bool {
	return r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https") && p.trusts(peer(r))
}
