// SPDX-License-Identifier: Apache-2.0

package config

import (
	"crypto/x509"
	"encoding/base64"
	"io"
	"os"
	"slices"
	"strings"

	promconfig "github.com/prometheus/common/config"

	"github.com/pharos-status/pharos/collector/module"
	"github.com/pharos-status/pharos/internal/configfile"
)

// maxCertificates bounds a file of certificates, in bytes.
const maxCertificates = 4 << 20

// tls returns the settings of d over those above; where d is wrong, those above.
// The certificate authorities are one setting, and so is the client certificate
// with its key: a level that sets a part of one sets all of it.
func (l *loader) tls(p configfile.Path, d *tlsDocument, above *TLS) *TLS {
	if d == nil {
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
	if d.MinVersion != 0 {
		out.Config.MinVersion = d.MinVersion
	}
	if d.MaxVersion != 0 {
		out.Config.MaxVersion = d.MaxVersion
	}
	if low, high := out.Config.MinVersion, out.Config.MaxVersion; high != 0 && low > high {
		l.fail(p, "no version will do: min_version (%s) is above max_version (%s)", low.String(), high.String())
	}
	l.authorities(p, d, &out.Config)
	l.certificate(p, d, &out.Config)
	if len(l.errs) == before {
		if _, err := promconfig.NewTLSConfig(&out.Config); err != nil {
			l.fail(p, "%v", err)
		}
	}
	if len(l.errs) > before {
		return above // so that the levels below don't tell the same again
	}
	return &out
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
		text, err := readAll(l.file.Path(d.CAFile))
		if err != nil {
			l.fail(at, "%v; make the file readable to this program", err)
			return
		}
		c.CA = text
	case d.CA != "":
		c.CA = d.CA
	default:
		return
	}
	if !x509.NewCertPool().AppendCertsFromPEM([]byte(c.CA)) {
		l.fail(at, "holds no certificate; write those of the authorities, in PEM")
	}
}

func readAll(name string) (string, error) {
	in, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer in.Close()
	text, err := io.ReadAll(io.LimitReader(in, maxCertificates))
	return string(text), err
}

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
	}
}

// SkipsVerification tells whether some replica of the node may show any certificate.
func (n Node) SkipsVerification() bool {
	if n.Module != nil {
		return skipsVerification(n.Module)
	}
	return slices.ContainsFunc(n.Replicas, func(r Replica) bool {
		return r.URL != nil && r.TLS != nil && r.TLS.Config.InsecureSkipVerify && usesTLS(r.URL)
	})
}

func skipsVerification(m *module.Module) bool {
	switch m.Prober {
	case module.KindHTTP:
		return m.HTTP.Client.TLSConfig.InsecureSkipVerify
	case module.KindTCP:
		return m.TCP.TLSConfig.InsecureSkipVerify
	case module.KindDNS:
		return m.DNS.TLSConfig.InsecureSkipVerify
	case module.KindGRPC:
		return m.GRPC.TLSConfig.InsecureSkipVerify
	case module.KindUnix:
		return m.Unix.TLSConfig.InsecureSkipVerify
	case module.KindWebsocket:
		return m.Websocket.Client.TLSConfig.InsecureSkipVerify
	case module.KindICMP, module.KindSSH:
	}
	return false
}

// ssh returns the settings of d over those above.
func (l *loader) ssh(p configfile.Path, d *sshDocument, above SSH) SSH {
	if d == nil || d.HostKeys == nil {
		return above
	}
	for i, key := range d.HostKeys {
		digest, found := strings.CutPrefix(key, "SHA256:")
		sum, err := base64.RawStdEncoding.DecodeString(strings.TrimSuffix(digest, "="))
		if !found || err != nil || len(sum) != 32 {
			l.fail(p.At("host_keys", i), "%q is no fingerprint of a host key; write SHA256: and 43 characters, as ssh-keygen -l prints it", key)
		}
	}
	return SSH{HostKeys: d.HostKeys}
}
