// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"net/http"
	"net/netip"
	"strings"

	"github.com/pharos-status/pharos/statuspage/config"
	"github.com/pharos-status/pharos/statuspage/visitor"
)

// origin returns whom attempts to log in are counted against. Of an IPv6 address it is
// the network, as a client has as many of those as it likes.
func origin(c *config.Config, r *http.Request) netip.Prefix {
	return visitor.Network(visitor.Proxies(c.Proxies()).Address(r))
}

// secure tells whether the client's browser speaks TLS: with us, or with a proxy of
// ours, which says so.
func secure(c *config.Config, r *http.Request) bool { return visitor.Proxies(c.Proxies()).Secure(r) }

// proxied returns the user that a proxy of ours has authenticated, "" if there is none.
func proxied(p config.Proxy, r *http.Request) string {
	if !p.Trusts(visitor.Peer(r)) {
		return ""
	}
	if values := r.Header.Values(p.Header); len(values) == 1 {
		return strings.TrimSpace(values[0])
	}
	return "" // of several, one may be the client's own
}
