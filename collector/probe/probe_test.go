// SPDX-License-Identifier: Apache-2.0

package probe_test

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/status"
)

const (
	patience = 10 * time.Second // far more than a healthy answer takes
	refused  = "127.0.0.1:1"    // nothing listens there, not even another test
)

// verdict runs one probe with a time limit and judges it.
func verdict(t *testing.T, p probe.Prober, limit time.Duration) probe.Verdict {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	return probe.Limits{Timeout: limit}.Judge(p.Probe(ctx))
}

func requireFailure(t *testing.T, v probe.Verdict, s status.Status, reason status.Reason, detail string) {
	t.Helper()
	require.Equal(t, s, v.Status, v.Detail)
	require.Equal(t, reason, v.Reason, v.Detail)
	require.Contains(t, v.Detail, detail)
}

// serve answers each connection to a free port of the loopback by handle, and
// closes it then.
func serve(t *testing.T, handle func(net.Conn)) (addr string) {
	t.Helper()
	return serveOn(t, "tcp", "127.0.0.1:0", handle)
}

func serveOn(t *testing.T, network, at string, handle func(net.Conn)) (addr string) {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), network, at)
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			handle(conn)
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	return l.Addr().String()
}

// silence reads until the other side hangs up, and says nothing.
func silence(conn net.Conn) {
	buf := make([]byte, 512)
	for {
		if _, err := conn.Read(buf); err != nil {
			return
		}
	}
}
