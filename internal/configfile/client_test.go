// SPDX-License-Identifier: Apache-2.0

package configfile_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	promconfig "github.com/prometheus/common/config"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/configfile"
)

func TestHTTPClient(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "secret"), []byte("hunter2"), 0o600))
	name := filepath.Join(dir, "a.yml")
	missing := func(key, file string) string {
		return name + ":1: " + key + ": open " + filepath.Join(dir, file) + ": no such file or directory; make the file readable to this program"
	}
	for text, want := range map[string]string{
		`basic_auth: {username_file: secret, password_file: secret}`:                "",
		`basic_auth: {username_file: a, password_file: b}`:                          missing("basic_auth.username_file", "a") + "\n" + missing("basic_auth.password_file", "b"),
		`authorization: {credentials_file: a}`:                                      missing("authorization.credentials_file", "a"),
		`oauth2: {client_id: a, client_secret_file: secret, token_url: "http://a"}`: "",
		`oauth2: {client_id: a, client_secret_file: a, token_url: "http://a"}`:      missing("oauth2.client_secret_file", "a"),
		`http_headers: {X-Key: {files: [secret, a]}}`:                               missing("http_headers.X-Key.files[1]", "a"),
		`basic_auth: {username: a, password_ref: hunter2}`:                          name + ":1: unable to use password: cannot use secret ref without manager",
		`proxy_from_environment: true`:                                              "",
	} {
		f, err := configfile.Parse(name, []byte(text))
		require.NoError(t, err)
		var v struct {
			HTTP promconfig.HTTPClientConfig `yaml:",inline"`
		}
		v.HTTP = promconfig.DefaultHTTPClientConfig
		require.NoError(t, f.Decode(&v), text)
		if err := f.HTTPClient(nil, &v.HTTP).Err(); want == "" {
			require.NoError(t, err, text)
		} else {
			require.EqualError(t, err, want, text)
		}
	}
}

func TestShownHTTPClient(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`authorization: {type: Bearer, credentials: hunter2}`:  "authorization:\n  type: Bearer\n  credentials: <secret>\n",
		`authorization: {type: "Bearer hunter2"}`:              "authorization:\n  type: <secret>\n",
		`authorization: {type: hunter2}`:                       "authorization:\n  type: <secret>\n",
		`proxy_url: "http://proxy:3128/"`:                      "proxy_url: http://proxy:3128/\n",
		`proxy_url: "http://hunter:hunter2@proxy:3128"`:        "proxy_url: http://xxxxx@proxy:3128\n",
		`proxy_url: "http://hunter@proxy/?key=hunter2#hunter"`: "proxy_url: http://xxxxx@proxy/?xxxxx\n",
		`proxy_url: "hunter:hunter2@proxy:3128"`:               "proxy_url: xxxxx\n",
		`proxy_url: ""`:                                        "proxy_url: \"\"\n",
		`oauth2: {client_id: a, client_secret: hunter2, token_url: "http://a/?key=hunter2", proxy_url: "http://hunter@proxy", claims: {a: hunter2}, endpoint_params: {b: hunter2}}`: "oauth2:\n  client_id: a\n  client_secret: <secret>\n  claims:\n    a: <secret>\n  token_url: <secret>\n  endpoint_params:\n    b: <secret>\n  proxy_url: http://xxxxx@proxy\n",
		`oauth2: {client_id: a, client_secret: hunter2, token_url: "https://a/token"}`:                                                                                              "oauth2:\n  client_id: a\n  client_secret: <secret>\n  token_url: https://a/token\n",
	} {
		f, err := configfile.Parse("a.yml", []byte(text))
		require.NoError(t, err)
		var c promconfig.HTTPClientConfig
		require.NoError(t, f.Decode(&c), text)
		before := c.ProxyURL.Redacted()
		out, err := configfile.Marshal(configfile.ShownHTTPClient(c))
		require.NoError(t, err)
		shown := strings.Replace(string(out), "follow_redirects: true\nenable_http2: true\n", "", 1)
		require.Equal(t, want, shown, text)
		require.NotContains(t, shown, "hunter")
		require.Equal(t, before, c.ProxyURL.Redacted(), "what is in use stays as it is")
	}
}
