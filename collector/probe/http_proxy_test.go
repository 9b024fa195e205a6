// SPDX-License-Identifier: Apache-2.0

package probe_test

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"strings"
	"sync"
	"testing"
	"time"

	promconfig "github.com/prometheus/common/config"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/status"
)

// A proxy is asked for targets, by their names.
type proxy struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string
}

func newProxy(t *testing.T) *proxy {
	t.Helper()
	p := &proxy{}
	forward := &httputil.ReverseProxy{Rewrite: func(*httputil.ProxyRequest) {}}
	p.Server = web(t, func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.asked = append(p.asked, r.Method+" "+r.URL.Host+" "+r.Host+" "+r.Header.Get("Proxy-Secret"))
		p.mu.Unlock()
		if r.Method != http.MethodConnect {
			forward.ServeHTTP(w, r)
			return
		}
		target, err := net.Dial("tcp", r.Host)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer target.Close()
		w.WriteHeader(http.StatusOK)
		conn, heard, _ := http.NewResponseController(w).Hijack() // heard begins with what came meanwhile
		defer conn.Close()
		var all sync.WaitGroup
		all.Go(func() { _, _ = io.Copy(target, heard); _ = target.Close() })
		all.Go(func() { _, _ = io.Copy(conn, target); _ = conn.Close() })
		all.Wait()
	})
	return p
}

func TestHTTPProxy(t *testing.T) {
	t.Parallel()
	a := newAuthority(t, time.Now().Add(time.Hour))
	secured := secure(t, &tls.Config{Certificates: []tls.Certificate{a.issue(t, time.Now().Add(time.Hour))}, MinVersion: tls.VersionTLS12}, false, ok)
	plain := web(t, ok)
	for name, test := range map[string]struct {
		server  *httptest.Server
		resolve bool
		asked   string // with NAME for localhost:port and ADDR for the address
	}{
		"http":            {plain, false, "GET NAME NAME "},
		"http resolved":   {plain, true, "GET NAME NAME "},
		"https":           {secured, false, "CONNECT NAME NAME hush"},
		"https, resolved": {secured, true, "CONNECT ADDR ADDR hush"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProxy(t)
			addr := test.server.Listener.Addr().String()
			byName := "localhost:" + portOf(t, addr)
			client := newClient(t, promconfig.HTTPClientConfig{ProxyConfig: promconfig.ProxyConfig{
				ProxyURL:           promconfig.URL{URL: parse(t, p.URL)},
				ProxyConnectHeader: promconfig.ProxyHeader{"Proxy-Secret": {"hush"}},
			}})
			o := probe.HTTPOptions{
				URL: parse(t, strings.Replace(test.server.URL, addr, byName, 1)), Client: client, TLS: a.trust(),
				ResolveForProxy: test.resolve, BodyMatch: re("ok"), Dial: probe.DialOptions{Family: probe.IPv4},
			}
			r := probe.HTTP(o).Probe(t.Context())
			require.NoError(t, r.Err)
			p.mu.Lock()
			defer p.mu.Unlock()
			want := strings.NewReplacer("NAME", byName, "ADDR", addr).Replace(test.asked)
			require.Equal(t, []string{want}, p.asked)
			require.Equal(t, test.resolve, r.Lookup > 0)
			require.Equal(t, test.server == secured, r.HTTP.TLS)
			if test.server == secured {
				require.Equal(t, "CN=target", r.TLS.Subject)
			}
		})
	}
}

func TestHTTPProxyFailures(t *testing.T) {
	t.Parallel()
	through := func(proxy string) probe.HTTPOptions {
		config := promconfig.HTTPClientConfig{ProxyConfig: promconfig.ProxyConfig{ProxyURL: promconfig.URL{URL: parse(t, proxy)}}}
		return probe.HTTPOptions{URL: parse(t, "https://"+refused), Client: newClient(t, config)}
	}
	requireFailure(t, verdict(t, probe.HTTP(through("http://"+refused)), patience), status.Dead, status.Connect, "connection refused")
	requireFailure(t, verdict(t, probe.HTTP(through(newProxy(t).URL)), patience), status.Dead, status.Protocol, "Bad Gateway")
}
