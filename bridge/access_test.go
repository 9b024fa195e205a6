// SPDX-License-Identifier: Apache-2.0

package bridge

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/app"
	"github.com/pharos-status/pharos/internal/testkit"
)

// TestClientCertificate posts over TLS to a listener whose web configuration file trusts
// one client certificate.
func TestClientCertificate(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
	}
	certificate, key := testkit.Certificate(t, time.Now().Add(time.Hour))
	write("cert.pem", certificate)
	write("key.pem", key)
	write("web.yml", "tls_server_config: {cert_file: cert.pem, key_file: key.pem, client_ca_file: cert.pem, client_auth_type: VerifyClientCertIfGiven}")
	b, _ := newBridge(t, newReceiver(t).yml(""))
	run(t, b)
	s, err := app.NewHTTPServer(app.HTTPOptions{
		Purpose: "bridge", Address: "127.0.0.1:0", WebConfig: filepath.Join(folder, "web.yml"), Handler: b.Handler(), Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	defer func() {
		cancel()
		require.NoError(t, <-done)
	}()

	pair, err := tls.X509KeyPair([]byte(certificate), []byte(key))
	require.NoError(t, err)
	for code, certificates := range map[int][]tls.Certificate{http.StatusOK: {pair}, http.StatusForbidden: nil} {
		transport := &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{
			InsecureSkipVerify: true, //nolint:gosec // this is about the certificate of the client
			Certificates:       certificates,
		}}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL()+"/bridge/v1/hook", strings.NewReader(notification("a")))
		require.NoError(t, err)
		req.Header.Set("Via", "1.1 proxy.example.com") // else it comes from this machine
		res, err := transport.RoundTrip(req)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		require.Equal(t, code, res.StatusCode)
	}
}
