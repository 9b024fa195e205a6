// SPDX-License-Identifier: Apache-2.0

package module_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/module"
	"github.com/pharos-status/pharos/internal/configfile"
	"github.com/pharos-status/pharos/internal/testkit"
)

// flawed returns, for each file below testdata/flawed, what is said of its module
// m, which loads and can't work: a line each, without the name of the file.
func flawed() map[string][]string {
	return map[string][]string{
		"dns-name-invalid": {
			`5: modules.m.dns.query_name: "a..b" is no domain name; write one such as example.com`,
		},
		"dns-regexps": {
			"6: modules.m.dns.validate_answer_rrs.fail_if_matches_regexp[0]: error parsing regexp: missing closing ): `(`; mend the regular expression (RE2 syntax)",
			"7: modules.m.dns.validate_authority_rrs.fail_if_all_match_regexp[0]: error parsing regexp: missing closing ): `(`; mend the regular expression (RE2 syntax)",
			"8: modules.m.dns.validate_additional_rrs.fail_if_none_matches_regexp[0]: error parsing regexp: missing closing ): `(`; mend the regular expression (RE2 syntax)",
			"8: modules.m.dns.validate_additional_rrs.fail_if_not_matches_regexp[0]: error parsing regexp: missing closing ): `(`; mend the regular expression (RE2 syntax)",
		},
		"dns-tls-over-udp": {
			`7: modules.m.dns.transport_protocol: DNS over TLS needs tcp; write that, or set dns_over_tls to false`,
		},
		"dns-values": {
			`6: modules.m.dns.transport_protocol: is "sctp", want udp or tcp`,
			`7: modules.m.dns.valid_rcodes[1]: unknown response code "nxdomain"; write one such as NOERROR`,
		},
		"empty-module": {
			`2: modules.m: the module is empty; give it a prober`,
		},
		"grpc-metadata": {
			`5: modules.m.grpc.metadata: a key has a character that none can have; write key: [value]`,
			`7: modules.m.grpc.metadata.c: a value has a character that none can have`,
		},
		"http-cel": {
			`5: modules.m.http.fail_if_body_json_not_matches_cel: it is of type string, want bool; mend the CEL expression, in which the document is called body`,
		},
		"http-compression": {
			`5: modules.m.http.compression: unknown compression "zip", want one of gzip, br, deflate or identity`,
		},
		"http-headers": {
			`6: modules.m.http.headers: the name of a header has a character that none can have; write name: value`,
			`7: modules.m.http.headers.X-Token: the value has a character that no header can have`,
		},
		"http-method": {
			`5: modules.m.http.method: "GET /" is no method; write one such as GET`,
		},
		"http-secret-reference": {
			`5: modules.m.http.basic_auth: references to secrets are not supported; use the key that ends in _file`,
		},
		"http-tls-both": {
			`5: modules.m.http.fail_if_ssl: fails with TLS, and fail_if_not_ssl without; keep one`,
		},
		"http-tls-reference": {
			`5: modules.m.http.tls_config: references to secrets are not supported; use ca_file, cert_file and key_file`,
		},
		"icmp-payload": {
			`5: modules.m.icmp.payload_size: is 70000, want 0 to 65507`,
		},
		"icmp-payload-negative": {
			`5: modules.m.icmp.payload_size: is -1, want 0 to 65507`,
		},
		"no-prober": {
			`2: modules.m: the module has no prober; want one of http, tcp, dns, icmp, grpc, unix, websocket or ssh`,
		},
		"source-address": {
			`5: modules.m.icmp.source_ip_address: "eth0" is no IP address; write one such as 192.0.2.1`,
		},
		"tcp-labels": {
			`9: modules.m.tcp.query_response[1].labels[0].name: "1st" is no name of a label; use letters, digits and _, and begin with no digit`,
			`11: modules.m.tcp.query_response[1].labels[2].name: duplicate label "a"; give it another name`,
		},
		"unknown-prober": {
			`3: modules.m.prober: unknown prober "htpp", want one of http, tcp, dns, icmp, grpc, unix, websocket or ssh`,
		},
		"websocket-headers": {
			`5: modules.m.websocket.headers: setting header "Content-Length" is not allowed`,
		},
	}
}

