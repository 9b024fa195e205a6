// SPDX-License-Identifier: Apache-2.0

package probe_test

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/internal/testkit"
)

func TestSSH(t *testing.T) {
	t.Parallel()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	signer, err := ssh.NewSignerFromKey(key)
	require.NoError(t, err)
	config := &ssh.ServerConfig{PasswordCallback: func(ssh.ConnMetadata, []byte) (*ssh.Permissions, error) {
		t.Error("the probe tried to log in")
		return nil, io.EOF
	}}
	config.AddHostKey(signer)
	addr := serve(t, func(conn net.Conn) { _, _, _, _ = ssh.NewServerConn(conn, config) })

	r := result(t, probe.SSH(probe.SSHOptions{Addr: addr}), patience)
	require.NoError(t, r.Err)
	require.Equal(t, &probe.SSHFacts{Banner: "SSH-2.0-Go", KeyType: "ssh-ed25519", Fingerprint: ssh.FingerprintSHA256(signer.PublicKey())}, r.SSH)
}

// signers returns an Ed25519, an ECDSA and an RSA key.
func signers(t *testing.T) (out []ssh.Signer) {
	t.Helper()
	_, first, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	second, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	third, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	for _, key := range []any{first, second, third} {
		signer, err := ssh.NewSignerFromKey(key)
		require.NoError(t, err)
		out = append(out, signer)
	}
	return out
}

// A pinned key is found whichever the server prefers, and however it is written.
func TestSSHPinned(t *testing.T) {
	t.Parallel()
	config, keys := &ssh.ServerConfig{NoClientAuth: true}, signers(t)
	for _, key := range keys {
		config.AddHostKey(key)
	}
	addr := serve(t, func(conn net.Conn) { _, _, _, _ = ssh.NewServerConn(conn, config) })
	for _, key := range keys {
		line := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key.PublicKey())))
		for _, text := range []string{ssh.FingerprintSHA256(key.PublicKey()) + " \n", line + " root@host", "example.com,192.0.2.1 " + line} {
			pinned, err := probe.ParseHostKey(text)
			require.NoError(t, err)
			r := result(t, probe.SSH(probe.SSHOptions{Addr: addr, HostKeys: []probe.HostKey{pinned}}), patience)
			require.NoError(t, r.Err, text)
			require.Equal(t, ssh.FingerprintSHA256(key.PublicKey()), r.SSH.Fingerprint)
		}
	}
	other, err := probe.ParseHostKey(ssh.FingerprintSHA256(signers(t)[0].PublicKey()))
	require.NoError(t, err)
	v := verdict(t, probe.SSH(probe.SSHOptions{Addr: addr, HostKeys: []probe.HostKey{other}}), patience)
	requireFailure(t, v, status.Dead, status.Body, "has other host keys than those pinned: ")
	for _, key := range keys {
		require.Contains(t, v.Detail, key.PublicKey().Type()+" "+ssh.FingerprintSHA256(key.PublicKey()))
	}
}

// A server that shows a certificate is known by the key in it.
func TestSSHCertificate(t *testing.T) {
	t.Parallel()
	keys := signers(t)
	host, authority := keys[0], keys[1]
	cert := &ssh.Certificate{Key: host.PublicKey(), CertType: ssh.HostCert, ValidBefore: ssh.CertTimeInfinity}
	require.NoError(t, cert.SignCert(rand.Reader, authority))
	signer, err := ssh.NewCertSigner(cert, host)
	require.NoError(t, err)
	config := &ssh.ServerConfig{NoClientAuth: true}
	config.AddHostKey(signer)
	addr := serve(t, func(conn net.Conn) { _, _, _, _ = ssh.NewServerConn(conn, config) })

	pinned, err := probe.ParseHostKey(ssh.FingerprintSHA256(host.PublicKey()))
	require.NoError(t, err)
	r := result(t, probe.SSH(probe.SSHOptions{Addr: addr, HostKeys: []probe.HostKey{pinned}}), patience)
	require.NoError(t, r.Err)
	require.Equal(t, "ssh-ed25519", r.SSH.KeyType)
}

func TestParseHostKeyRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "SHA256:", "SHA256:short", "MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48", "ssh-ed25519 AAAA", "@revoked * ssh-ed25519 AAAA"} {
		_, err := probe.ParseHostKey(text)
		require.ErrorContains(t, err, "host key", text)
	}
}

func FuzzParseHostKey(f *testing.F) {
	f.Add("SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU")
	f.Add("* ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUTyz1HwHReFVvD5obVsALAgJRNarH4TRpNePnAS")
	f.Fuzz(func(t *testing.T, text string) {
		key, err := probe.ParseHostKey(text)
		if err != nil {
			require.Zero(t, key)
			return
		}
		require.NotZero(t, key)
	})
}

func TestSSHFailures(t *testing.T) {
	t.Parallel()
	greeting := func(text string) func(net.Conn) {
		return func(conn net.Conn) {
			_, _ = io.WriteString(conn, text)
			silence(conn)
		}
	}
	tests := map[string]struct {
		serve  func(net.Conn)
		limit  time.Duration
		reason status.Reason
	}{
		"silent":   {silence, 50 * time.Millisecond, status.Timeout},
		"stops":    {greeting("SSH-2.0-stuck\r\n"), 50 * time.Millisecond, status.Timeout},
		"hangs up": {func(net.Conn) {}, patience, status.Connect},
		"no SSH":   {greeting(string(bytes.Repeat([]byte("x"), 8<<10))), patience, status.Protocol},
		"for ever": {func(conn net.Conn) {
			for {
				if _, err := io.WriteString(conn, "welcome to a line of many\r\n"); err != nil {
					return
				}
			}
		}, patience, status.Protocol},
		"byte by byte": {func(conn net.Conn) {
			for range time.Tick(time.Millisecond) {
				if _, err := io.WriteString(conn, "S"); err != nil {
					return
				}
			}
		}, 50 * time.Millisecond, status.Timeout},
		"bad packet": {greeting("SSH-2.0-x\r\n\xff\xff\xff\xff\xff"), patience, status.Protocol},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := verdict(t, probe.SSH(probe.SSHOptions{Addr: serve(t, test.serve)}), test.limit)
			requireFailure(t, v, status.Dead, test.reason, "SSH handshake with 127.0.0.1")
		})
	}
	t.Run("refused", func(t *testing.T) {
		t.Parallel()
		v := verdict(t, probe.SSH(probe.SSHOptions{Addr: refused}), patience)
		requireFailure(t, v, status.Dead, status.Connect, "connection refused")
	})
}

// TestSSHServer asks a real server.
func TestSSHServer(t *testing.T) {
	t.Parallel()
	sshd, keygen := testkit.Program(t, "/usr/sbin/sshd"), testkit.Program(t, "ssh-keygen")
	if os.Getuid() == 0 {
		require.NoError(t, os.MkdirAll("/run/sshd", 0o755)) // the server refuses to start as root without it
	}
	key, addr := filepath.Join(t.TempDir(), "key"), strings.Replace(testkit.FreePort(t), "127.0.0.1", "127.0.0.2", 1) // where no other test listens
	require.NoError(t, exec.CommandContext(t.Context(), keygen, "-q", "-t", "ed25519", "-N", "", "-f", key).Run())
	server := exec.CommandContext(t.Context(), sshd, "-D", "-e", "-f", "/dev/null", "-h", key,
		"-o", "ListenAddress="+addr, "-o", "PidFile=none")
	log, err := server.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, server.Start())
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	line, err := bufio.NewReader(log).ReadString('\n')
	require.NoError(t, err)
	require.Contains(t, line, "Server listening on")

	public, err := os.ReadFile(key + ".pub")
	require.NoError(t, err)
	pinned, err := probe.ParseHostKey(string(public))
	require.NoError(t, err)
	r := result(t, probe.SSH(probe.SSHOptions{Addr: addr, HostKeys: []probe.HostKey{pinned}}), patience)
	require.NoError(t, r.Err)
	require.Contains(t, r.SSH.Banner, "SSH-2.0-OpenSSH")
	require.Equal(t, "ssh-ed25519", r.SSH.KeyType)
}
