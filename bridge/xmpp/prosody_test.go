// SPDX-License-Identifier: Apache-2.0

package xmpp

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"text/template"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/testkit"
)

// prosodyConfig is that of a server with a domain for each way to log in. Every domain
// has the accounts pharos, alice and bob.
var prosodyConfig = template.Must(template.New("").Parse(`
run_as_root = true
pidfile = "{{ .Dir }}/prosody.pid"
data_path = "{{ .Dir }}/data"
log = { info = "{{ .Dir }}/log" }
certificates = "{{ .Dir }}"
interfaces = { "127.0.0.1" }
c2s_ports = { {{ .Port }} }
c2s_direct_tls_ports = { {{ .DirectPort }} }
modules_enabled = { "roster", "saslauth", "tls", "disco", "ping", "smacks", "posix" }
modules_disabled = { "s2s" }
authentication = "internal_plain"
ssl = { certificate = "{{ .Dir }}/certificate.pem", key = "{{ .Dir }}/key.pem" }

VirtualHost "example.test"
VirtualHost "other.test"
VirtualHost "no-ping.test"
	modules_disabled = { "ping" }
VirtualHost "sha1.test"
	disable_sasl_mechanisms = { "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS" }
VirtualHost "only-plus.test"
	disable_sasl_mechanisms = { "SCRAM-SHA-256", "SCRAM-SHA-1", "SCRAM-SHA-1-PLUS", "PLAIN" }
VirtualHost "only-sha1-plus.test"
	disable_sasl_mechanisms = { "SCRAM-SHA-256", "SCRAM-SHA-1", "SCRAM-SHA-256-PLUS", "PLAIN" }
VirtualHost "password.test"
	disable_sasl_mechanisms = { "SCRAM-SHA-256", "SCRAM-SHA-1", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS" }
Component "rooms.test" "muc"
	muc_room_locking = false
	muc_room_default_persistent = false
`))

const accountPassword = "Pässword <&> 1"

// A prosody is a real server on loopback.
type prosody struct {
	dir, address, direct string
	roots                *x509.CertPool

	program string
	process *exec.Cmd
}

func startProsody(t testing.TB) *prosody {
	t.Helper()
	p := &prosody{dir: t.TempDir(), program: testkit.Program(t, "prosody"), address: testkit.FreePort(t), direct: testkit.FreePort(t)}
	certificate, key, pool := issue(t, "example.test", "other.test", "no-ping.test", "sha1.test", "only-plus.test", "only-sha1-plus.test", "password.test")
	p.roots = pool
	require.NoError(t, os.WriteFile(filepath.Join(p.dir, "certificate.pem"), certificate, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(p.dir, "key.pem"), key, 0o600))
	_, port, _ := net.SplitHostPort(p.address)
	_, directPort, _ := net.SplitHostPort(p.direct)
	var config strings.Builder
	require.NoError(t, prosodyConfig.Execute(&config, map[string]string{"Dir": p.dir, "Port": port, "DirectPort": directPort}))
	require.NoError(t, os.WriteFile(filepath.Join(p.dir, "prosody.cfg.lua"), []byte(config.String()), 0o600))
	for _, domain := range []string{"example", "other", "no-ping", "sha1", "only-plus", "only-sha1-plus", "password"} {
		accounts := filepath.Join(p.dir, "data", strings.ReplaceAll(domain, "-", "%2d")+"%2etest", "accounts")
		require.NoError(t, os.MkdirAll(accounts, 0o700))
		for _, name := range []string{"pharos", "alice", "bob"} {
			require.NoError(t, os.WriteFile(filepath.Join(accounts, name+".dat"), []byte(`return { ["password"] = "`+accountPassword+`"; };`), 0o600))
		}
	}
	p.start(t)
	t.Cleanup(func() {
		p.stop(t)
		if t.Failed() {
			for _, name := range []string{"out", "log"} {
				said, _ := os.ReadFile(filepath.Join(p.dir, name))
				t.Logf("%s of Prosody:\n%s", name, said)
			}
		}
	})
	return p
}

