// SPDX-License-Identifier: Apache-2.0

package probe_test

import (
	"crypto/tls"
	"net/http"
	"testing"
	"time"

	promconfig "github.com/prometheus/common/config"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/status"
)

// TestAddressOfAnotherFamily keeps that a target which is an address is held to
// the one family too.
func TestAddressOfAnotherFamily(t *testing.T) {
	t.Parallel()
	addr := serve(t, mirror)
	server := web(t, func(http.ResponseWriter, *http.Request) {})
	for _, c := range []struct {
		o  probe.DialOptions
		ok bool
	}{
		{probe.DialOptions{}, true},
		{probe.DialOptions{Family: probe.IPv4}, true},
		{probe.DialOptions{Family: probe.IPv6, Fallback: true}, true},
		{probe.DialOptions{Family: probe.IPv6}, false},
	} {
		for name, prober := range map[string]probe.Prober{
			"tcp":        probe.TCP(probe.TCPOptions{Addr: addr, Dial: c.o}),
			"talk":       probe.TCP(probe.TCPOptions{Addr: addr, Dial: c.o, Conversation: []probe.Exchange{{Send: "hello"}}}),
			"http":       probe.HTTP(probe.HTTPOptions{URL: parse(t, server.URL), Dial: c.o}),
			"http visit": probe.HTTP(probe.HTTPOptions{URL: parse(t, server.URL), Dial: c.o, FollowRedirects: true}),
		} {
			r := prober.Probe(t.Context())
			require.Equal(t, c.ok, r.Addr.IsValid(), "%s %+v", name, c.o)
			require.Equal(t, c.ok, r.Connected(), "%s %+v", name, c.o)
			if c.ok {
				require.NoError(t, r.Err, "%s %+v", name, c.o)
			} else {
				requireFailure(t, probe.Limits{}.Judge(r), status.Dead, status.DNS, "127.0.0.1 is no address of IPv6")
			}
		}
	}
}

// TestFamilyIsTheTargets keeps that a proxy may be of another family than the
// target has to be.
func TestFamilyIsTheTargets(t *testing.T) {
	t.Parallel()
	proxy := web(t, func(http.ResponseWriter, *http.Request) {})
	config := promconfig.HTTPClientConfig{ProxyConfig: promconfig.ProxyConfig{ProxyURL: promconfig.URL{URL: parse(t, proxy.URL)}}}
	for _, resolve := range []bool{false, true} {
		r := probe.HTTP(probe.HTTPOptions{
			URL: parse(t, "http://[::1]:80/"), Client: newClient(t, config), ResolveForProxy: resolve, Dial: probe.DialOptions{Family: probe.IPv6},
		}).Probe(t.Context())
		require.NoError(t, r.Err)
	}
}

// TestRedirectOutOfTLS keeps that what is known of TLS is of the last answer.
func TestRedirectOutOfTLS(t *testing.T) {
	t.Parallel()
	plain := web(t, func(http.ResponseWriter, *http.Request) {})
	end := time.Now().Add(time.Hour)
	a := newAuthority(t, end)
	config := a.trust()
	server := secure(t, &tls.Config{Certificates: []tls.Certificate{a.issue(t, end)}}, false, http.RedirectHandler(plain.URL, http.StatusFound).ServeHTTP)
	r := probe.HTTP(probe.HTTPOptions{URL: parse(t, server.URL), TLS: config, FollowRedirects: true}).Probe(t.Context())
	require.NoError(t, r.Err)
	require.Nil(t, r.TLS)
	require.Zero(t, r.NotAfter)
	r = probe.HTTP(probe.HTTPOptions{URL: parse(t, server.URL), TLS: config, StatusCodes: []int{302}}).Probe(t.Context())
	require.NoError(t, r.Err)
	require.NotNil(t, r.TLS)
	require.NotZero(t, r.NotAfter)
}
