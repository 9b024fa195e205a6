// SPDX-License-Identifier: Apache-2.0

package module_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/module"
	"github.com/pharos-status/pharos/internal/configfile"
	"github.com/pharos-status/pharos/internal/testkit"
)

func parse(t *testing.T, text string) *module.Module {
	t.Helper()
	modules, err := module.Parse("/etc/blackbox.yml", []byte(text))
	require.NoError(t, err)
	require.Contains(t, modules, "m")
	return modules["m"]
}

func TestEveryKeyIsTakenAndNoSecretShown(t *testing.T) {
	t.Parallel()
	modules, err := module.Load("testdata/good.yml")
	require.NoError(t, err)
	var shown strings.Builder
	for _, name := range slices.Sorted(maps.Keys(modules)) {
		shown.WriteString("# " + name + "\n" + modules[name].String() + "\n")
	}
	require.NotContains(t, shown.String(), "s3cret")
	testkit.Golden(t, "good.golden.yml", []byte(shown.String()))
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	for kind, rest := range map[module.Kind]string{"http": "", "tcp": "", "icmp": "", "grpc": "", "websocket": "", "ssh": "", "dns": ", dns: {query_name: a}"} {
		m := parse(t, "modules: {m: {prober: "+string(kind)+rest+"}}")
		require.Zero(t, m.Timeout, kind)
		for _, ip := range []module.IP{m.HTTP.IP, m.TCP.IP, m.DNS.IP, m.ICMP.IP, m.GRPC.IP, m.Websocket.IP, m.SSH.IP} {
			require.Equal(t, module.IP{Fallback: true}, ip, kind)
		}
		require.True(t, m.HTTP.Client.FollowRedirects)
		require.True(t, m.HTTP.Client.EnableHTTP2)
		require.Equal(t, 64, m.ICMP.TTL)
		require.True(t, m.DNS.Recursion)
	}
}

func TestAPartWithoutContentKeepsItsDefaults(t *testing.T) {
	t.Parallel()
	m := parse(t, "modules:\n  m:\n    prober: http\n    http:\n")
	require.True(t, m.HTTP.Fallback)
	require.True(t, m.HTTP.Client.FollowRedirects)
}

func TestOldNameOfFollowRedirectsWins(t *testing.T) {
	t.Parallel()
	m := parse(t, "modules: {m: {prober: http, http: {no_follow_redirects: true, follow_redirects: true}}}")
	require.False(t, m.HTTP.Client.FollowRedirects)
	require.NotContains(t, m.String(), "no_follow_redirects")
}

func TestFilesAreRelativeToTheFolder(t *testing.T) {
	t.Parallel()
	m := parse(t, `modules: {m: {prober: http, http: {body_file: body, bearer_token_file: token, tls_config: {ca_file: ca.pem, key_file: /k, cert_file: c}}}}`)
	require.Equal(t, "/etc/body", m.HTTP.BodyFile)
	require.Equal(t, "/etc/token", m.HTTP.Client.Authorization.CredentialsFile)
	require.Equal(t, "/etc/ca.pem", m.HTTP.Client.TLSConfig.CAFile)
	require.Equal(t, "/k", m.HTTP.Client.TLSConfig.KeyFile)
}

func TestEnvironmentIsNotExpanded(t *testing.T) {
	t.Parallel()
	m := parse(t, `modules: {m: {prober: tcp, tcp: {query_response: [{expect: "PING (.*)", send: "PONG ${1} $$"}]}}}`)
	require.Equal(t, module.Text("PONG ${1} $$"), m.TCP.QueryResponse[0].Send)
}

func TestAnEmptyFileHasNoModules(t *testing.T) {
	t.Parallel()
	modules, err := module.Parse("empty.yml", nil)
	require.NoError(t, err)
	require.Empty(t, modules)
}

func TestNoFile(t *testing.T) {
	t.Parallel()
	_, err := module.Load(filepath.Join(t.TempDir(), "absent.yml"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestPartOfAnotherFile(t *testing.T) {
	t.Parallel()
	f, err := configfile.Parse("exporter.yml", []byte("name: x\nmodules:\n  m: {prober: icmp, icmp: {ttl: 300}}\n"))
	require.NoError(t, err)
	var d struct {
		Name    string                    `yaml:"name"`
		Modules map[string]*module.Module `yaml:"modules"`
	}
	require.NoError(t, f.Decode(&d))
	errs := module.Validate(f, configfile.Path{"modules"}, d.Modules)
	require.EqualError(t, errs.Err(), "exporter.yml:3: modules.m.icmp.ttl: is 300, want 0 to 255")
}

func TestBuiltin(t *testing.T) {
	t.Parallel()
	modules := module.Builtin()
	for _, name := range []string{"http_2xx", "http_post_2xx", "tcp_connect", "icmp", "ssh_banner", "pop3s_banner", "irc_banner", "grpc", "grpc_plain", "icmp_ttl5"} {
		require.Contains(t, modules, name)
	}
	modules["http_2xx"] = nil
	require.NotNil(t, module.Builtin()["http_2xx"], "the caller owns the map")
}

func FuzzParse(f *testing.F) {
	for _, file := range []string{"testdata/good.yml", "builtin.yml"} {
		text, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(text)
	}
	f.Add([]byte("modules: {m: {prober: http, http: {headers: {a: b}, body_size_limit: 1MB, fail_if_body_json_matches_cel: 'body'}}}"))
	f.Add([]byte("modules: {m: null, n: {prober: dns, timeout: 1d}}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		modules, err := module.Parse("fuzz.yml", text)
		if err != nil {
			require.True(t, strings.HasPrefix(err.Error(), "fuzz.yml"), err)
			return
		}
		for name, m := range modules {
			require.NotNil(t, m, name)
			require.NotEmpty(t, m.String())
		}
	})
}