// start starts the server and waits until it listens.
func (p *prosody) start(t testing.TB) {
	t.Helper()
	p.process = exec.Command(p.program, "-F", "--config", filepath.Join(p.dir, "prosody.cfg.lua"))
	out, err := os.OpenFile(filepath.Join(p.dir, "out"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	require.NoError(t, err)
	defer out.Close()
	p.process.Stdout, p.process.Stderr = out, out
	p.process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	require.NoError(t, p.process.Start())
	for _, address := range []string{p.address, p.direct} {
		require.Eventually(t, func() bool {
			conn, err := net.DialTimeout("tcp", address, time.Second)
			if err == nil {
				conn.Close()
			}
			return err == nil
		}, 30*time.Second, 20*time.Millisecond, "Prosody does not listen at %s", address)
	}
}

func (p *prosody) stop(t testing.TB) {
	t.Helper()
	if p.process == nil {
		return
	}
	require.NoError(t, p.process.Process.Signal(syscall.SIGTERM))
	_ = p.process.Wait() // Prosody's exit code says nothing
	p.process = nil
}

// client returns a client of an account, which change may alter.
func (p *prosody) client(t testing.TB, jid string, change func(o *Options)) *Client {
	t.Helper()
	o := Options{
		JID: mustJID(t, jid), Password: accountPassword, Server: p.address, Logger: slog.New(slog.DiscardHandler),
		TLS: &tls.Config{RootCAs: p.roots},
	}
	if change != nil {
		change(&o)
	}
	c, err := New(o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

// issue makes a certificate for names, and the pool of the authority that signed it.
func issue(t testing.TB, names ...string) (certificate, key []byte, pool *x509.CertPool) {
	t.Helper()
	authorityKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test authority"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	authorityDER, err := x509.CreateCertificate(rand.Reader, authority, authority, authorityKey.Public(), authorityKey)
	require.NoError(t, err)
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), DNSNames: names, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, authority, private.Public(), authorityKey)
	require.NoError(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	pool = x509.NewCertPool()
	parsed, err := x509.ParseCertificate(authorityDER)
	require.NoError(t, err)
	pool.AddCert(parsed)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), pool
}

func mustJID(t testing.TB, text string) JID {
	t.Helper()
	j, err := ParseJID(text)
	require.NoError(t, err)
	return j
}

// A peer is somebody at a client of their own, who sees what arrives.
type peer struct {
	*stream
	mu  sync.Mutex
	all []*element
	end chan struct{}
}

// peer logs in and is there.
func (p *prosody) peer(t testing.TB, jid string) *peer {
	t.Helper()
	s, err := p.client(t, jid, nil).connect(within(t, 10*time.Second))
	require.NoError(t, err)
	who := &peer{stream: s, end: make(chan struct{})}
	go func() {
		defer close(who.end)
		for {
			e, err := s.r.next()
			if err != nil {
				_ = s.write("</stream:stream>")
				s.close()
				return
			}
			who.mu.Lock()
			who.all = append(who.all, e)
			who.mu.Unlock()
		}
	}()
	t.Cleanup(who.away)
	require.NoError(t, s.write("<presence/>"))
	who.await(t, func(e *element) bool { return e.is(nsClient, "presence") && e.from() == s.jid })
	return who
}

func (w *peer) away() {
	w.close()
	<-w.end
}

// await returns the first element that has arrived, or arrives, that wants accepts.
func (w *peer) await(t testing.TB, wants func(e *element) bool) *element {
	t.Helper()
	var found *element
	require.Eventually(t, func() bool {
		all := w.arrived(wants)
		if len(all) > 0 {
			found = all[0]
		}
		return found != nil
	}, 10*time.Second, 5*time.Millisecond)
	return found
}

// message returns the message that arrives with an id.
func (w *peer) message(t testing.TB, id string) *element {
	t.Helper()
	return w.await(t, func(e *element) bool { return e.is(nsClient, "message") && e.get("id") == id })
}

func (w *peer) arrived(wants func(e *element) bool) (found []*element) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.all {
		if wants(e) {
			found = append(found, e)
		}
	}
	return found
}

// enter joins a room, which is made if there is none.
func (w *peer) enter(t testing.TB, room, nick, password string) {
	t.Helper()
	require.NoError(t, w.write("<presence to='"+room+"/"+nick+"'><x xmlns='"+nsMUC+"'>"+password+"</x></presence>"))
	w.await(t, func(e *element) bool {
		return e.is(nsClient, "presence") && e.get("from") == room+"/"+nick && e.get("type") == ""
	})
}

// request sends a request and waits until it is fulfilled.
func (w *peer) request(t testing.TB, to, content string) {
	t.Helper()
	id := newID()
	require.NoError(t, w.write("<iq type='set' to='"+to+"' id='"+id+"'>"+content+"</iq>"))
	answer := w.await(t, func(e *element) bool { return answers(e, id) })
	require.Equal(t, "result", answer.get("type"), "%v", stanzaError(answer))
}

func within(t testing.TB, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}
