// SPDX-License-Identifier: Apache-2.0

package visitor_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/statuspage/visitor"
)

func TestAddress(t *testing.T) {
	t.Parallel()
	p := visitor.Proxies{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("127.0.0.0/8")}
	for _, c := range []struct{ remote, forwarded, want string }{
		{"198.51.100.1:1", "", "198.51.100.1"},
		{"198.51.100.1:1", "203.0.113.9", "198.51.100.1"},
		{"10.0.0.1:1", "203.0.113.9", "203.0.113.9"},
		{"127.0.0.1:1", "1.1.1.1, 203.0.113.9", "203.0.113.9"},
		{"10.0.0.1:1", "1.1.1.1, 203.0.113.9, 10.0.0.2", "203.0.113.9"},
		{"10.0.0.1:1", "nonsense", "10.0.0.1"},
		{"10.0.0.1:1", "203.0.113.9, nonsense", "10.0.0.1"},
		{"[::ffff:10.0.0.1]:1", "2001:db8::1", "2001:db8::1"},
		{"10.0.0.1:1", "", "10.0.0.1"},
		{"pipe", "203.0.113.9", "invalid IP"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.remote
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		require.Equal(t, c.want, p.Address(r).String(), c)
	}
}

func TestSecure(t *testing.T) {
	t.Parallel()
	p := visitor.Proxies{netip.MustParsePrefix("10.0.0.0/8")}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("X-Forwarded-Proto", "HTTPS")
	for remote, want := range map[string]bool{"10.0.0.1:1": true, "[::ffff:10.0.0.1]:1": true, "127.0.0.1:1": false, "pipe": false} {
		r.RemoteAddr = remote
		require.Equal(t, want, p.Secure(r), remote)
	}
	r.TLS = &tls.ConnectionState{}
	require.True(t, p.Secure(r))
}

func TestNetwork(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"192.0.2.1": "192.0.2.1/32", "::ffff:192.0.2.1": "192.0.2.1/32", "2001:db8::1:2:3:4": "2001:db8::/64", "fe80::1%eth0": "fe80::/64",
	} {
		require.Equal(t, want, visitor.Network(netip.MustParseAddr(address)).String(), address)
	}
	require.Equal(t, netip.Prefix{}, visitor.Network(netip.Addr{}))
}
