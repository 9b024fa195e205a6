// SPDX-License-Identifier: Apache-2.0

package blackbox_test

import (
	"bufio"
	"crypto/ed25519"
	"crypto/sha1" //nolint:gosec // WebSockets are made so
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"
)

// What blackbox_exporter 0.23 lacks can't be compared with it.

func TestUnix(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	listen(t, "unix", path, banner("+PONG 7\n"))
	h := handler(t, `modules:
  good: {prober: unix, unix: {query_response: [{send: PING}, {expect: "PONG (.)", labels: [{name: n, value: "${1}"}]}]}}
  bad: {prober: unix, timeout: 500ms, unix: {query_response: [{expect_bytes: "-ERR"}]}}
`)
	m := metrics(t, ask(t, h, "module", "good", "target", path).Body.Bytes())
	require.InDelta(t, 1, value(t, m, "probe_success"), 0)
	require.Equal(t, map[string]string{"n": "7"}, labels(t, m, "probe_expect_info"))
	require.NotContains(t, m, "probe_ip_protocol")
	m = metrics(t, ask(t, h, "module", "bad", "target", "unix://"+path).Body.Bytes())
	require.InDelta(t, 0, value(t, m, "probe_success"), 0)
	require.InDelta(t, 1, value(t, m, "probe_failed_due_to_bytes"), 0)
	m = metrics(t, ask(t, h, "module", "good", "target", path+"/absent").Body.Bytes())
	require.InDelta(t, 0, value(t, m, "probe_success"), 0)
}

// upgrade opens a WebSocket, greets, and says goodbye.
func upgrade(conn net.Conn) {
	request, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil {
		return
	}
	if request.Header.Get("Authorization") != "Bearer token" || request.Header.Get("X-Key") != "key" {
		_, _ = io.WriteString(conn, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
		return
	}
	sum := sha1.Sum([]byte(request.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) //nolint:gosec // likewise
	_, _ = fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n\x81\x05hello\x88\x00",
		base64.StdEncoding.EncodeToString(sum[:]))
	_, _ = io.Copy(io.Discard, conn)
}

func TestWebsocket(t *testing.T) {
	t.Parallel()
	target := "ws://" + listen(t, "tcp", "127.0.0.1:0", upgrade).Addr().String()
	h := handler(t, `modules:
  good: {prober: websocket, websocket: {http_config: {bearer_token: token}, headers: {X-Key: {secrets: [key]}}, query_response: [{expect: "^hello$"}]}}
  bad: {prober: websocket, websocket: {http_config: {bearer_token: token}, headers: {X-Key: {secrets: [key]}}, query_response: [{expect: "^other$"}]}}
  stranger: {prober: websocket}
`)
	for name, want := range map[string][4]float64{"good": {1, 101, 1, 0}, "bad": {0, 101, 1, 1}, "stranger": {0, 403, 0, 0}} {
		text := ask(t, h, "module", name, "target", target).Body.Bytes()
		m := metrics(t, text)
		got := [4]float64{
			value(t, m, "probe_success"), value(t, m, "probe_websocket_status_code"),
			value(t, m, "probe_websocket_connection_upgraded"), value(t, m, "probe_websocket_failed_due_to_regex"),
		}
		require.Equal(t, want, got, "%s: %s", name, text)
		require.InDelta(t, 4, value(t, m, "probe_ip_protocol"), 0)
	}
}

func TestSSH(t *testing.T) {
	t.Parallel()
	_, key, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	signer, err := ssh.NewSignerFromKey(key)
	require.NoError(t, err)
	config := &ssh.ServerConfig{NoClientAuth: true, ServerVersion: "SSH-2.0-test"}
	config.AddHostKey(signer)
	target := listen(t, "tcp", "127.0.0.1:0", func(conn net.Conn) {
		_, _, _, _ = ssh.NewServerConn(conn, config) // the client leaves before it logs in
	}).Addr().String()
	own, other := ssh.FingerprintSHA256(signer.PublicKey()), "SHA256:"+strings.Repeat("A", 43)
	h := handler(t, fmt.Sprintf(`modules:
  any: {prober: ssh}
  own: {prober: ssh, ssh: {host_keys: [%q, %q]}}
  other: {prober: ssh, ssh: {host_keys: [%q]}}
`, other, own, other))
	for name, success := range map[string]float64{"any": 1, "own": 1, "other": 0} {
		m := metrics(t, ask(t, h, "module", name, "target", target).Body.Bytes())
		require.InDelta(t, success, value(t, m, "probe_success"), 0, name)
		require.Equal(t, map[string]string{"banner": "SSH-2.0-test", "key_type": "ssh-ed25519", "fingerprint_sha256": own}, labels(t, m, "probe_ssh_info"), name)
	}
}
