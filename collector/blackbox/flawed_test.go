// SPDX-License-Identifier: Apache-2.0

package blackbox_test

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestUnknownProbers keeps that a module without a prober of ours is refused when
// it is asked for, and keeps no other from working.
func TestUnknownProbers(t *testing.T) {
	t.Parallel()
	h := handler(t, simple+`
  odd: {prober: carrier_pigeon}
  none: {timeout: 5s}
  empty:
`)
	for name, says := range map[string]string{"odd": `Unknown prober "carrier_pigeon"`, "none": `Unknown prober ""`, "empty": `Unknown prober ""`} {
		w := ask(t, h, "module", name, "target", "a")
		require.Equal(t, http.StatusBadRequest, w.Code, name)
		require.Contains(t, w.Body.String(), says)
		require.Contains(t, ask(t, h, "module", name).Body.String(), "target is missing", "which is told first")
	}
	good := listen(t, "tcp", "127.0.0.1:0", banner("hello\n")).Addr().String()
	require.InDelta(t, 1, value(t, metrics(t, ask(t, h, "module", "tcp", "target", good).Body.Bytes()), "probe_success"), 0)
}

func TestFlawedModulesFail(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	h := handler(t, `modules:
  packed: {prober: http, http: {compression: zstd}}
  contrary: {prober: http, http: {fail_if_ssl: true, fail_if_not_ssl: true}}
  named: {prober: tcp, tcp: {source_ip_address: eth0}}
  udp: {prober: dns, dns: {query_name: a, dns_over_tls: true, transport_protocol: udp}}
  rcode: {prober: dns, dns: {query_name: a, valid_rcodes: [noerror]}}
  large: {prober: icmp, icmp: {payload_size: 70000}}
  text: {prober: http, http: {fail_if_body_json_matches_cel: "'text'"}}
`)
	for name, says := range map[string]string{
		"packed": `unknown compression "zstd"`, "contrary": "keep one", "named": `"eth0" is no IP address`, "udp": "needs tcp",
		"rcode": `unknown response code "noerror"`, "large": "want 0 to 65507", "text": "want bool",
	} {
		w := ask(t, h, "module", name, "target", server.Listener.Addr().String())
		require.Equal(t, http.StatusOK, w.Code, name)
		require.Zero(t, value(t, metrics(t, w.Body.Bytes()), "probe_success"), name)
		require.Contains(t, h.history.Recent()[0].Problem, says, name)
	}
}

// TestFamilies keeps what preferred_ip_protocol and ip_protocol_fallback mean, also
// of a target that is an address.
func TestFamilies(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(server.Close)
	h := handler(t, `modules:
  http: {prober: http}
  http_6: {prober: http, http: {ip_protocol_fallback: false}}
  http_4: {prober: http, http: {preferred_ip_protocol: ipv4, ip_protocol_fallback: false}}
  tcp_6: {prober: tcp, tcp: {ip_protocol_fallback: false}}
  tcp_4: {prober: tcp, tcp: {preferred_ip_protocol: "4", ip_protocol_fallback: false}}
  icmp_6: {prober: icmp, icmp: {ip_protocol_fallback: false}}
`)
	for name, want := range map[string]float64{"http": 4, "http_6": 0, "http_4": 4, "tcp_6": 0, "tcp_4": 4, "icmp_6": 0} {
		target := server.Listener.Addr().String()
		if name == "icmp_6" {
			target = "127.0.0.1"
		}
		m := metrics(t, ask(t, h, "module", name, "target", target).Body.Bytes())
		require.InDelta(t, want, value(t, m, "probe_ip_protocol"), 0, name)
		require.InDelta(t, min(want, 1), value(t, m, "probe_success"), 0, name)
	}
}

