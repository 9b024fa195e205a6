// SPDX-License-Identifier: Apache-2.0

package blackbox_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/blackbox"
	"github.com/pharos-status/pharos/collector/module"
	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/status"
)

// authority returns a certificate that vouches for itself, and its PEM.
func authority(t *testing.T, name string) (tls.Certificate, []byte) {
	t.Helper()
	public, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, key)
	require.NoError(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// replace puts a file in the place of another, as programs do that rotate them.
func replace(t *testing.T, path string, text []byte) {
	t.Helper()
	require.NoError(t, os.WriteFile(path+".new", text, 0o600))
	require.NoError(t, os.Rename(path+".new", path))
}

// TestAuthoritiesAreReadAgain keeps that a prober which was made before its file
// of authorities was replaced goes by the new one.
func TestAuthoritiesAreReadAgain(t *testing.T) {
	t.Parallel()
	certificate, right := authority(t, "right")
	_, wrong := authority(t, "wrong")
	shake := func(conn net.Conn) {
		server := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{certificate}})
		if server.HandshakeContext(context.Background()) == nil {
			_, _ = server.Read(make([]byte, 1))
		}
	}
	address := listen(t, "tcp", "127.0.0.1:0", shake).Addr().String()
	socket := listen(t, "unix", filepath.Join(t.TempDir(), "s"), shake).Addr().String()
	for kind, c := range map[module.Kind]struct{ settings, target string }{
		module.KindHTTP:      {"tls_config: {ca_file: ca.pem}", "https://" + address},
		module.KindTCP:       {"tls: true, tls_config: {ca_file: ca.pem}", address},
		module.KindUnix:      {"tls: true, tls_config: {ca_file: ca.pem, server_name: localhost}", socket},
		module.KindDNS:       {"query_name: a, transport_protocol: tcp, dns_over_tls: true, tls_config: {ca_file: ca.pem}", address},
		module.KindGRPC:      {"tls: true, tls_config: {ca_file: ca.pem}", address},
		module.KindWebsocket: {"http_config: {tls_config: {ca_file: ca.pem}}", "wss://" + address},
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			file := filepath.Join(folder, "ca.pem")
			text := "modules: {m: {prober: " + string(kind) + ", " + string(kind) + ": {" + c.settings + "}}}"
			all, err := module.Parse(filepath.Join(folder, "blackbox.yml"), []byte(text))
			require.NoError(t, err)
			_, err = blackbox.Prober(all["m"], c.target, blackbox.Options{})
			require.ErrorContains(t, err, "no such file")

			replace(t, file, wrong)
			prober, err := blackbox.Prober(all["m"], c.target, blackbox.Options{})
			require.NoError(t, err)
			secure := func() bool {
				ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
				defer cancel()
				r := prober.Probe(ctx)
				require.NotNil(t, r.TLS)
				return r.TLS.Version != ""
			}
			require.False(t, secure())
			replace(t, file, right)
			require.True(t, secure())
			replace(t, file, wrong)
			require.False(t, secure())

			require.NoError(t, os.Remove(file))
			r := prober.Probe(t.Context())
			require.Equal(t, status.Unknown, probe.Limits{}.Judge(r).Status, "nothing is known of the target")
			require.ErrorContains(t, r.Err, "no such file")
		})
	}
}
