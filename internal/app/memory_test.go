// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/app"
)

func TestMemoryServer(t *testing.T) {
	t.Parallel()
	s := app.NewMemoryServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.RemoteAddr+" "+r.Host)
	}), slog.New(slog.DiscardHandler))
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return s.Dial(ctx) }}
	get := func(ctx context.Context) (string, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://bridge.example.com:9642/", http.NoBody)
		require.NoError(t, err)
		resp, err := transport.RoundTrip(req)
		if err != nil {
			return "", err
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		return string(body), err
	}
	impatient, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := get(impatient)
	require.ErrorIs(t, err, context.Canceled, "nobody accepts before the server runs")

	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- s.Run(ctx) }()
	text, err := get(t.Context())
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:0 bridge.example.com:9642", text, "from this machine")
	require.Equal(t, "memory", s.Addr().Network())

	stop()
	require.NoError(t, <-ended)
	_, err = get(t.Context())
	require.ErrorIs(t, err, net.ErrClosed)
}
