// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
)

// TestNodesWithModules asks by modules of every origin, and shows what came of it
// as for any other node.
func TestNodesWithModules(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(serveWeb))
	t.Cleanup(server.Close)
	e := newExporter(t, fmt.Sprintf(`
modules: {well: {prober: http, http: {fail_if_body_not_matches_regexp: [well]}}, ill: {prober: http, http: {fail_if_body_matches_regexp: [well]}}}
services:
  - id: s
    nodes:
      - {id: own, mode: poll, module: well, replicas: [%[1]q, {url: "%[1]s/?key=s3cret", name: named}]}
      - {id: ill, mode: poll, module: ill, poll: {retries: 0}, replicas: [%[1]q]}
      - {id: known, mode: poll, module: tcp_connect, replicas: [%[2]q]}
`, server.URL, server.Listener.Addr()))
	_, worst, err := e.Once(t.Context())
	require.NoError(t, err)
	require.Equal(t, status.Dead, worst)
	_, text := ask(t, e.Metrics(), http.MethodGet, "/metrics", "")
	has(t, text,
		`pharos_replica_status{node="own",replica="`+server.URL+`",service="s",status="healthy"} 1`,
		`pharos_replica_status{node="own",replica="named",service="s",status="healthy"} 1`,
		`pharos_replica_failure_reason{node="ill",reason="body",replica="`+server.URL+`",service="s"} 1`,
		`pharos_replica_status{node="known",replica="`+server.Listener.Addr().String()+`",service="s",status="healthy"} 1`,
	)
	require.NotContains(t, text, "s3cret")
	_, page := ask(t, e.Handler(), http.MethodGet, "/", "")
	require.NotContains(t, page, "s3cret")
}

// TestModulesThatStayKeepTheirJobs reads a file again in which nothing changed,
// after its modules have been used.
func TestModulesThatStayKeepTheirJobs(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(serveWeb))
	t.Cleanup(server.Close)
	e := newExporter(t, fmt.Sprintf(`
modules:
  much:
    prober: http
    http:
      headers: {X-A: b}
      fail_if_body_not_matches_regexp: [well]
      fail_if_header_matches: [{header: X-Ill, regexp: "."}]
      oauth2: {client_id: me, client_secret: s3cret, token_url: %[1]q}
      proxy_url: %[1]q
      no_proxy: 127.0.0.1
      tls_config: {insecure_skip_verify: true}
  json: {prober: http, http: {fail_if_body_json_not_matches_cel: "body.well == true"}}
  talk: {prober: tcp, tcp: {query_response: [{expect: "^220", labels: [{name: a, value: b}]}, {send: QUIT}], tls_config: {server_name: a}}}
  names: {prober: dns, dns: {query_name: a.example, valid_rcodes: [NOERROR], validate_answer_rrs: {fail_if_not_matches_regexp: [a]}}}
defaults: {poll: {retries: 0, timeout: 1s, sick_after: 0s}}
services:
  - id: s
    nodes:
      - {id: much, mode: poll, module: much, replicas: [%[1]q]}
      - {id: json, mode: poll, module: json, replicas: [%[1]q]}
      - {id: talk, mode: poll, module: talk, replicas: ["127.0.0.1:1"]}
      - {id: names, mode: poll, module: names, replicas: ["127.0.0.1:1"]}
      - {id: icmp, mode: poll, module: icmp, replicas: [127.0.0.1]}
      - {id: grpc, mode: poll, module: grpc, replicas: ["127.0.0.1:1"]}
      - {id: ws, mode: poll, module: websocket, replicas: ["ws://127.0.0.1:1"]}
`, server.URL))
	_, _, err := e.Once(t.Context())
	require.NoError(t, err)
	before := e.current().jobs
	require.NoError(t, e.Reload())
	for id, j := range e.current().jobs {
		require.Same(t, before[id].Job, j.Job, id)
	}
}

// TestAuthoritiesAreReadAgain has a target show the certificate of another
// authority, whose file takes the place of the first one's. A node's own is read
// again on a reload, that of a module at once.
func TestAuthoritiesAreReadAgain(t *testing.T) {
	t.Parallel()
	_, first := certificate(t, time.Now().Add(time.Hour))
	pair, second := certificate(t, time.Now().Add(time.Hour))
	server := httptest.NewUnstartedServer(http.HandlerFunc(serveWeb))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.StartTLS()
	t.Cleanup(server.Close)
	e := newExporter(t, fmt.Sprintf(`
modules: {safe: {prober: http, http: {tls_config: {ca_file: %[1]q}}}}
services:
  - id: s
    nodes:
      - {id: own, mode: poll, tls: {ca_file: %[1]q}, replicas: [%[2]q]}
      - {id: module, mode: poll, module: safe, replicas: [%[2]q]}
`, first, server.URL))
	before := e.current().jobs
	for id, j := range before {
		require.Error(t, j.Prober.Probe(t.Context()).Err, id)
	}
	text, err := os.ReadFile(second)
	require.NoError(t, err)
	write(t, first, string(text))
	own, module := status.NodeID{Service: "s", Node: "own"}.Replica(server.URL), status.NodeID{Service: "s", Node: "module"}.Replica(server.URL)
	require.NoError(t, before[module].Prober.Probe(t.Context()).Err)
	require.NoError(t, e.Reload())
	after := e.current().jobs
	require.NotSame(t, before[own].Job, after[own].Job)
	require.Same(t, before[module].Job, after[module].Job)
	for id, j := range after {
		require.NoError(t, j.Prober.Probe(t.Context()).Err, id)
	}
	require.NoError(t, e.Reload())
	for id, j := range e.current().jobs {
		require.Same(t, after[id].Job, j.Job, id)
	}
}
