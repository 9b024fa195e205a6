// SPDX-License-Identifier: Apache-2.0

package blackbox_test

import (
	"encoding/pem"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"
	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
)

// additions are what versions after 0.23 give besides.
func additions() []string {
	return []string{"probe_timeout_seconds", "probe_tls_cipher_info", "probe_failed_due_to_bytes"}
}

// measured are metrics whose values are times that differ from probe to probe.
func measured(name string) bool {
	return strings.HasSuffix(name, "_duration_seconds") || name == "probe_dns_lookup_time_seconds"
}

// differences are the metrics that are not compared in a case, and why.
func differences(module, path string) []string {
	switch {
	case path == "/moved" && strings.HasPrefix(module, "http_stay"):
		return []string{"probe_http_uncompressed_body_length"} // the body of a redirect that is an answer is read
	case module == "tcp":
		return []string{"probe_failed_due_to_regex"} // since 0.27 only once the connection stands
	case path == "/loop":
		return []string{"probe_http_content_length"} // nobody has read the answer that was one too many
	case strings.HasPrefix(module, "grpc"):
		return []string{
			"probe_ssl_earliest_cert_expiry",                // 0 without TLS until 0.25
			"probe_ssl_last_chain_expiry_timestamp_seconds", // since 0.24
		}
	}
	return nil
}

// samples returns the samples of an answer, but for those of some metrics. A
// value that is measured is left out.
func samples(families map[string]*dto.MetricFamily, but []string) []string {
	var all []string
	for name, f := range families {
		if slices.Contains(but, name) {
			continue
		}
		for _, m := range f.GetMetric() {
			pairs := map[string]string{}
			for _, l := range m.GetLabel() {
				pairs[l.GetName()] = l.GetValue()
			}
			delete(pairs, "serialnumber") // since 0.26
			line := []string{name}
			for _, label := range slices.Sorted(maps.Keys(pairs)) {
				line = append(line, fmt.Sprintf("%s=%q", label, pairs[label]))
			}
			if !measured(name) {
				line = append(line, fmt.Sprint(m.GetGauge().GetValue()))
			}
			all = append(all, strings.Join(line, " "))
		}
	}
	slices.Sort(all)
	return all
}

// world is what both are asked to probe.
type world struct {
	plain, secure, greeter, nameServer, grpc, secureGRPC, proxy, closed string
	authorities                                                         string // a file
}

func newWorld(t *testing.T) world {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Last-Modified", "Wed, 21 Oct 2015 07:28:00 GMT")
		w.Header().Set("X-Said", r.Method)
		body, _ := io.ReadAll(r.Body)
		_, _ = fmt.Fprintf(w, "all is well %s", body)
	})
	mux.HandleFunc("/broken", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "broken", http.StatusInternalServerError) })
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", http.StatusFound) })
	mux.HandleFunc("/loop", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop", http.StatusFound) })
	mux.HandleFunc("/stream", func(w http.ResponseWriter, _ *http.Request) {
		_ = http.NewResponseController(w).Flush()
		_, _ = io.WriteString(w, "without a length")
	})
	mux.HandleFunc("/hangup", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	plain := httptest.NewServer(mux)
	t.Cleanup(plain.Close)
	secure := httptest.NewUnstartedServer(mux)
	secure.EnableHTTP2 = true
	secure.StartTLS()
	t.Cleanup(secure.Close)
	file := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw}), 0o600))
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "all is well at "+r.URL.String())
	}))
	t.Cleanup(proxy.Close)
	return world{
		proxy: proxy.URL, plain: plain.URL, secure: secure.URL, closed: closedPort(t), authorities: file,
		greeter:    listen(t, "tcp", "127.0.0.1:0", banner("220 mail.example.com ESMTP\r\n250 ok\r\n")).Addr().String(),
		nameServer: startNameServer(t),
		grpc:       startGRPC(t),
		secureGRPC: startGRPC(t, grpc.Creds(credentials.NewServerTLSFromCert(&secure.TLS.Certificates[0]))),
	}
}

// startGRPC starts a server that is healthy, but for its service ill.
func startGRPC(t *testing.T, options ...grpc.ServerOption) string {
	t.Helper()
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server, state := grpc.NewServer(options...), health.NewServer()
	state.SetServingStatus("ill", healthpb.HealthCheckResponse_NOT_SERVING)
	healthpb.RegisterHealthServer(server, state)
	done := make(chan error)
	go func() { done <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		<-done
	})
	return listener.Addr().String()
}

