// SPDX-License-Identifier: Apache-2.0

package module

import (
	"net/netip"
	"strings"

	promconfig "github.com/prometheus/common/config"

	"github.com/pharos-status/pharos/internal/configfile"
)

// A validator completes modules, and collects what is wrong with them.
type validator struct {
	file  *configfile.File
	errs  configfile.Errors
	flaws configfile.Errors // of one module: what keeps it alone from working
}

func (v *validator) fail(p configfile.Path, format string, args ...any) {
	v.errs = append(v.errs, v.file.Errorf(p, format, args...))
}

// flaw notes what blackbox_exporter loads although no probe can succeed with it.
func (v *validator) flaw(p configfile.Path, format string, args ...any) {
	v.flaws = append(v.flaws, v.file.Errorf(p, format, args...))
}

// module checks the part that is used; the others may be anything that decodes.
func (v *validator) module(p configfile.Path, m *Module) {
	m.Timeout = max(m.Timeout, 0) // a negative one is none
	part := p.At(string(m.Prober))
	switch m.Prober {
	case KindHTTP:
		v.http(part, &m.HTTP)
	case KindTCP:
		v.tcp(part, &m.TCP)
	case KindDNS:
		v.dns(part, &m.DNS)
	case KindICMP:
		v.icmp(part, &m.ICMP)
	case KindGRPC:
		v.grpc(part, &m.GRPC)
	case KindUnix:
		v.exchanges(part.At("query_response"), m.Unix.QueryResponse)
		v.tls(part.At("tls_config"), &m.Unix.TLSConfig)
	case KindWebsocket:
		v.websocket(part, &m.Websocket)
	case KindSSH:
		v.ssh(part, &m.SSH)
	case "":
		v.flaw(p, "the module has no prober; want one of %s", choice(Kinds()))
	default:
		v.flaw(p.At("prober"), "unknown prober %q, want one of %s", m.Prober, choice(Kinds()))
	}
}

func (v *validator) source(p configfile.Path, source Source) {
	if source.Address == "" {
		return
	}
	if _, err := netip.ParseAddr(source.Address); err != nil {
		v.flaw(p.At("source_ip_address"), "%q is no IP address; write one such as 192.0.2.1", source.Address)
	}
}

// tls checks and completes a configuration that is no part of an HTTP client's.
// Whether there are such files is found out when they are used, as
// blackbox_exporter does: certificates come and go.
func (v *validator) tls(p configfile.Path, c *promconfig.TLSConfig) {
	v.tlsReferences(p, c)
	c.SetDirectory(v.file.Path("."))
}

func (v *validator) tlsReferences(p configfile.Path, c *promconfig.TLSConfig) {
	if c.CARef != "" || c.CertRef != "" || c.KeyRef != "" {
		v.flaw(p, "references to secrets are not supported; use ca_file, cert_file and key_file")
	}
}

func (v *validator) regexps(p configfile.Path, all []Regexp) {
	for i, r := range all {
		v.regexp(p.At(i), r)
	}
}

const mendRegexp = "%v; mend the regular expression (RE2 syntax)"

func (v *validator) regexp(p configfile.Path, r Regexp) {
	if r.err != nil {
		v.fail(p, mendRegexp, r.err)
	}
}

func (v *validator) ssh(p configfile.Path, s *SSH) {
	v.source(p, s.Source)
	for i, key := range s.HostKeys {
		if !fingerprint.MatchString(key) {
			v.fail(p.At("host_keys", i), "%q is no fingerprint; write what ssh-keygen -l prints, SHA256:…", key)
		}
	}
}

// choice returns the words as a list in a sentence.
func choice[T ~string](words []T) string {
	var text strings.Builder
	for i, word := range words {
		switch {
		case i > 0 && i == len(words)-1:
			text.WriteString(" or ")
		case i > 0:
			text.WriteString(", ")
		}
		text.WriteString(string(word))
	}
	return text.String()
}
