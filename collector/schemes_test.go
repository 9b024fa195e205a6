// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // so the protocol of WebSockets has it
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"

	"github.com/pharos-status/pharos/internal/status"
)

// TestEveryScheme watches a target of every kind, from the file to the metrics.
func TestEveryScheme(t *testing.T) {
	t.Parallel()
	soon := time.Now().Add(time.Hour).Truncate(time.Second)
	pair, ca := certificate(t, soon)
	secured := &tls.Config{Certificates: []tls.Certificate{pair}}
	web := httptest.NewServer(http.HandlerFunc(serveWeb))
	t.Cleanup(web.Close)
	safe := httptest.NewUnstartedServer(http.HandlerFunc(serveWeb))
	safe.TLS = secured
	safe.StartTLS()
	t.Cleanup(safe.Close)
	socket := filepath.Join(t.TempDir(), "a.sock")
	l, err := net.Listen("unix", socket)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	sshAddr, fingerprint := serveSSH(t)
	plain, over := web.Listener.Addr().String(), safe.Listener.Addr().String()
	dnsAddr, grpcAddr, grpcsAddr := serveDNS(t), serveGRPC(t), serveGRPC(t, grpc.Creds(credentials.NewTLS(secured)))
	e := newExporter(t, fmt.Sprintf(`
defaults: {poll: {retries: 0, timeout: 10s}, tls: {ca_file: %q}}
services:
  - id: s
    nodes:
      - {id: plain, mode: poll, replicas: [%s], http: {body_match: well}}
      - {id: tls, mode: poll, replicas: [%s]}
      - {id: soon, mode: poll, tls: {sick_before: 14d}, replicas: [%s]}
      - {id: lax, mode: poll, http: {tls: {insecure_skip_verify: true}}, replicas: [%s]}
      - {id: pinned, mode: poll, ssh: {host_keys: [%q]}, replicas: [%s]}
      - {id: other, mode: poll, ssh: {host_keys: ["SHA256:uNiVztksCsDhcc0u9e8BrDmCLoQmMEyyZcHN7ZFpa4g"]}, replicas: [%[7]s]}
      - {id: module, mode: poll, module: ssh_banner, replicas: ["tcp://%s"]}
      - {id: asked, mode: poll, replicas: [%s]}
`, ca,
		quoted("http://"+plain+"/", "tcp://"+plain, "unix://"+socket, "ssh://"+sshAddr, "dns://"+dnsAddr+"/well.example?type=A", "grpc://"+grpcAddr, "ws://"+plain+"/ws"),
		quoted("https://"+over+"/", "wss://"+over+"/ws", "grpcs://"+grpcsAddr+"/well"),
		quoted("https://"+over+"/", "wss://"+over+"/ws", "grpcs://"+grpcsAddr),
		quoted("https://"+over+"/"),
		fingerprint, quoted("ssh://"+sshAddr), sshAddr,
		quoted("dns://"+dnsAddr+"/none.example?type=AAAA", "grpc://"+grpcAddr+"/ill", "https://"+over+"/ill", "ws://"+plain+"/"),
	))
	_, worst, err := e.Once(t.Context())
	require.NoError(t, err)
	require.Equal(t, status.Dead, worst)

	_, text := ask(t, e.Metrics(), http.MethodGet, "/metrics", "")
	for node, want := range map[string]struct {
		status string
		n      int
	}{
		"plain": {"healthy", 7}, "tls": {"healthy", 3}, "soon": {"sick", 3}, "lax": {"healthy", 1},
		"pinned": {"healthy", 1}, "other": {"dead", 1}, "module": {"healthy", 1}, "asked": {"dead", 4},
	} {
		found := series(text, `pharos_replica_status{node="`+node+`"`, `status="`+want.status+`"} 1`)
		require.Len(t, found, want.n, "%s\n%s", node, strings.Join(series(text, "pharos_replica_status", `node="`+node+`"`, "} 1"), ""))
	}
	require.Len(t, series(text, "pharos_replica_failure_reason", `node="soon",reason="tls"`), 3)
	notAfter := fmt.Sprintf("} %v\n", float64(soon.Unix()))
	require.Len(t, series(text, "pharos_replica_tls_not_after_timestamp_seconds", notAfter), 3+3+1+1, "what is not verified, and what is ill, has it too")
	require.Len(t, series(text, "pharos_node_info", `tls_verify="false"`), 1)
	require.Len(t, series(text, "pharos_node_info", `node="lax"`, `tls_verify="false"`), 1)

	_, page := ask(t, e.Handler(), http.MethodGet, "/", "")
	for _, words := range []string{"the certificate expires on", "host key", "NXDOMAIN", "NOT_SERVING", "503"} {
		require.Contains(t, page, words)
	}
}

