// SPDX-License-Identifier: Apache-2.0

package probe_test

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/internal/testkit"
)

func TestTCP(t *testing.T) {
	t.Parallel()
	addr := serve(t, func(net.Conn) {})
	require.Equal(t, probe.Verdict{Status: status.Healthy}, verdict(t, probe.TCP(probe.TCPOptions{Addr: addr}), patience))
}

func TestTCPRefused(t *testing.T) {
	t.Parallel()
	v := verdict(t, probe.TCP(probe.TCPOptions{Addr: refused}), patience)
	requireFailure(t, v, status.Dead, status.Connect, "connection refused")
}

func TestTCPUnknownName(t *testing.T) {
	t.Parallel()
	v := verdict(t, probe.TCP(probe.TCPOptions{Addr: "name.invalid:80"}), patience)
	requireFailure(t, v, status.Dead, status.DNS, "name.invalid")
}

func TestTCPTimeout(t *testing.T) {
	t.Parallel()
	v := verdict(t, probe.TCP(probe.TCPOptions{Addr: serve(t, silence)}), 1) // a nanosecond: over before the connection stands
	requireFailure(t, v, status.Dead, status.Timeout, "timeout")
}

// What is far or slow is waited for, until the time is over.
func TestTCPUnanswered(t *testing.T) {
	t.Parallel()
	v := verdict(t, probe.TCP(probe.TCPOptions{Addr: full(t)}), 50*time.Millisecond)
	requireFailure(t, v, status.Dead, status.Timeout, "timeout")

	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	require.Error(t, probe.TCP(probe.TCPOptions{Addr: full(t)}).Probe(ctx).Err)
}

// full returns the address of a listener whose queue is full: it answers nobody.
func full(t *testing.T) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = syscall.Close(fd) })
	require.NoError(t, syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	require.NoError(t, syscall.Listen(fd, 0))
	local, err := syscall.Getsockname(fd)
	require.NoError(t, err)
	addr := fmt.Sprintf("127.0.0.1:%d", local.(*syscall.SockaddrInet4).Port)
	first, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { _ = first.Close() })
	return addr
}

func TestTCPv6(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		testkit.Skip(t, "no IPv6: "+err.Error())
	}
	defer l.Close()
	r := result(t, probe.TCP(probe.TCPOptions{Addr: l.Addr().String()}), patience)
	require.NoError(t, r.Err)
	require.Equal(t, "::1", r.Addr.String())
}

func TestDialFailure(t *testing.T) {
	t.Parallel()
	for errno, want := range map[syscall.Errno]status.Reason{
		syscall.ECONNREFUSED: status.Connect,
		syscall.ETIMEDOUT:    status.Timeout,
		syscall.EPERM:        status.Permission, // a firewall of this machine
		syscall.EMFILE:       status.Permission,
		syscall.ENFILE:       status.Permission,
		syscall.ENOBUFS:      status.Permission,
		syscall.ENOMEM:       status.Permission,
	} {
		err := &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", errno)}
		v := probe.Limits{}.Judge(probe.Result{Err: probe.DialFailure(err)})
		require.Equal(t, want, v.Reason, errno)
		require.Equal(t, want == status.Permission, v.Status == status.Unknown, "what was not tried is unknown")
	}
}

// A process that has no file descriptor left says nothing of its targets,
// whatever it needs one for.
func TestWithoutFileDescriptors(t *testing.T) {
	t.Parallel()
	const role = "PHAROS_TEST_NO_FILES"
	if os.Getenv(role) == "" {
		again := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v")
		again.Env = append(os.Environ(), role+"=1", "GODEBUG=netdns=go")
		out, err := again.CombinedOutput()
		require.NoError(t, err, "%s", out)
		require.Contains(t, string(out), "--- PASS")
		return
	}
	probers := map[string]probe.Prober{
		"tcp":        probe.TCP(probe.TCPOptions{Addr: "127.0.0.1:9"}),
		"tcp, name":  probe.TCP(probe.TCPOptions{Addr: "name.invalid:9"}),
		"ssh":        probe.SSH(probe.SSHOptions{Addr: "name.invalid:22"}),
		"http":       probe.HTTP(probe.HTTPOptions{URL: &url.URL{Scheme: "http", Host: "name.invalid"}}),
		"icmp":       probe.NewPinger().ICMP(probe.ICMPOptions{Host: "127.0.0.1"}),
		"icmp, name": probe.NewPinger().ICMP(probe.ICMPOptions{Host: "name.invalid"}),
		"script":     shell("exit 0"),
	}
	conn, err := net.Dial("udp", "127.0.0.1:9") // so that the network is up before
	require.NoError(t, err)
	defer conn.Close()
	var before syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_NOFILE, &before))
	none := before
	none.Cur = 3
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &none))
	verdicts := map[string]probe.Verdict{}
	for name, p := range probers {
		verdicts[name] = verdict(t, p, patience)
	}
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &before))
	for name, v := range verdicts {
		t.Log(name, v)
		require.Equal(t, status.Unknown, v.Status, "%s: %v", name, v)
		require.Equal(t, status.Permission, v.Reason, "%s: %v", name, v)
		require.Contains(t, v.Detail, "too many open files", name)
	}
}
