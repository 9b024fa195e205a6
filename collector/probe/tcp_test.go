// SPDX-License-Identifier: Apache-2.0

package probe_test

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/internal/testkit"
)

func TestTCP(t *testing.T) {
	t.Parallel()
	addr := serve(t, func(net.Conn) {})
	require.Equal(t, probe.Verdict{Status: status.Healthy}, verdict(t, probe.TCP(addr), patience))
}

func TestTCPRefused(t *testing.T) {
	t.Parallel()
	v := verdict(t, probe.TCP(testkit.FreePort(t)), patience)
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
