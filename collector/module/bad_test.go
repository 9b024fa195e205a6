// SPDX-License-Identifier: Apache-2.0

package module_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/module"
)

// bad returns, for each file below testdata/bad, what is said of it: a line each,
// without the name of the file.
func bad() map[string][]string {
	return map[string][]string{
		"dns-name-invalid": {
			`5: modules.m.dns.query_name: "a..b" is no domain name; write one such as example.com`,
		},
		"dns-no-name": {
			`2: modules.m.dns: there is no name to ask for; give query_name`,
		},
		"dns-regexps": {
			"6: modules.m.dns.validate_answer_rrs.fail_if_matches_regexp[0]: error parsing regexp: missing closing ): `(`; mend the regular expression (RE2 syntax)",
			"7: modules.m.dns.validate_authority_rrs.fail_if_all_match_regexp[0]: error parsing regexp: missing closing ): `(`; mend the regular expression (RE2 syntax)",
			"8: modules.m.dns.validate_additional_rrs.fail_if_not_matches_regexp[0]: error parsing regexp: missing closing ): `(`; mend the regular expression (RE2 syntax)",
			"8: modules.m.dns.validate_additional_rrs.fail_if_none_matches_regexp[0]: error parsing regexp: missing closing ): `(`; mend the regular expression (RE2 syntax)",
		},
		"dns-tls-over-udp": {
			`7: modules.m.dns.transport_protocol: DNS over TLS needs tcp; write that, or set dns_over_tls to false`,
		},
		"dns-values": {
			`6: modules.m.dns.query_type: unknown type "NONE"; write one such as A`,
			`7: modules.m.dns.query_class: unknown class "XX"; write one such as IN`,
			`8: modules.m.dns.transport_protocol: is "sctp", want udp or tcp`,
			`9: modules.m.dns.valid_rcodes[1]: unknown response code "FINE"; write one such as NOERROR`,
		},
		"duplicate-module": {
			`3: mapping key "m" already defined at line 2`,
		},
		"empty-module": {
			`2: modules.m: the module is empty; give it a prober`,
		},
		"grpc-metadata": {
			`5: modules.m.grpc.metadata: a key has a character that none can have; write key: [value]`,
			`7: modules.m.grpc.metadata.c: a value has a character that none can have`,
		},
		"http-auth-twice": {
			`4: modules.m.http: at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be configured`,
		},
		"http-body-size-negative": {
			`5: modules.m.http.body_size_limit: is negative; write a size such as 10MB`,
		},
		"http-body-size": {
			`5: modules.m.http.body_size_limit: not a size; write a number and a unit, such as 10MB`,
		},
		"http-body-twice": {
			`6: modules.m.http.body_file: both body and body_file are set; keep one`,
		},
		"http-cel-variable": {
			`5: modules.m.http.fail_if_body_json_matches_cel: <input>:1:1: undeclared reference to 'json' (in container ''); mend the CEL expression, in which the document is called body`,
		},
		"http-cel": {
			`5: modules.m.http.fail_if_body_json_matches_cel: <input>:1:9: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}; mend the CEL expression, in which the document is called body`,
			`6: modules.m.http.fail_if_body_json_not_matches_cel: it is of type string, want bool; mend the CEL expression, in which the document is called body`,
		},
		"http-compression-not-accepted": {
			`7: modules.m.http.headers.Accept-Encoding: "br;q=1.0, gzip;q=0" does not accept compression gzip; add it, or remove the header`,
		},
		"http-compression": {
			`5: modules.m.http.compression: unknown compression "zip", want one of gzip, br, deflate or identity`,
		},
		"http-header-match": {
			`6: modules.m.http.fail_if_header_matches[0]: there is no header to match; give its name`,
			`7: modules.m.http.fail_if_header_matches[1]: there is no regexp to match with; give one`,
			`8: modules.m.http.fail_if_header_matches[2]: there is no regexp to match with; give one`,
		},
		"http-headers-prometheus": {
			`4: modules.m.http: setting header "Authorization" is not allowed`,
		},
		"http-headers": {
			`6: modules.m.http.headers: the name of a header has a character that none can have; write name: value`,
			`7: modules.m.http.headers.X-Token: the value has a character that no header can have`,
			`8: modules.m.http.headers.accept: duplicate header Accept; keep one`,
		},
		"http-method": {
			`5: modules.m.http.method: "GET /" is no method; write one such as GET`,
		},
		"http-no-proxy": {
			`4: modules.m.http: if no_proxy is configured, proxy_url must also be configured`,
		},
		"http-oauth2": {
			`4: modules.m.http: oauth2 token_url must be configured`,
		},
		"http-proxy": {
			`5: modules.m.http.proxy_url: not a URL; write one such as https://host/path`,
		},
		"http-regexps": {
			"5: modules.m.http.fail_if_body_matches_regexp[1]: error parsing regexp: missing closing ): `(`; mend the regular expression (RE2 syntax)",
			"6: modules.m.http.fail_if_body_not_matches_regexp[0]: error parsing regexp: missing closing ]: `[a`; mend the regular expression (RE2 syntax)",
			"8: modules.m.http.fail_if_header_matches[0].regexp: error parsing regexp: missing argument to repetition operator: `+`; mend the regular expression (RE2 syntax)",
			"10: modules.m.http.fail_if_header_not_matches[0].regexp: error parsing regexp: missing argument to repetition operator: `*`; mend the regular expression (RE2 syntax)",
		},
		"http-secret-reference": {
			`5: modules.m.http.basic_auth: references to secrets are not supported; use the key that ends in _file`,
		},
		"http-status-codes-text": {
			`5: modules.m.http.valid_status_codes[0]: found "2xx", want a whole number`,
		},
		"http-status-codes": {
			`5: modules.m.http.valid_status_codes[1]: there is no status 20, want 100 to 999`,
		},
		"http-tls-both": {
			`5: modules.m.http.fail_if_ssl: fails with TLS, and fail_if_not_ssl without; keep one`,
		},
		"http-tls-key-twice": {
			`5: modules.m.http.tls_config: at most one of cert, cert_file & cert_ref must be configured`,
		},
		"http-tls-reference": {
			`5: modules.m.http.tls_config: references to secrets are not supported; use ca_file, cert_file and key_file`,
		},
		"http-tls-version": {
			`5: modules.m.http.tls_config.min_version: unknown TLS version: TLS9`,
		},
		"http-versions": {
			`5: modules.m.http.valid_http_versions[1]: unknown version "HTTP/2", want one of HTTP/1.0, HTTP/1.1, HTTP/2.0 or HTTP/3.0`,
			`5: modules.m.http.valid_http_versions[2]: no answer is HTTP/3.0 while enable_http3 is false; set it to true, or remove this version`,
		},
		"http3-versions": {
			`7: modules.m.http.valid_http_versions[1]: no answer is HTTP/2.0 while enable_http3 is true; remove this version`,
		},
		"http3-with-http2": {
			`5: modules.m.http.enable_http3: excludes HTTP/2; set enable_http2 to false`,
		},
		"icmp-payload": {
			`5: modules.m.icmp.payload_size: is 70000, want 0 to 65507`,
		},
		"icmp-ttl-negative": {
			`5: modules.m.icmp.ttl: is -1, want 0 to 255`,
		},
		"icmp-ttl": {
			`5: modules.m.icmp.ttl: is 256, want 0 to 255`,
		},
		"ip-protocol": {
			`5: modules.m.tcp.preferred_ip_protocol: is "ipv4", want ip4 or ip6`,
		},
		"misplaced-key": {
			`4: unknown key "method" here; it belongs in http`,
		},
		"no-prober": {
			`2: modules.m: the module has no prober; want one of http, tcp, dns, icmp, grpc, unix, websocket or ssh`,
		},
		"source-address": {
			`5: modules.m.icmp.source_ip_address: "eth0" is no IP address; write one such as 192.0.2.1`,
		},
		"ssh-host-key": {
			`5: modules.m.ssh.host_keys[0]: "MD5:00:11" is no fingerprint; write what ssh-keygen -l prints, SHA256:…`,
		},
		"tcp-expect-regexp": {
			"7: modules.m.tcp.query_response[1].expect: error parsing regexp: missing closing ]: `[`; mend the regular expression (RE2 syntax)",
		},
		"tcp-expect-twice": {
			`6: modules.m.tcp.query_response[0].expect_bytes: both expect and expect_bytes are set; keep one`,
		},
		"tcp-labels": {
			`6: modules.m.tcp.query_response[0].labels: labels are taken from what expect matches; add it, or remove them`,
			`9: modules.m.tcp.query_response[1].labels[0].name: "1st" is no name of a label; use letters, digits and _, and begin with no digit`,
			`11: modules.m.tcp.query_response[1].labels[2].name: duplicate label "a"; give it another name`,
		},
		"timeout-negative": {
			`4: modules.m.timeout: is negative; write a duration such as 5s`,
		},
		"timeout-number": {
			`4: modules.m.timeout: found "5", want a duration such as 5s or 2m`,
		},
		"timeout-unit": {
			`4: modules.m.timeout: found "5x", want a duration such as 5s or 2m`,
		},
		"top-unknown-key": {
			`1: unknown key "module"; did you mean "modules"?`,
		},
		"two-documents": {
			`2: a second YAML document begins here; one file holds one, so remove the line ---`,
		},
		"unix-expect": {
			"6: modules.m.unix.query_response[0].expect: error parsing regexp: missing closing ): `(`; mend the regular expression (RE2 syntax)",
		},
		"unknown-key": {
			`5: unknown key "metod"; did you mean "method"?`,
		},
		"unknown-prober": {
			`3: modules.m.prober: unknown prober "htpp", want one of http, tcp, dns, icmp, grpc, unix, websocket or ssh`,
		},
		"websocket-auth-twice": {
			`6: modules.m.websocket.http_config: at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be configured`,
		},
		"websocket-headers": {
			`5: modules.m.websocket.headers: setting header "Content-Length" is not allowed`,
		},
		"websocket-starttls": {
			`6: modules.m.websocket.query_response[0].starttls: a WebSocket can't begin TLS; use a target with wss://`,
		},
	}
}

func TestBadFiles(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/bad/*.yml")
	require.NoError(t, err)
	want := bad()
	require.Len(t, files, len(want))
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yml")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			modules, err := module.Load(file)
			require.Error(t, err)
			require.Nil(t, modules)
			require.Equal(t, want[name], strings.Split(strings.ReplaceAll(err.Error(), file+":", ""), "\n"))
			require.NotContains(t, err.Error(), "s3cret")
		})
	}
}
