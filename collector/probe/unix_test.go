// SPDX-License-Identifier: Apache-2.0

package probe_test

import (
	"crypto/tls"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/status"
)

func TestUnix(t *testing.T) {
	t.Parallel()
	server, client := tlsPair(t)
	client.ServerName = "example.com"
	plain := serveUnix(t, func(conn net.Conn) { _, _ = io.WriteString(conn, "ready 1.2\n") })
	secured := serveUnix(t, func(conn net.Conn) {
		conn = tls.Server(conn, server)
		_, _ = io.WriteString(conn, "ready\n")
		silence(conn)
	})
	expect := exchange(`ready ([0-9.]+)`, "")
	expect.Labels = []probe.ExchangeLabel{{Name: "version", Value: "$1"}}
	tests := map[string]struct {
		options probe.UnixOptions
		limit   time.Duration
		status  status.Status
		reason  status.Reason
	}{
		"connects":       {probe.UnixOptions{Path: plain}, patience, status.Healthy, status.None},
		"converses":      {probe.UnixOptions{Path: plain, Conversation: []probe.Exchange{expect}}, patience, status.Healthy, status.None},
		"other content":  {probe.UnixOptions{Path: plain, Conversation: []probe.Exchange{exchange("busy", "")}}, patience, status.Dead, status.Body},
		"TLS":            {probe.UnixOptions{Path: secured, UseTLS: true, TLS: client, Conversation: []probe.Exchange{exchange("ready", "")}}, patience, status.Healthy, status.None},
		"no server name": {probe.UnixOptions{Path: secured, UseTLS: true}, patience, status.Dead, status.TLS},
		"silent":         {probe.UnixOptions{Path: serveUnix(t, silence), Conversation: []probe.Exchange{expect}}, 50 * time.Millisecond, status.Dead, status.Timeout},
		"no socket":      {probe.UnixOptions{Path: filepath.Join(t.TempDir(), "none")}, patience, status.Dead, status.Connect},
		"no path at all": {probe.UnixOptions{}, patience, status.Dead, status.Connect},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := verdict(t, probe.Unix(test.options), test.limit)
			require.Equal(t, test.status, v.Status, v.Detail)
			require.Equal(t, test.reason, v.Reason, v.Detail)
		})
	}
}

// A socket that this program may not open says nothing of its server.
func TestUnixPermission(t *testing.T) {
	t.Parallel()
	if os.Getuid() == 0 {
		t.Skip("root may open every socket")
	}
	path := serveUnix(t, silence)
	require.NoError(t, os.Chmod(path, 0))
	requireFailure(t, verdict(t, probe.Unix(probe.UnixOptions{Path: path}), patience), status.Unknown, status.Permission, path)
}

// serveUnix answers each connection to a socket by handle, and closes it then.
func serveUnix(t *testing.T, handle func(net.Conn)) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "socket")
	serveOn(t, "unix", path, handle)
	return path
}
