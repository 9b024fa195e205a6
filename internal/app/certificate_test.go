// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"context"
	"crypto/tls"
	"fmt"
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

// withWebConfig returns a server with a web configuration file, and the file.
func withWebConfig(t *testing.T, folder, text string) *app.HTTPServer {
	t.Helper()
	file := filepath.Join(folder, "web.yml")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	s, err := app.NewHTTPServer(app.HTTPOptions{
		Purpose: "status page", Address: "127.0.0.1:0", WebConfig: file, Handler: http.NotFoundHandler(), Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	return s
}

func TestCertificateNotAfter(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	at := time.Now().Add(time.Hour).Truncate(time.Second).UTC()
	chain, key := testkit.Certificate(t, at)
	issuer, _ := testkit.Certificate(t, at.Add(-time.Minute))
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
	}
	write("cert.pem", chain)
	write("key.pem", key)
	s := withWebConfig(t, folder, "tls_server_config: {cert_file: cert.pem, key_file: key.pem, min_version: TLS12}\nhttp_server_config: {http2: true}")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	defer func() {
		cancel()
		require.NoError(t, <-done)
	}()
	require.True(t, strings.HasPrefix(s.URL(), "https://"))
	shown := func() time.Time {
		conn, err := (&tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}).DialContext(t.Context(), "tcp", s.Addr()) //nolint:gosec // to see the certificate
		require.NoError(t, err)
		defer conn.Close()
		return conn.(*tls.Conn).ConnectionState().PeerCertificates[0].NotAfter
	}
	expires := func() time.Time {
		got, err := s.CertificateNotAfter()
		require.NoError(t, err)
		return got
	}
	require.Equal(t, at, expires())
	require.Equal(t, at, shown())

	write("cert.pem", key+chain+issuer)
	require.Equal(t, at.Add(-time.Minute), expires(), "the first of the chain to expire")

	chain, key = testkit.Certificate(t, at.Add(time.Hour))
	write("cert.pem", chain)
	write("key.pem", key)
	require.Equal(t, at.Add(time.Hour), expires(), "it was renewed")
	require.Equal(t, at.Add(time.Hour), shown())

	for text, want := range map[string]string{
		"":       "read the certificate in " + filepath.Join(folder, "cert.pem") + ": there is none",
		"no PEM": "there is none",
		"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n": "malformed",
	} {
		write("cert.pem", text)
		_, err := s.CertificateNotAfter()
		require.ErrorContains(t, err, want)
	}
	require.NoError(t, os.Remove(filepath.Join(folder, "cert.pem")))
	_, err := s.CertificateNotAfter()
	require.ErrorIs(t, err, os.ErrNotExist)
	write("web.yml", "tls_server_config: []")
	_, err = s.CertificateNotAfter()
	require.ErrorContains(t, err, "web.yml:1: ")
}

func TestCertificateInTheWebConfig(t *testing.T) {
	t.Parallel()
	at := time.Now().Add(time.Hour).Truncate(time.Second).UTC()
	chain, key := testkit.Certificate(t, at)
	indent := func(text string) string { return "    " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n    ") }
	s := withWebConfig(t, t.TempDir(), fmt.Sprintf("tls_server_config:\n  cert: |\n%s\n  key: |\n%s\n", indent(chain), indent(key)))
	defer func() { require.NoError(t, s.Close()) }()
	got, err := s.CertificateNotAfter()
	require.NoError(t, err)
	require.Equal(t, at, got)
}

func TestNoCertificate(t *testing.T) {
	t.Parallel()
	s := withWebConfig(t, t.TempDir(), "basic_auth_users: {}")
	defer func() { require.NoError(t, s.Close()) }()
	plain, err := newServer(t, "127.0.0.1:0", http.NotFoundHandler())
	require.NoError(t, err)
	defer func() { require.NoError(t, plain.Close()) }()
	for _, s := range []*app.HTTPServer{s, plain} {
		got, err := s.CertificateNotAfter()
		require.NoError(t, err)
		require.Zero(t, got)
		require.True(t, strings.HasPrefix(s.URL(), "http://"))
	}
}
