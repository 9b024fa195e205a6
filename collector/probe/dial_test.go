// SPDX-License-Identifier: Apache-2.0

package probe_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/status"
)

// mirror sends back what it gets.
func mirror(conn net.Conn) { _, _ = io.Copy(conn, conn) }

// TestDialedConnection keeps that a connection made by hand is as good as one of
// package net.
func TestDialedConnection(t *testing.T) {
	t.Parallel()
	addr := serve(t, mirror)
	_, port, err := net.SplitHostPort(addr)
	require.NoError(t, err)
	for name, target := range map[string]string{"by address": addr, "by name": net.JoinHostPort("localhost", port)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, trace, err := probe.Dial(t.Context(), probe.DialOptions{}, "tcp", target)
			require.NoError(t, err)
			defer conn.Close()
			require.Equal(t, netip.MustParseAddr("127.0.0.1"), trace.Addr)
			require.Equal(t, name == "by name", trace.Lookup > 0, "only a name is looked up: %v", trace.Lookup)
			require.Equal(t, "connected", trace.Events[len(trace.Events)-1].What)
			require.Equal(t, addr, conn.RemoteAddr().String())
			local, err := netip.ParseAddrPort(conn.LocalAddr().String())
			require.NoError(t, err)
			require.True(t, local.Addr().IsLoopback())
			require.NotZero(t, local.Port())

			_, err = io.WriteString(conn, "ping")
			require.NoError(t, err)
			got := make([]byte, 4)
			_, err = io.ReadFull(conn, got)
			require.NoError(t, err)
			require.Equal(t, "ping", string(got))

			require.NoError(t, conn.SetReadDeadline(time.Now()))
			_, err = conn.Read(got)
			require.ErrorIs(t, err, os.ErrDeadlineExceeded)
			require.ErrorContains(t, err, "read tcp")
			require.NoError(t, conn.Close())
			_, err = conn.Write(got)
			require.ErrorIs(t, err, net.ErrClosed)
		})
	}
}

// TestDialedConnectionEndsWithContext keeps that cancelling a probe ends it, not
// only its time limit.
func TestDialedConnectionEndsWithContext(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "socket")
	targets := map[string][2]string{
		"by address": {"tcp", serve(t, silence)},
		"by name":    {"tcp", "localhost:" + portOf(t, serve(t, silence))},
		"unix":       {"unix", serveOn(t, "unix", path, silence)},
	}
	for name, target := range targets {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			conn, _, err := probe.Dial(ctx, probe.DialOptions{}, target[0], target[1])
			require.NoError(t, err)
			defer conn.Close()
			cancel()
			_, err = conn.Read(make([]byte, 1))
			require.ErrorIs(t, err, os.ErrDeadlineExceeded)
		})
	}
}

func portOf(t *testing.T, addr string) string {
	t.Helper()
	_, port, err := net.SplitHostPort(addr)
	require.NoError(t, err)
	return port
}

func TestDialFailures(t *testing.T) {
	t.Parallel()
	source := netip.MustParseAddr
	tests := map[string]struct {
		o      probe.DialOptions
		addr   string
		status status.Status
		reason status.Reason
	}{
		"refused":                       {probe.DialOptions{}, refused, status.Dead, status.Connect},
		"no port":                       {probe.DialOptions{}, "127.0.0.1", status.Dead, status.Protocol},
		"no such name":                  {probe.DialOptions{Family: probe.IPv4}, "name.invalid:80", status.Dead, status.DNS},
		"an address that is not ours":   {probe.DialOptions{Source: source("192.0.2.1")}, refused, status.Unknown, status.Permission},
		"an IPv6 source for IPv4":       {probe.DialOptions{Source: source("::1")}, refused, status.Unknown, status.Connect},
		"an IPv4 source for IPv6":       {probe.DialOptions{Source: source("127.0.0.1")}, "[::1]:1", status.Unknown, status.Connect},
		"a source and a zone":           {probe.DialOptions{Source: source("127.0.0.1")}, "[fe80::1%lo]:1", status.Unknown, status.Connect},
		"a source that is mapped":       {probe.DialOptions{Source: source("::ffff:127.0.0.3")}, refused, status.Dead, status.Connect},
		"a source, and nobody listens":  {probe.DialOptions{Source: source("127.0.0.3")}, refused, status.Dead, status.Connect},
		"a port that is not a number":   {probe.DialOptions{}, "127.0.0.1:none", status.Dead, status.DNS},
		"a port that is out of range":   {probe.DialOptions{}, "127.0.0.1:65536", status.Dead, status.Connect},
		"a zone that the machine lacks": {probe.DialOptions{}, "[fe80::1%none]:80", status.Dead, status.Connect},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := probe.Dial(t.Context(), test.o, "tcp", test.addr)
			var failure *probe.Failure
			require.ErrorAs(t, err, &failure)
			require.Equal(t, test.status, failure.Status, err)
			require.Equal(t, test.reason, failure.Reason, err)
		})
	}
}

