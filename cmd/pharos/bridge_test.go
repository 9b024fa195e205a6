// SPDX-License-Identifier: Apache-2.0

package main

import (
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/bridge"
	"github.com/pharos-status/pharos/internal/app"
)

// TestDial looks which addresses lead to the bridge within the process, where nobody
// serves: what gets there is closed.
func TestDial(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	require.NoError(t, err)
	for _, c := range []struct {
		what, yml, address string
		inProcess          bool
	}{
		{"no file", "", listener.Addr().String(), false},
		{"its address", "external_url: http://127.0.0.1:" + port, listener.Addr().String(), true},
		{"another name of this machine", "external_url: http://127.0.0.1:" + port, "localhost:" + port, true},
		{"another address of this machine", "external_url: http://localhost:" + port, "[::1]:" + port, true},
		{"another port", "external_url: http://127.0.0.1:1", listener.Addr().String(), false},
		{"with a certificate", "external_url: https://127.0.0.1:" + port, listener.Addr().String(), false},
	} {
		folder := t.TempDir()
		file := filepath.Join(folder, "bridge.yml")
		if c.yml != "" {
			require.NoError(t, os.WriteFile(file, []byte(c.yml), 0o600))
		}
		log := slog.New(slog.DiscardHandler)
		b, err := bridge.New(bridge.Options{ConfigFile: file, StoragePath: folder, Logger: log, Registerer: prometheus.NewRegistry()})
		require.NoError(t, err)
		s := &stack{bridge: b, inbox: app.NewMemoryServer(nil, log)}
		require.NoError(t, s.inbox.Close())
		conn, err := s.dial(t.Context(), "tcp", c.address)
		require.Equal(t, c.inProcess, err != nil, c.what)
		if conn != nil {
			require.NoError(t, conn.Close())
		} else {
			require.ErrorIs(t, err, net.ErrClosed, c.what)
		}
		require.NoError(t, b.Close())
	}
}
