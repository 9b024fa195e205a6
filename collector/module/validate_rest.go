// SPDX-License-Identifier: Apache-2.0

package module

import (
	"regexp"

	"github.com/miekg/dns"
	"github.com/prometheus/common/model"
	"golang.org/x/net/http/httpguts"

	"github.com/pharos-status/pharos/internal/configfile"
)

// fingerprint matches a SHA-256 fingerprint of an SSH key.
var fingerprint = regexp.MustCompile(`^SHA256:[A-Za-z0-9+/]{43}=?$`)

// maxPayload is the most that fits into an echo request over IPv4, in bytes.
const maxPayload = 65507

func (v *validator) tcp(p configfile.Path, t *TCP) {
	v.source(p, t.Source)
	v.exchanges(p.At("query_response"), t.QueryResponse)
	v.tls(p.At("tls_config"), &t.TLSConfig)
}

func (v *validator) exchanges(p configfile.Path, all []Exchange) {
	for i, e := range all {
		at := p.At(i)
		v.regexp(at.At("expect"), e.Expect)
		if !e.Expect.IsZero() { // the labels are passed over otherwise
			v.labels(at.At("labels"), e.Labels)
		}
	}
}

func (v *validator) labels(p configfile.Path, all []Label) {
	seen := map[string]bool{}
	for i, l := range all {
		name := p.At(i, "name")
		switch {
		case !model.LegacyValidation.IsValidLabelName(l.Name):
			v.flaw(name, "%q is no name of a label; use letters, digits and _, and begin with no digit", l.Name)
		case seen[l.Name]:
			v.flaw(name, "duplicate label %q; give it another name", l.Name)
		}
		seen[l.Name] = true
	}
}

func (v *validator) icmp(p configfile.Path, i *ICMP) {
	v.source(p, i.Source)
	if i.TTL < 0 || i.TTL > 255 {
		v.fail(p.At("ttl"), "is %d, want 0 to 255", i.TTL)
	}
	if i.PayloadSize < 0 || i.PayloadSize > maxPayload {
		v.flaw(p.At("payload_size"), "is %d, want 0 to %d", i.PayloadSize, maxPayload)
	}
}

func (v *validator) grpc(p configfile.Path, g *GRPC) {
	v.tls(p.At("tls_config"), &g.TLSConfig)
	for key, values := range g.Metadata {
		if !httpguts.ValidHeaderFieldName(key) {
			v.flaw(p.At("metadata"), "a key has a character that none can have; write key: [value]")
		}
		for _, value := range values {
			if !httpguts.ValidHeaderFieldValue(value) {
				v.flaw(p.At("metadata", key), "a value has a character that none can have")
			}
		}
	}
}

func (v *validator) dns(p configfile.Path, d *DNS) {
	v.source(p, d.Source)
	v.tls(p.At("tls_config"), &d.TLSConfig)
	switch d.Transport {
	case "", "tcp":
	case "udp":
		if d.OverTLS {
			v.flaw(p.At("transport_protocol"), "DNS over TLS needs tcp; write that, or set dns_over_tls to false")
		}
	default:
		v.flaw(p.At("transport_protocol"), "is %q, want udp or tcp", d.Transport)
	}
	if _, ok := dns.IsDomainName(d.QueryName); d.QueryName == "" && d.given {
		v.fail(p, "there is no name to ask for; give query_name")
	} else if d.QueryName != "" && !ok {
		v.flaw(p.At("query_name"), "%q is no domain name; write one such as example.com", d.QueryName)
	}
	if _, known := dns.StringToClass[d.QueryClass]; d.QueryClass != "" && !known {
		v.fail(p.At("query_class"), "unknown class %q; write one such as IN", d.QueryClass)
	}
	if _, known := dns.StringToType[d.QueryType]; d.QueryType != "" && !known {
		v.fail(p.At("query_type"), "unknown type %q; write one such as A", d.QueryType)
	}
	for i, rcode := range d.ValidRcodes {
		if _, known := dns.StringToRcode[rcode]; !known {
			v.flaw(p.At("valid_rcodes", i), "unknown response code %q; write one such as NOERROR", rcode)
		}
	}
	v.records(p.At("validate_answer_rrs"), d.ValidateAnswer)
	v.records(p.At("validate_authority_rrs"), d.ValidateAuthority)
	v.records(p.At("validate_additional_rrs"), d.ValidateAdditional)
}

// records checks regular expressions that blackbox_exporter compiles when it uses them.
func (v *validator) records(p configfile.Path, r Records) {
	for name, all := range map[string][]Regexp{
		"fail_if_matches_regexp":      r.Matches,
		"fail_if_all_match_regexp":    r.AllMatch,
		"fail_if_not_matches_regexp":  r.NotMatches,
		"fail_if_none_matches_regexp": r.NoneMatches,
	} {
		for i, one := range all {
			if one.err != nil {
				v.flaw(p.At(name, i), mendRegexp, one.err)
			}
		}
	}
}