func startNameServer(t *testing.T) string {
	t.Helper()
	var config net.ListenConfig
	conn, err := config.ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	require.NoError(t, err)
	records := map[string][]string{
		"two.example.": {"two.example. 60 IN A 192.0.2.1", "two.example. 60 IN A 192.0.2.2"},
		"soa.example.": {"soa.example. 60 IN SOA ns.example. admin.example. 2026112101 1 2 3 4"},
	}
	server := &dns.Server{PacketConn: conn, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, question *dns.Msg) {
		answer := new(dns.Msg)
		answer.SetReply(question)
		name := question.Question[0].Name
		for _, text := range records[name] {
			record, err := dns.NewRR(text)
			if err == nil {
				answer.Answer = append(answer.Answer, record)
			}
		}
		if name == "gone.example." {
			answer.Rcode = dns.RcodeNameError
		}
		_ = w.WriteMsg(answer)
	})}
	done := make(chan error)
	go func() { done <- server.ActivateAndServe() }()
	t.Cleanup(func() {
		_ = server.Shutdown()
		<-done
	})
	return conn.LocalAddr().String()
}

func compatModules(w world) string {
	return strings.NewReplacer("CA", w.authorities, "PROXY", w.proxy).Replace(`modules:
  http: {prober: http}
  http_ip4: {prober: http, http: {preferred_ip_protocol: ip4, ip_protocol_fallback: false}}
  http_post: {prober: http, http: {method: POST, body: hello, headers: {Content-Type: text/plain}, fail_if_body_not_matches_regexp: [hello]}}
  http_codes: {prober: http, http: {valid_status_codes: [500]}}
  http_stay: {prober: http, http: {follow_redirects: false, valid_status_codes: [302]}}
  http_stay_2xx: {prober: http, http: {no_follow_redirects: true}}
  http_body: {prober: http, http: {fail_if_body_matches_regexp: [well]}}
  http_no_body: {prober: http, http: {fail_if_body_not_matches_regexp: [ill]}}
  http_header: {prober: http, http: {fail_if_header_matches: [{header: X-Said, regexp: GET}]}}
  http_header_missing: {prober: http, http: {fail_if_header_not_matches: [{header: X-Absent, regexp: a}]}}
  http_header_may_miss: {prober: http, http: {fail_if_header_not_matches: [{header: X-Absent, regexp: a, allow_missing: true}]}}
  http_version: {prober: http, http: {valid_http_versions: ["HTTP/2.0"]}}
  http_proxy: {prober: http, http: {proxy_url: "PROXY", fail_if_body_not_matches_regexp: ["at http://127.0.0.1:"]}}
  http_proxy_name: {prober: http, http: {proxy_url: "PROXY", skip_resolve_phase_with_proxy: true, fail_if_body_not_matches_regexp: ["at http://localhost:"]}}
  http_no_tls: {prober: http, http: {fail_if_not_ssl: true}}
  http_limit: {prober: http, http: {body_size_limit: 5B}}
  http_unzip: {prober: http, http: {compression: gzip}}
  https: {prober: http, http: {tls_config: {ca_file: CA}}}
  https_1: {prober: http, http: {enable_http2: false, tls_config: {ca_file: CA}}}
  https_any: {prober: http, http: {tls_config: {insecure_skip_verify: true}}}
  https_fail: {prober: http, http: {fail_if_ssl: true, tls_config: {ca_file: CA}}}
  tcp: {prober: tcp}
  tcp_tls: {prober: tcp, tcp: {tls: true, tls_config: {ca_file: CA}}}
  tcp_talk: {prober: tcp, tcp: {query_response: [{expect: "^220 (.*) ESMTP"}, {send: "HELO ${1}"}, {expect: "^250"}]}}
  tcp_talk_bad: {prober: tcp, timeout: 1s, tcp: {query_response: [{expect: "^nothing"}]}}
  grpc: {prober: grpc, grpc: {tls: false}} # without the part grpc, it would not fall back to IPv4
  grpc_ill: {prober: grpc, grpc: {service: ill}}
  grpc_absent: {prober: grpc, grpc: {service: absent}}
  grpc_tls: {prober: grpc, grpc: {tls: true, tls_config: {ca_file: CA}}}
  icmp: {prober: icmp}
  icmp_large: {prober: icmp, icmp: {payload_size: 1000, ttl: 5, preferred_ip_protocol: ip4}}
  dns: {prober: dns, dns: {query_name: two.example, query_type: A}}
  dns_any: {prober: dns, dns: {query_name: two.example}}
  dns_soa: {prober: dns, dns: {query_name: soa.example, query_type: SOA}}
  dns_gone: {prober: dns, dns: {query_name: gone.example, query_type: A}}
  dns_gone_ok: {prober: dns, dns: {query_name: gone.example, query_type: A, valid_rcodes: [NXDOMAIN]}}
  dns_empty: {prober: dns, dns: {query_name: empty.example, query_type: A}}
  dns_empty_not: {prober: dns, dns: {query_name: empty.example, query_type: A, validate_answer_rrs: {fail_if_not_matches_regexp: [a]}}}
  dns_match: {prober: dns, dns: {query_name: two.example, query_type: A, validate_answer_rrs: {fail_if_matches_regexp: ["2.1$"]}}}
  dns_not: {prober: dns, dns: {query_name: two.example, query_type: A, validate_answer_rrs: {fail_if_not_matches_regexp: ["2.1$"]}}}
  dns_all: {prober: dns, dns: {query_name: two.example, query_type: A, validate_answer_rrs: {fail_if_all_match_regexp: ["192.0.2"]}}}
  dns_all_not: {prober: dns, dns: {query_name: two.example, query_type: A, validate_answer_rrs: {fail_if_all_match_regexp: ["2.1$"]}}}
  dns_all_empty: {prober: dns, dns: {query_name: empty.example, query_type: A, validate_answer_rrs: {fail_if_all_match_regexp: [x]}}}
  dns_none: {prober: dns, dns: {query_name: two.example, query_type: A, validate_answer_rrs: {fail_if_none_matches_regexp: ["2.1$"]}}}
  dns_none_not: {prober: dns, dns: {query_name: two.example, query_type: A, validate_answer_rrs: {fail_if_none_matches_regexp: [x]}}}
`)
}