func TestFlawedModulesLoad(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/flawed/*.yml")
	require.NoError(t, err)
	want := flawed()
	require.Len(t, files, len(want))
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yml")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			modules, err := module.Parse("file", append(text, "\n  other: {prober: http}\n"...))
			require.NoError(t, err)
			require.NoError(t, modules["other"].Problem(), "no other module suffers")
			problem := modules["m"].Problem()
			require.Error(t, problem)
			require.Equal(t, want[name], strings.Split(strings.ReplaceAll(problem.Error(), "file:", ""), "\n"))
			require.NotContains(t, problem.Error(), "s3cret")
			require.NotEmpty(t, modules["m"].String())
			requireStrict(t, text, want[name])
		})
	}
}

// requireStrict checks that the same is refused in a file of our own.
func requireStrict(t *testing.T, text []byte, want []string) {
	t.Helper()
	f, err := configfile.Parse("file", text)
	require.NoError(t, err)
	var d struct {
		Modules map[string]*module.Module `yaml:"modules"`
	}
	require.NoError(t, f.Decode(&d))
	err = module.Validate(f, configfile.Path{"modules"}, d.Modules).Err()
	require.Error(t, err)
	require.Equal(t, want, strings.Split(strings.ReplaceAll(err.Error(), "file:", ""), "\n"))
}

// TestTakenAsTheyAre keeps what blackbox_exporter loads and can work with.
func TestTakenAsTheyAre(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{prober: http, http: {valid_http_versions: [HTTP/2, HTTP/3.0, any]}}`,
		`{prober: http, http: {valid_status_codes: [0, 20, 200]}}`,
		`{prober: http, http: {headers: {host: a.example, Host: b.example}}}`,
		`{prober: http, http: {body_size_limit: -1MB}}`,
		`{prober: http, timeout: -5s}`,
		`{prober: tcp, tcp: {preferred_ip_protocol: ipv4}}`,
		`{prober: tcp, tcp: {query_response: [{expect: a, expect_bytes: b}]}}`,
		`{prober: tcp, tcp: {query_response: [{labels: [{name: a, value: b}]}]}}`,
		`{prober: dns}`,
		`{prober: websocket, websocket: {query_response: [{starttls: true}]}}`,
	} {
		m := parse(t, "modules: {m: "+text+"}")
		require.NoError(t, m.Problem(), text)
		require.Zero(t, m.Timeout, text)
		require.Zero(t, m.HTTP.BodySizeLimit, text)
	}
}

func TestHeadersThatDifferInCase(t *testing.T) {
	t.Parallel()
	headers := module.Headers{"host": "a", "Host": "b", "HOST": "c", "Accept": "d"}
	require.Equal(t, map[string][]string{"Host": {"a"}, "Accept": {"d"}}, map[string][]string(headers.Header()))
}

func TestExampleLoads(t *testing.T) {
	t.Parallel()
	modules, err := module.Load("testdata/example.yml")
	require.NoError(t, err)
	require.Len(t, modules, 21)
	for name, m := range modules {
		require.NoError(t, m.Problem(), name)
	}
}

// TestDebiansFileLoads takes the file that Debian's package comes with.
func TestDebiansFileLoads(t *testing.T) {
	t.Parallel()
	const path = "/etc/prometheus/blackbox.yml"
	if _, err := os.Stat(path); err != nil {
		testkit.Skip(t, path+" is not there")
	}
	modules, err := module.Load(path)
	require.NoError(t, err)
	for name, m := range modules {
		require.NoError(t, m.Problem(), name)
	}
}
