// SPDX-License-Identifier: Apache-2.0

package probe_test

import (
	"context"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/status"
)

// deaf returns an address that answers nobody: its queue holds one connection,
// and that is there.
func deaf(t *testing.T) (addr string) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = unix.Close(fd) })
	require.NoError(t, unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	require.NoError(t, unix.Listen(fd, 0))
	local, err := unix.Getsockname(fd)
	require.NoError(t, err)
	addr = net.JoinHostPort("127.0.0.1", strconv.Itoa(local.(*unix.SockaddrInet4).Port))
	first, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { _ = first.Close() })
	return addr
}

// TestDialUnanswered keeps that a target that answers nothing takes no longer
// than the probe has, and that a probe that is called off takes no longer at all.
func TestDialUnanswered(t *testing.T) {
	t.Parallel()
	addr := deaf(t)
	t.Run("out of time", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, _, err := probe.Dial(ctx, probe.DialOptions{}, "tcp", addr)
		var failure *probe.Failure
		require.ErrorAs(t, err, &failure)
		require.Equal(t, status.Timeout, failure.Reason, err)
		require.ErrorContains(t, err, "dial tcp "+addr+": i/o timeout")
	})
	t.Run("called off", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(20*time.Millisecond, cancel)
		_, _, err := probe.Dial(ctx, probe.DialOptions{}, "tcp", addr)
		require.Error(t, err)
	})
}
