// SPDX-License-Identifier: Apache-2.0

package config

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"os"

	promconfig "github.com/prometheus/common/config"

	"github.com/pharos-status/pharos/internal/configfile"
)

// maxCertificates bounds a file of certificates, in bytes.
const maxCertificates = 4 << 20

// tls returns the settings of d over those above; where d is wrong, those above.
// The certificate authorities are one setting, and so is the client certificate
// with its key: a level that sets a part of one sets all of it.
func (l *loader) tls(p configfile.Path, d *tlsDocument, above *TLS) *TLS {
	if d == nil || *d == (tlsDocument{}) {
		return above
	}
	var out TLS
	if above != nil {
		out = *above
	}
	before := len(l.errs)
	set(d.SickBefore, &out.SickBefore)
	if d.SkipVerify != nil {
		out.Config.InsecureSkipVerify = *d.SkipVerify
	}
	if d.ServerName != nil {
		out.Config.ServerName = *d.ServerName
	}
	l.version(p.At("min_version"), d.MinVersion, &out.Config.MinVersion)
	l.version(p.At("max_version"), d.MaxVersion, &out.Config.MaxVersion)
	if low, high := out.Config.MinVersion, out.Config.MaxVersion; high != 0 && low > high {
		l.fail(p, "no version will do: min_version (%s) is above max_version (%s)", low.String(), high.String())
	}
	l.authorities(p, d, &out.Config)
	l.certificate(p, d, &out.Config)
	if len(l.errs) > before {
		return above // so that the levels below don't tell the same again
	}
	return &out
}

func (l *loader) version(p configfile.Path, from string, to *promconfig.TLSVersion) {
	if from == "" {
		return
	}
	version, known := promconfig.TLSVersions[from]
	if !known {
		l.fail(p, "%q is no version, want TLS10, TLS11, TLS12 or TLS13", from)
	}
	*to = version
}

// authorities reads the file of the authorities, so that what it holds is a part
// of the configuration, and a change of it one of what is watched.
func (l *loader) authorities(p configfile.Path, d *tlsDocument, c *promconfig.TLSConfig) {
	at := p.At("ca")
	switch {
	case d.CA != "" && d.CAFile != "":
		l.fail(p.At("ca_file"), "both ca and ca_file are set; keep one")
		return
	case d.CAFile != "":
		at = p.At("ca_file")
		c.CA = l.read(at, d.CAFile)
		if c.CA == "" {
			return
		}
	case d.CA != "":
		c.CA = d.CA
	default:
		return
	}
	if !x509.NewCertPool().AppendCertsFromPEM([]byte(c.CA)) {
		l.fail(at, "holds no certificate; write those of the authorities, in PEM")
	}
}

// read returns what a file holds; nothing if it can't be read, which is told.
func (l *loader) read(p configfile.Path, name string) string {
	text, err := readAll(l.file.Path(name))
	switch {
	case err != nil:
		l.fail(p, "%v; make the file readable to this program", err)
	case text == "":
		l.fail(p, "%s is empty; write certificates or keys into it, in PEM", l.file.Path(name))
	}
	return text
}

func readAll(name string) (string, error) {
	in, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer in.Close() //nolint:errcheck // only read
	text, err := io.ReadAll(io.LimitReader(in, maxCertificates))
	return string(text), err
}

// certificate leaves what is in files to be read again at each handshake, because
// client certificates are renewed.
func (l *loader) certificate(p configfile.Path, d *tlsDocument, c *promconfig.TLSConfig) {
	hasCert, hasKey := d.Cert != "" || d.CertFile != "", d.Key != "" || d.KeyFile != ""
	switch {
	case d.Cert != "" && d.CertFile != "":
		l.fail(p.At("cert_file"), "both cert and cert_file are set; keep one")
	case d.Key != "" && d.KeyFile != "":
		l.fail(p.At("key_file"), "both key and key_file are set; keep one")
	case hasCert && !hasKey:
		l.fail(p, "a client certificate needs its key; set key_file or key")
	case hasKey && !hasCert:
		l.fail(p, "a key needs its client certificate; set cert_file or cert")
	case hasCert:
		c.Cert, c.CertFile = d.Cert, l.file.Path(d.CertFile)
		c.Key, c.KeyFile = promconfig.Secret(d.Key), l.file.Path(d.KeyFile)
		l.pair(p, d)
	}
}

// pair checks that a certificate and a key belong together.
func (l *loader) pair(p configfile.Path, d *tlsDocument) {
	certificate, key := d.Cert, string(d.Key)
	if d.CertFile != "" {
		certificate = l.read(p.At("cert_file"), d.CertFile)
	}
	if d.KeyFile != "" {
		key = l.read(p.At("key_file"), d.KeyFile)
	}
	if certificate == "" || key == "" {
		return
	}
	if _, err := tls.X509KeyPair([]byte(certificate), []byte(key)); err != nil {
		l.fail(p, "the client certificate and its key: %v; write both in PEM", err)
	}
}
