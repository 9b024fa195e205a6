// SPDX-License-Identifier: Apache-2.0

package blackbox_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDebug(t *testing.T) {
	t.Parallel()
	server := listen(t, "tcp", "127.0.0.1:0", banner("220 ready\n"))
	h := handler(t, `modules: {m: {prober: tcp, timeout: 3s, tcp: {query_response: [{expect: "^220", send: "PASS hunter2"}]}}}`)
	w := ask(t, h, "module", "m", "target", server.Addr().String(), "debug", "true")
	require.Equal(t, http.StatusOK, w.Code)
	require.Equal(t, "text/plain; charset=utf-8", w.Header().Get("Content-Type"))
	text := w.Body.String()
	require.Regexp(t, `(?m)^Log of the probe of `+server.Addr().String()+` by module m, at .* UTC, with 3s to spend$`, text)
	require.Regexp(t, `(?m)^ +[0-9.]+ ms  connected: `+server.Addr().String()+`$`, text)
	require.Regexp(t, `(?m)^ +[0-9.]+ ms  the probe succeeded$`, text)
	require.Contains(t, text, "\nprobe_success 1\n")
	require.Contains(t, text, "\nprober: tcp\n")
	require.Contains(t, text, "expect: ^220")
	require.NotContains(t, text, "hunter2")
}

func TestDebugOfAFailure(t *testing.T) {
	t.Parallel()
	h := handler(t, simple)
	text := ask(t, h, "module", "tcp", "target", closedPort(t), "debug", "true").Body.String()
	require.Regexp(t, `(?m)^ +[0-9.]+ ms  the probe failed: .*connection refused$`, text)
	require.Contains(t, text, "\nprobe_success 0\n")
}

// TestNoSecretIsShown probes with secrets wherever there can be one, and looks
// for them in all that people can see.
func TestNoSecretIsShown(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://user:hunter2@"+r.Host+"/elsewhere", http.StatusFound)
	}))
	t.Cleanup(server.Close)
	greeter := listen(t, "tcp", "127.0.0.1:0", banner("+OK\n+OK\n"))
	h := handler(t, `modules:
  basic: {prober: http, http: {basic_auth: {username: user, password: hunter2}, headers: {X-Key: hunter2}, method: POST, body: hunter2}}
  bearer: {prober: http, http: {bearer_token: hunter2, http_headers: {X-Token: {secrets: [hunter2]}}}}
  proxy: {prober: http, http: {proxy_url: "http://user:hunter2@127.0.0.1:1/"}}
  oauth2: {prober: http, timeout: 2s, http: {oauth2: {client_id: a, client_secret: hunter2, token_url: "http://user:hunter2@127.0.0.1:1/", endpoint_params: {password: hunter2}}}}
  tcp: {prober: tcp, timeout: 2s, tcp: {query_response: [{expect: OK, send: "PASS hunter2"}, {expect: never}]}}
  websocket: {prober: websocket, websocket: {http_config: {basic_auth: {username: user, password: hunter2}}, headers: {Authorization2: {secrets: [hunter2]}}}}
  grpc: {prober: grpc, timeout: 2s, grpc: {metadata: {authorization: [hunter2]}}}
`)
	bare := strings.TrimPrefix(server.URL, "http://")
	for name, target := range map[string]string{
		"basic": "http://user:hunter2@" + bare, "bearer": "http://user:hunter2@" + bare + "/a", "proxy": "http://user:hunter2@" + bare,
		"oauth2": "http://user:hunter2@" + bare, "tcp": greeter.Addr().String(), "websocket": "ws://user:hunter2@" + bare, "grpc": bare,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.NotContains(t, ask(t, h, "module", name, "target", target, "debug", "true").Body.String(), "hunter2")
			for _, e := range h.history.Recent() {
				require.NotContains(t, e.Target+e.Problem, "hunter2")
			}
		})
	}
}

func TestBinaryInALogIsEscaped(t *testing.T) {
	t.Parallel()
	server := listen(t, "tcp", "127.0.0.1:0", banner("\x1b[2J\x00\xff<script>\n"))
	h := handler(t, `modules: {m: {prober: tcp, timeout: 1s, tcp: {query_response: [{expect: "^220"}]}}}`)
	text := ask(t, h, "module", "m", "target", server.Addr().String(), "debug", "true").Body.String()
	require.NotContains(t, text, "\x1b")
	require.NotContains(t, text, "\x00")
}
