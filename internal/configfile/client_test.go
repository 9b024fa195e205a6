// SPDX-License-Identifier: Apache-2.0

package configfile_test

import (
	"os"
	"path/filepath"
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
