// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/pharos-status/pharos/statuspage/config"
)

// peer returns the address that a request comes from, as the connection tells; the
// zero Addr if it is no IP address.
func peer(r *http.Request) netip.Addr {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return at.Addr().Unmap().WithZone("")
}

// trusted tells whether the address is that of a proxy of ours, of which headers are
// believed.
func trusted(p config.Proxy, at netip.Addr) bool {
	return slices.ContainsFunc(p.Trusted, func(t netip.Prefix) bool { return t.Contains(at) })
}

// origin returns whom attempts to log in are counted against: the address of the
// client, which is the last one in X-Forwarded-For that no proxy of ours has. Of an
// IPv6 address it is the network, as a client has as many of those as it likes.
func origin(p config.Proxy, r *http.Request) netip.Prefix {
	at := peer(r)
	if trusted(p, at) {
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		for _, hop := range slices.Backward(hops) {
			next, err := netip.ParseAddr(strings.TrimSpace(hop))
			if err != nil {
				break
			}
			at = next.Unmap().WithZone("")
			if !trusted(p, at) {
				break
			}
		}
	}
	bits := at.BitLen()
	if at.Is6() {
		bits = 64
	}
	network, _ := at.Prefix(bits) // an error leaves the zero Prefix: one origin for all that have no address
	return network
}

// secure tells whether the client's browser speaks TLS: with us, or with a proxy of
// ours, which says so.
func secure(p config.Proxy, r *http.Request) bool {
	return r.TLS != nil || trusted(p, peer(r)) && strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}

// proxied returns the user that a proxy of ours has authenticated, "" if there is none.
func proxied(p config.Proxy, r *http.Request) string {
	if !p.Trusts(peer(r)) {
		return ""
	}
	if values := r.Header.Values(p.Header); len(values) == 1 {
		return strings.TrimSpace(values[0])
	}
	return "" // of several, one may be the client's own
}
