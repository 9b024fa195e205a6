// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"net"
	"net/netip"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/pharos-status/pharos/internal/status"
)

// Whoever connects from a port of this machine to one on which nobody listens
// may meet itself.
func TestSelf(t *testing.T) {
	t.Parallel()
	for _, ip := range []string{"127.0.0.1", "::1"} {
		family, remote := sockaddr(netip.AddrPortFrom(netip.MustParseAddr(ip), 0))
		fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		require.NoError(t, err)
		t.Cleanup(func() { _ = unix.Close(fd) })
		if err := unix.Bind(fd, remote); err != nil {
			t.Logf("no %s on this machine: %v", ip, err)
			continue
		}
		bound, err := unix.Getsockname(fd)
		require.NoError(t, err)
		addr := addrPort(bound)
		require.NoError(t, unix.Connect(fd, bound), "a socket can connect to itself")
		require.True(t, self(fd, addr))
		require.False(t, self(fd, netip.AddrPortFrom(addr.Addr(), addr.Port()+1)))
		nowhere := netip.IPv4Unspecified()
		if family == unix.AF_INET6 {
			nowhere = netip.IPv6Unspecified()
		}
		require.True(t, self(fd, netip.AddrPortFrom(nowhere, addr.Port())), "the kernel takes it for the loopback")
	}
}

// What could not be put under the runtime's watch has not been asked.
func TestUnwatched(t *testing.T) {
	t.Parallel()
	addr := netip.MustParseAddrPort("127.0.0.1:1")
	for name, wait := range map[string]func(fd int) error{
		"touch": func(fd int) error { return await(t.Context(), fd, addr) },
		"socket": func(fd int) error {
			s := &socket{file: os.NewFile(uintptr(fd), ""), remote: addr, free: func() bool { return true }}
			defer s.Close()
			return s.await()
		},
	} {
		// The runtime does not watch what blocks, and a socket that listens is never
		// ready to be written to.
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		require.NoError(t, err)
		require.NoError(t, unix.Listen(fd, 1))
		v := judgeError(dialFailure(wait(fd)))
		require.Equal(t, status.Unknown, v.Status, "%s: %s", name, v.Detail)
		require.Contains(t, v.Detail, "epoll", name)
	}
}

// What has not answered at once is waited for.
func TestAwait(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	begin := func(addr netip.AddrPort) int {
		family, remote := sockaddr(addr)
		fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
		require.NoError(t, err)
		require.ErrorIs(t, unix.Connect(fd, remote), unix.EINPROGRESS)
		return fd
	}
	addr, nobody := l.Addr().(*net.TCPAddr).AddrPort(), netip.MustParseAddrPort("127.0.0.1:1")
	require.NoError(t, await(t.Context(), begin(addr), addr))
	require.ErrorIs(t, await(t.Context(), begin(nobody), nobody), unix.ECONNREFUSED)
}