// TestSameAsBlackbox asks Debian's blackbox_exporter and the Handler the same, and
// compares the answers: names, labels, and the values that are not measured.
func TestSameAsBlackbox(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	text := compatModules(w)
	theirs, ours := peer(t, modulesFile(t, text)), handler(t, text)
	cases := map[string][]string{
		w.plain: {
			"http", "http_ip4", "http_post", "http_codes", "http_body", "http_no_body", "http_header", "http_header_missing",
			"http_header_may_miss", "http_version", "http_no_tls", "http_limit", "http_unzip",
		},
		strings.TrimPrefix(w.plain, "http://"):                {"http"},
		strings.Replace(w.plain, "127.0.0.1", "localhost", 1): {"http", "http_ip4", "http_proxy", "http_proxy_name"},
		w.plain + "/broken":                                   {"http", "http_codes"},
		w.plain + "/moved":                                    {"http", "http_stay", "http_stay_2xx"},
		w.plain + "/loop":                                     {"http"},
		w.plain + "/stream":                                   {"http"},
		w.plain + "/hangup":                                   {"http"},
		"http://" + w.closed:                                  {"http"},
		"nosuch.invalid":                                      {"http", "icmp", "dns"},
		"nosuch.invalid:80":                                   {"tcp"},
		w.secure:                                              {"http", "https", "https_1", "https_any", "https_fail"},
		w.secure + "/moved":                                   {"https"},
		strings.TrimPrefix(w.secure, "https://"):              {"tcp_tls"},
		w.greeter:                                             {"tcp", "tcp_talk", "tcp_talk_bad"},
		w.closed:                                              {"tcp", "grpc"},
		w.grpc:                                                {"grpc", "grpc_ill", "grpc_absent"},
		w.secureGRPC:                                          {"grpc_tls"},
		"127.0.0.1":                                           {"icmp", "icmp_large"},
		w.nameServer: {
			"dns", "dns_any", "dns_soa", "dns_gone", "dns_gone_ok", "dns_empty", "dns_empty_not", "dns_match", "dns_not",
			"dns_all", "dns_all_not", "dns_all_empty", "dns_none", "dns_none_not",
		},
	}
	for target, names := range cases {
		for _, name := range names {
			t.Run(name+" "+target, func(t *testing.T) {
				t.Parallel()
				_, path, _ := strings.Cut(strings.TrimPrefix(target, "http://"), "/")
				but := slices.Concat(additions(), differences(name, "/"+path))
				want := samples(metrics(t, theirs.ask(t, "module", name, "target", target)), but)
				header := http.Header{"X-Prometheus-Scrape-Timeout-Seconds": {"5"}}
				got := samples(metrics(t, askWith(t, ours, header, "module", name, "target", target).Body.Bytes()), but)
				require.Equal(t, strings.Join(want, "\n"), strings.Join(got, "\n"))
			})
		}
	}
}
