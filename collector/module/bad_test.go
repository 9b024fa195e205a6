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
		"dns-no-name": {
			`4: modules.m.dns: there is no name to ask for; give query_name`,
		},
		"dns-values": {
			`6: modules.m.dns.query_type: unknown type "NONE"; write one such as A`,
			`7: modules.m.dns.query_class: unknown class "XX"; write one such as IN`,
		},
		"duplicate-module": {
			`3: mapping key "m" already defined at line 2`,
		},
		"http-auth-twice": {
			`4: modules.m.http: at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be configured`,
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
		},
		"http-compression-not-accepted": {
			`7: modules.m.http.headers.Accept-Encoding: "br;q=1.0, gzip;q=0" does not accept compression gzip; add it, or remove the header`,
		},
		"http-header-match": {
			`6: modules.m.http.fail_if_header_matches[0]: there is no header to match; give its name`,
			`7: modules.m.http.fail_if_header_matches[1]: there is no regexp to match with; give one`,
			`8: modules.m.http.fail_if_header_matches[2]: there is no regexp to match with; give one`,
		},
		"http-headers-prometheus": {
			`4: modules.m.http: setting header "Authorization" is not allowed`,
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
		"http-status-codes-text": {
			`5: modules.m.http.valid_status_codes[0]: found "2xx", want a whole number`,
		},
		"http-tls-key-twice": {
			`5: modules.m.http.tls_config: at most one of cert, cert_file & cert_ref must be configured`,
		},
		"http-tls-version": {
			`5: modules.m.http.tls_config.min_version: unknown TLS version: TLS9`,
		},
		"http3-versions": {
			`7: modules.m.http.valid_http_versions[1]: no answer is HTTP/2.0 while enable_http3 is true; remove this version`,
		},
		"http3-with-http2": {
			`5: modules.m.http.enable_http3: excludes HTTP/2; set enable_http2 to false`,
		},
		"icmp-ttl-negative": {
			`5: modules.m.icmp.ttl: is -1, want 0 to 255`,
		},
		"icmp-ttl": {
			`5: modules.m.icmp.ttl: is 256, want 0 to 255`,
		},
		"misplaced-key": {
			`4: unknown key "method" here; it belongs in http`,
		},
		"ssh-host-key": {
			`5: modules.m.ssh.host_keys[0]: "MD5:00:11" is no fingerprint; write what ssh-keygen -l prints, SHA256:…`,
		},
		"tcp-expect-regexp": {
			"7: modules.m.tcp.query_response[1].expect: error parsing regexp: missing closing ]: `[`; mend the regular expression (RE2 syntax)",
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
		"websocket-auth-twice": {
			`6: modules.m.websocket.http_config: at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be configured`,
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
