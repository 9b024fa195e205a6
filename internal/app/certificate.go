// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/pharos-status/pharos/internal/configfile"
)

// maxCertificateSize bounds a file with a chain of certificates, in bytes.
const maxCertificateSize = 1 << 20

// CertificateNotAfter returns when the certificate expires that the server shows to
// those who connect now: of its chain, the one that expires first; the zero time if
// there is no TLS. It reads the files, as each handshake does, and may be called at
// any time.
func (s *HTTPServer) CertificateNotAfter() (time.Time, error) {
	t, err := readTLS(s.o.WebConfig)
	if err != nil || t == nil {
		return time.Time{}, err
	}
	chain, err := t.chain()
	if err != nil {
		return time.Time{}, fmt.Errorf("read the certificate: %w", err)
	}
	notAfter, err := firstExpiry(chain)
	if err != nil {
		return time.Time{}, fmt.Errorf("read the certificate in %s: %w", cmp.Or(t.CertFile, s.o.WebConfig), err)
	}
	return notAfter, nil
}

// tlsSettings are what is read here of a web configuration file; the toolkit reads
// all of it.
type tlsSettings struct {
	Cert     string         `yaml:"cert"`
	CertFile string         `yaml:"cert_file"`
	Rest     map[string]any `yaml:",inline"`
}

// readTLS returns nil if a web configuration file does not ask for TLS, or if there
// is none.
func readTLS(file string) (*tlsSettings, error) {
	if file == "" {
		return nil, nil //nolint:nilnil // which is what was found
	}
	var c struct {
		TLS  *tlsSettings   `yaml:"tls_server_config"`
		Rest map[string]any `yaml:",inline"`
	}
	f, err := configfile.Read(file)
	if err != nil {
		return nil, err
	}
	if err := f.Decode(&c); err != nil {
		return nil, err
	}
	if c.TLS != nil {
		c.TLS.CertFile = f.Path(c.TLS.CertFile)
	}
	return c.TLS, nil
}

// chain returns the certificates in the PEM format.
func (t *tlsSettings) chain() ([]byte, error) {
	if t.CertFile == "" {
		return []byte(t.Cert), nil
	}
	in, err := os.Open(t.CertFile)
	if err != nil {
		return nil, err
	}
	defer in.Close() //nolint:errcheck // only read
	return io.ReadAll(io.LimitReader(in, maxCertificateSize))
}

// firstExpiry returns when the first certificate of a chain expires.
func firstExpiry(chain []byte) (time.Time, error) {
	var first time.Time
	for {
		var block *pem.Block
		if block, chain = pem.Decode(chain); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue // a key may be in the same file
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return first, err
		}
		if first.IsZero() || c.NotAfter.Before(first) {
			first = c.NotAfter
		}
	}
	if first.IsZero() {
		return first, errors.New("there is none")
	}
	return first, nil
}
