// SPDX-License-Identifier: Apache-2.0

package probe_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/status"
)

// An authority issues certificates for the loopback.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T, end time.Time) authority {
	t.Helper()
	a := authority{key: newKey(t)}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Authority"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: end,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	a.cert = a.sign(t, template, template, &a.key.PublicKey)
	return a
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return key
}

func (a authority) sign(t *testing.T, template, parent *x509.Certificate, key *ecdsa.PublicKey) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key, a.key)
	require.NoError(t, err)
	cert, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return cert
}

// issue returns a certificate that ends then, with that of the authority.
func (a authority) issue(t *testing.T, end time.Time) tls.Certificate {
	t.Helper()
	key := newKey(t)
	leaf := a.sign(t, &x509.Certificate{
		SerialNumber: big.NewInt(0x0abc), Subject: pkix.Name{CommonName: "target"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: end,
		DNSNames: []string{"target.example", "localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}, a.cert, &key.PublicKey)
	return tls.Certificate{Certificate: [][]byte{leaf.Raw, a.cert.Raw}, PrivateKey: key, Leaf: leaf}
}

// trust returns the settings of a client that trusts the authority.
func (a authority) trust() *tls.Config {
	roots := x509.NewCertPool()
	roots.AddCert(a.cert)
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
}

// pem returns the certificate of the authority as files have it.
func (a authority) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})
}

// secure serves handle over TLS, with HTTP/2 if that is wanted.
func secure(t *testing.T, config *tls.Config, http2 bool, handle http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(handle)
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.TLS, server.EnableHTTP2 = config, http2
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

func TestTLSFacts(t *testing.T) {
	t.Parallel()
	soon, late := time.Now().Add(48*time.Hour).Truncate(time.Second).UTC(), time.Now().Add(240*time.Hour).Truncate(time.Second).UTC()
	tests := map[string]struct{ leaf, authority time.Time }{
		"the target's ends first":    {soon, late},
		"the authority's ends first": {late, soon},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAuthority(t, test.authority)
			cert := a.issue(t, test.leaf)
			server := secure(t, &tls.Config{Certificates: []tls.Certificate{cert}, MaxVersion: tls.VersionTLS12}, false, ok)
			both(t, probe.HTTPOptions{URL: parse(t, server.URL), TLS: a.trust(), FailIfNotTLS: true}, func(t *testing.T, o probe.HTTPOptions) {
				t.Helper()
				r := probe.HTTP(o).Probe(t.Context())
				require.NoError(t, r.Err)
				sum := sha256.Sum256(cert.Leaf.Raw)
				require.Equal(t, &probe.TLSFacts{
					Version: "TLS 1.2", Cipher: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
					EarliestExpiry: soon, LastChainExpiry: soon, Fingerprint: hex.EncodeToString(sum[:]),
					Subject: "CN=target", Issuer: "CN=Authority", DNSNames: "target.example,localhost", Serial: "0abc",
				}, r.TLS)
				require.Equal(t, soon, r.NotAfter)
				require.True(t, r.HTTP.TLS)
				require.Positive(t, r.HTTP.Phases.TLS)
				sick := probe.Limits{CertificateSickBefore: 72 * time.Hour}.Judge(r)
				requireFailure(t, sick, status.Sick, status.TLS, "the certificate expires on")

				o.FailIfNotTLS, o.FailIfTLS = false, true
				requireFailure(t, verdict(t, probe.HTTP(o), patience), status.Dead, status.TLS, "the answer came over TLS, want none")
			})
		})
	}
}

func ok(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }

// TestTLSRefused keeps that a certificate that is refused is seen all the same.
func TestTLSRefused(t *testing.T) {
	t.Parallel()
	a := newAuthority(t, time.Now().Add(time.Hour))
	past := time.Now().Add(-time.Minute).Truncate(time.Second).UTC()
	server := secure(t, &tls.Config{Certificates: []tls.Certificate{a.issue(t, past)}, MinVersion: tls.VersionTLS12}, false, ok)
	both(t, probe.HTTPOptions{URL: parse(t, server.URL), TLS: a.trust()}, func(t *testing.T, o probe.HTTPOptions) {
		t.Helper()
		r := probe.HTTP(o).Probe(t.Context())
		requireFailure(t, probe.Limits{}.Judge(r), status.Dead, status.TLS, "certificate has expired")
		require.Equal(t, past, r.NotAfter)
		require.Equal(t, "CN=target", r.TLS.Subject)
		require.Empty(t, r.TLS.Version)
		require.Zero(t, r.TLS.LastChainExpiry)

		o.TLS = &tls.Config{InsecureSkipVerify: true} //nolint:gosec // what a node may ask for
		r = probe.HTTP(o).Probe(t.Context())
		require.NoError(t, r.Err)
		require.Equal(t, past, r.NotAfter, "it is seen though nobody minds")
		require.Equal(t, "TLS 1.3", r.TLS.Version)
	})
}

// TestTLSServerName keeps that the name that is asked for can be another than
// that of the URL.
func TestTLSServerName(t *testing.T) {
	t.Parallel()
	a := newAuthority(t, time.Now().Add(time.Hour))
	asked := make(chan string, 2)
	cert := a.issue(t, time.Now().Add(time.Hour))
	server := secure(t, &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		asked <- hello.ServerName
		return &cert, nil
	}}, false, ok)
	trust := a.trust()
	trust.ServerName = "target.example"
	both(t, probe.HTTPOptions{URL: parse(t, server.URL), TLS: trust}, func(t *testing.T, o probe.HTTPOptions) {
		t.Helper()
		require.NoError(t, probe.HTTP(o).Probe(t.Context()).Err)
		require.Equal(t, "target.example", <-asked)
	})
}

// TestTLSStalls keeps that a server that stops in the handshake holds nobody up.
func TestTLSStalls(t *testing.T) {
	t.Parallel()
	addr := serve(t, func(conn net.Conn) {
		_, _ = conn.Write([]byte{22, 3, 3, 0, 200}) // a record is to come, and never does
		silence(conn)
	})
	both(t, probe.HTTPOptions{URL: parse(t, "https://"+addr)}, func(t *testing.T, o probe.HTTPOptions) {
		t.Helper()
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		v := probe.Limits{}.Judge(probe.HTTP(o).Probe(ctx))
		requireFailure(t, v, status.Dead, status.Timeout, "")
		require.Less(t, time.Since(start), patience/2)
	})
}