func TestDialSource(t *testing.T) {
	t.Parallel()
	from := make(chan string, 3)
	handle := func(conn net.Conn) { from <- conn.RemoteAddr().(*net.TCPAddr).IP.String() }
	addr := serve(t, handle)
	o := probe.DialOptions{Source: netip.MustParseAddr("127.0.0.3")}
	for network, target := range map[string]string{"tcp": addr, "tcp4": "localhost:" + portOf(t, addr)} {
		conn, _, err := probe.Dial(t.Context(), o, network, target)
		require.NoError(t, err)
		require.NoError(t, conn.Close())
		require.Equal(t, "127.0.0.3", <-from)
	}
}

func TestChooseAddress(t *testing.T) {
	t.Parallel()
	four, six, mapped := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("::ffff:192.0.2.1")
	require.Equal(t, six, probe.Choose(probe.DialOptions{Family: probe.IPv6, Fallback: true}, four, six))
	require.Equal(t, four, probe.Choose(probe.DialOptions{Family: probe.IPv4, Fallback: true}, six, mapped))
	require.Equal(t, four, probe.Choose(probe.DialOptions{Family: probe.IPv6, Fallback: true}, mapped), "the other family")
	require.Equal(t, six, probe.Choose(probe.DialOptions{}, six, four))
}

// TestDialOneFamily keeps that an address of the wrong family is none.
func TestDialOneFamily(t *testing.T) {
	t.Parallel()
	conn, trace, err := probe.Dial(t.Context(), probe.DialOptions{Family: probe.IPv4}, "tcp", "localhost:"+portOf(t, serve(t, silence)))
	require.NoError(t, err)
	defer conn.Close()
	require.Equal(t, netip.MustParseAddr("127.0.0.1"), trace.Addr)
	require.Positive(t, trace.Lookup)
	require.Equal(t, "address found", trace.Events[0].What)
}

// TestDialStopsWaiting keeps that a probe that is over before it begins dials nobody.
func TestDialStopsWaiting(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, addr := range []string{refused, "localhost:1"} {
		_, _, err := probe.Dial(ctx, probe.DialOptions{}, "tcp", addr)
		require.Error(t, err)
		require.False(t, errors.Is(err, os.ErrNotExist))
	}
}

// TestDialMemory keeps that a name is looked up once in a while, and at once if
// its target is no longer where it was.
func TestDialMemory(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	name := "localhost:" + portOf(t, l.Addr().String())
	var m probe.Memory
	dial := func(looked bool, why string) {
		t.Helper()
		conn, did, err := m.Dial(t.Context(), name)
		require.NoError(t, err)
		require.NoError(t, conn.Close())
		require.Equal(t, looked, did, why)
	}
	dial(true, "it is not known yet")
	dial(false, "it was found a moment ago")
	m.Age(probe.Remembered)
	dial(true, "it may have changed")
	require.NoError(t, l.Close())
	_, did, err := m.Dial(t.Context(), name)
	require.ErrorContains(t, err, "connection refused")
	require.True(t, did, "it may have moved")
}
