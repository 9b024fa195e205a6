// SPDX-License-Identifier: Apache-2.0

package probe_test

import (
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/status"
)

func TestTCP(t *testing.T) {
	t.Parallel()
	addr := serve(t, func(net.Conn) {})
	require.Equal(t, probe.Verdict{Status: status.Healthy}, verdict(t, probe.TCP(addr), patience))
}

func TestTCPRefused(t *testing.T) {
	t.Parallel()
	v := verdict(t, probe.TCP(refused), patience)
	requireFailure(t, v, status.Dead, status.Connect, "connection refused")
}

func TestTCPUnknownName(t *testing.T) {
	t.Parallel()
	v := verdict(t, probe.TCP("name.invalid:80"), patience)
	requireFailure(t, v, status.Dead, status.DNS, "name.invalid")
}

func TestTCPTimeout(t *testing.T) {
	t.Parallel()
	v := verdict(t, probe.TCP(serve(t, silence)), 1) // a nanosecond: over before the connection stands
	requireFailure(t, v, status.Dead, status.Timeout, "timeout")
}

func TestDialFailure(t *testing.T) {
	t.Parallel()
	for errno, want := range map[syscall.Errno]status.Reason{
		syscall.ECONNREFUSED: status.Connect,
		syscall.ETIMEDOUT:    status.Timeout,
		syscall.EPERM:        status.Permission, // a firewall of this machine
		syscall.EMFILE:       status.Permission,
	} {
		err := &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", errno)}
		v := probe.Limits{}.Judge(probe.Result{Err: probe.DialFailure(err)})
		require.Equal(t, want, v.Reason, errno)
		require.Equal(t, want == status.Permission, v.Status == status.Unknown, "what was not tried is unknown")
	}
}