// TestConversationMetricsNeedAConnection keeps that nothing is said of a conversation that
// could not begin.
func TestConversationMetricsNeedAConnection(t *testing.T) {
	t.Parallel()
	h := handler(t, "modules: {tcp: {prober: tcp}, tls: {prober: tcp, tcp: {tls: true}}, unix: {prober: unix}}")
	good := listen(t, "tcp", "127.0.0.1:0", func(conn net.Conn) { _, _ = io.WriteString(conn, "no TLS\n") }).Addr().String()
	socket := listen(t, "unix", t.TempDir()+"/s", banner("")).Addr().String()
	for _, c := range []struct {
		module, target string
		want           bool
	}{
		{"tcp", good, true},
		{"tcp", closedPort(t), false},
		{"tls", good, false},
		{"unix", socket, true},
		{"unix", socket + ".absent", false},
	} {
		m := metrics(t, ask(t, h, "module", c.module, "target", c.target).Body.Bytes())
		for _, name := range []string{"probe_failed_due_to_regex", "probe_failed_due_to_bytes"} {
			_, there := m[name]
			require.Equal(t, c.want, there, "%+v %s", c, name)
		}
	}
}

// TestServerNameHasThePort keeps that a Host with a port is asked for as it stands.
func TestServerNameHasThePort(t *testing.T) {
	t.Parallel()
	asked := make(chan string, 1)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Host) }))
	server.TLS = &tls.Config{GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		asked <- hello.ServerName
		return nil, nil //nolint:nilnil // as crypto/tls has it
	}}
	server.StartTLS()
	t.Cleanup(server.Close)
	h := handler(t, `modules: {m: {prober: http, http: {tls_config: {insecure_skip_verify: true}, fail_if_body_not_matches_regexp: ["^shop.example:8443$"]}}}`)
	for hostname, want := range map[string]string{"shop.example:8443": "shop.example:8443"} {
		m := metrics(t, ask(t, h, "module", "m", "target", server.URL, "hostname", hostname).Body.Bytes())
		require.Equal(t, want, <-asked)
		require.InDelta(t, 1, value(t, m, "probe_success"), 0)
	}
}

func TestRedirectOutOfTLS(t *testing.T) {
	t.Parallel()
	plain := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(plain.Close)
	secure := httptest.NewTLSServer(http.RedirectHandler(plain.URL, http.StatusFound))
	t.Cleanup(secure.Close)
	gone := httptest.NewTLSServer(http.RedirectHandler("http://"+closedPort(t), http.StatusFound))
	t.Cleanup(gone.Close)
	h := handler(t, "modules: {m: {prober: http, http: {tls_config: {insecure_skip_verify: true}}}}")
	for target, success := range map[string]float64{secure.URL: 1, gone.URL: 0} {
		text := ask(t, h, "module", "m", "target", target).Body.Bytes()
		m := metrics(t, text)
		require.InDelta(t, success, value(t, m, "probe_success"), 0)
		require.Zero(t, value(t, m, "probe_http_ssl"))
		require.NotContains(t, string(text), "probe_ssl_")
		require.NotContains(t, string(text), "probe_tls_")
	}
}

// TestQueriesAreHidden keeps that what a target has in its query is nowhere shown,
// and that its log is found nevertheless.
func TestQueriesAreHidden(t *testing.T) {
	t.Parallel()
	h := handler(t, simple)
	one, other := "http://"+closedPort(t)+"/?token=hunter2", "http://"+closedPort(t)+"/?token=hunter3"
	for _, target := range []string{one, other} {
		require.NotContains(t, ask(t, h, "target", target, "debug", "true").Body.String(), "hunter")
	}
	for _, e := range h.history.Recent() {
		require.True(t, strings.HasSuffix(e.Target, "/?<secret>"), e.Target)
		require.NotContains(t, e.Problem, "hunter")
	}
	for target, code := range map[string]int{one: 200, other: 200, one + "4": 404} {
		w := ask(t, h.history, "module", "http_2xx", "target", target)
		require.Equal(t, code, w.Code, target)
		require.NotContains(t, w.Body.String(), "hunter")
	}
	text := ask(t, h.history, "module", "http_2xx", "target", one).Body.String()
	require.Contains(t, text, strings.TrimSuffix(one, "?token=hunter2"), "and not of the other")
}

func TestPost(t *testing.T) {
	t.Parallel()
	h := handler(t, simple)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/probe?"+query("module", "tcp", "target", closedPort(t)), nil))
	require.Equal(t, http.StatusOK, w.Code)
	require.Zero(t, value(t, metrics(t, w.Body.Bytes()), "probe_success"))
}