// quoted returns a list of YAML without its brackets.
func quoted(all ...string) string {
	for i, s := range all {
		all[i] = fmt.Sprintf("%q", s)
	}
	return strings.Join(all, ", ")
}

// serveWeb answers that it is well, and opens WebSockets at /ws.
func serveWeb(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/ill":
		w.WriteHeader(http.StatusServiceUnavailable)
	case "/ws":
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", "websocket")
		w.Header().Set("Sec-Websocket-Accept", accept(r.Header.Get("Sec-Websocket-Key")))
		w.WriteHeader(http.StatusSwitchingProtocols)
	default:
		_, _ = io.WriteString(w, "all is well")
	}
}

// accept returns the answer to the key of a handshake (RFC 6455, section 4.2.2).
func accept(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) //nolint:gosec // so the protocol has it
	return base64.StdEncoding.EncodeToString(sum[:])
}

// certificate makes a certificate for 127.0.0.1 that ends then, and the file of
// its authority, which is itself.
func certificate(t *testing.T, notAfter time.Time) (pair tls.Certificate, file string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), NotBefore: time.Now().Add(-time.Hour), NotAfter: notAfter,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	file = filepath.Join(t.TempDir(), "ca.pem")
	write(t, file, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file
}

func serveSSH(t *testing.T) (addr, fingerprint string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	signer, err := ssh.NewSignerFromKey(key)
	require.NoError(t, err)
	config := &ssh.ServerConfig{NoClientAuth: true}
	config.AddHostKey(signer)
	addr = serveTCP(t, func(conn net.Conn) { _, _, _, _ = ssh.NewServerConn(conn, config) })
	return addr, ssh.FingerprintSHA256(signer.PublicKey())
}

// serveTCP has each connection handled until the test ends.
func serveTCP(t *testing.T, handle func(net.Conn)) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				handle(conn)
			}()
		}
	}()
	t.Cleanup(func() {
		require.NoError(t, l.Close())
		<-done
	})
	return l.Addr().String()
}

// serveDNS knows the address of well.example. and nothing else.
func serveDNS(t *testing.T) (addr string) {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &dns.Server{PacketConn: conn, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		if q.Question[0].Name == "well.example." {
			m.Answer = append(m.Answer, &dns.A{
				Hdr: dns.RR_Header{Name: "well.example.", Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 1}, A: net.IPv4(192, 0, 2, 1),
			})
		} else {
			m.Rcode = dns.RcodeNameError
		}
		_ = w.WriteMsg(m) // the probe tells
	})}
	done := make(chan error, 1)
	go func() { done <- s.ActivateAndServe() }()
	t.Cleanup(func() {
		require.NoError(t, conn.Close())
		<-done
	})
	return conn.LocalAddr().String()
}

// serveGRPC is well, but for its service called ill.
func serveGRPC(t *testing.T, options ...grpc.ServerOption) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s, h := grpc.NewServer(options...), health.NewServer()
	h.SetServingStatus("well", grpc_health_v1.HealthCheckResponse_SERVING)
	h.SetServingStatus("ill", grpc_health_v1.HealthCheckResponse_NOT_SERVING)
	grpc_health_v1.RegisterHealthServer(s, h)
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	t.Cleanup(func() {
		s.Stop()
		<-done
	})
	return l.Addr().String()
}
