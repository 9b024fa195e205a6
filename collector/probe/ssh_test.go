// SPDX-License-Identifier: Apache-2.0

package probe_test

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
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

	require.Equal(t, probe.Verdict{Status: status.Healthy}, verdict(t, probe.SSH(probe.SSHOptions{Addr: addr}), patience))
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
		"silent":     {silence, 50 * time.Millisecond, status.Timeout},
		"stops":      {greeting("SSH-2.0-stuck\r\n"), 50 * time.Millisecond, status.Timeout},
		"hangs up":   {func(net.Conn) {}, patience, status.Connect},
		"no SSH":     {greeting(string(bytes.Repeat([]byte("x"), 8<<10))), patience, status.Protocol},
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

	require.Equal(t, probe.Verdict{Status: status.Healthy}, verdict(t, probe.SSH(probe.SSHOptions{Addr: addr}), patience))
}
