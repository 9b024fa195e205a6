// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"net"
	"strings"
	"time"

	"github.com/pharos-status/pharos/internal/status"
)

// TLSFacts are what a probe saw of the last TLS handshake with its target. They
// are there also if the certificate was refused; then of what the target has
// shown. Their texts are the target's own, of at most 64 KiB, in valid UTF-8.
type TLSFacts struct {
	Version string // such as "TLS 1.3"; empty if the handshake failed
	Cipher  string // its name in the standard, such as TLS_AES_128_GCM_SHA256; empty if the handshake failed

	// EarliestExpiry is when the first of the certificates shown expires.
	EarliestExpiry time.Time

	// LastChainExpiry is until when at least one chain to an authority holds: the
	// latest of the ends of the verified chains. Zero if none was verified.
	LastChainExpiry time.Time

	// Of the certificate of the target itself.
	Fingerprint string // SHA-256, hexadecimal
	Subject     string
	Issuer      string
	DNSNames    string // its alternative names, joined by commas
	Serial      string // hexadecimal
}

// handshake shakes hands over conn and notes what it saw. A nil config trusts
// the machine's certificate authorities; one without a server name has to skip
// verification. The handshake ends with ctx; its error is a [*Failure], and conn
// is then closed.
func handshake(ctx context.Context, t *Trace, conn net.Conn, config *tls.Config) (*tls.Conn, error) {
	client := tls.Client(conn, config)
	err := client.HandshakeContext(ctx)
	if err != nil {
		_ = conn.Close()
		t.noteTLS(nil, err)
		return nil, tlsFailure(conn.RemoteAddr().String(), err)
	}
	state := client.ConnectionState()
	t.noteTLS(&state, nil)
	return client, nil
}

// withServerName returns config, or a copy of it that asks for host if it names no server.
func withServerName(config *tls.Config, host string) *tls.Config {
	switch {
	case config == nil:
		return &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	case config.ServerName == "":
		config = config.Clone()
		config.ServerName = host
	}
	return config
}

// tlsFailure says what an error of a handshake with addr makes of the target.
func tlsFailure(addr string, err error) error {
	reason := status.TLS
	if reasonOf(err) == status.Timeout {
		reason = status.Timeout
	}
	return Failf(reason, "TLS handshake with %s: %w", addr, err)
}

const eventTLS = "TLS handshake done"

// noteTLS keeps the facts of a connection, or of what its handshake failed on.
func (t *Trace) noteTLS(state *tls.ConnectionState, err error) {
	var facts TLSFacts
	var shown []*x509.Certificate
	if state != nil {
		facts.Version, facts.Cipher = tls.VersionName(state.Version), tls.CipherSuiteName(state.CipherSuite)
		facts.LastChainExpiry = lastExpiry(state.VerifiedChains)
		shown = state.PeerCertificates
		t.Event(eventTLS, facts.Version)
	} else if refused, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		shown = refused.UnverifiedCertificates
	}
	if len(shown) == 0 {
		return
	}
	facts.EarliestExpiry = earliest(shown)
	facts.describe(shown[0])
	t.TLS, t.NotAfter = &facts, facts.EarliestExpiry
}

func (f *TLSFacts) describe(leaf *x509.Certificate) {
	sum := sha256.Sum256(leaf.Raw)
	f.Fingerprint = hex.EncodeToString(sum[:])
	f.Subject = strings.ToValidUTF8(leaf.Subject.String(), "\uFFFD")
	f.Issuer = strings.ToValidUTF8(leaf.Issuer.String(), "\uFFFD")
	f.DNSNames = strings.Join(leaf.DNSNames, ",")            // which are ASCII
	f.Serial = hex.EncodeToString(leaf.SerialNumber.Bytes()) // with its leading zero
}

// earliest returns when the first of the certificates expires.
func earliest(chain []*x509.Certificate) time.Time {
	var first time.Time
	for _, c := range chain {
		if first.IsZero() || c.NotAfter.Before(first) {
			first = c.NotAfter
		}
	}
	return first
}

func lastExpiry(chains [][]*x509.Certificate) time.Time {
	var last time.Time
	for _, chain := range chains {
		if end := earliest(chain); end.After(last) {
			last = end
		}
	}
	return last
}
