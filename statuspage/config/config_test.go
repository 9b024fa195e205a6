// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	commonconfig "github.com/prometheus/common/config"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/testkit"
	"github.com/pharos-status/pharos/statuspage/config"
)

func load(t testing.TB, text string) (*config.Config, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "statuspage.yml")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return config.Load(file)
}

func TestEmptyFileMeansDefaults(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "# nothing\n", "prometheus: {}\nbranding: {}\nmanager: {}\n"} {
		c, err := load(t, text)
		require.NoError(t, err)
		require.Equal(t, config.Default(), c, text)
	}
	require.Equal(t, "http://127.0.0.1:9090", config.Default().Prometheus.URL)
	require.Equal(t, 15*time.Second, time.Duration(config.Default().RefreshInterval))
	require.True(t, config.Default().Prometheus.HTTP.FollowRedirects)
}

func TestLoadFull(t *testing.T) {
	t.Parallel()
	c, err := config.Load("testdata/full.good.yml")
	require.NoError(t, err)
	require.Equal(t, "https://prometheus.example.com/prefix", c.Prometheus.URL)
	require.Equal(t, filepath.Join("testdata", "secret.txt"), c.Prometheus.HTTP.BasicAuth.PasswordFile)
	require.True(t, c.Prometheus.HTTP.EnableHTTP2, "a default of prometheus/common that the file does not set")
	require.False(t, c.Alertmanager.HTTP.FollowRedirects)
	require.Equal(t, commonconfig.Secret("hunter2"), c.Alertmanager.HTTP.Authorization.Credentials)
	require.Equal(t, "Bearer", c.Alertmanager.HTTP.Authorization.Type)
	require.True(t, c.Manager.Token.Equal("hunter2hunter2"))
	require.Equal(t, model.Duration(24*time.Hour), c.StaleAfter)
	brand := c.Brand()
	require.Equal(t, "Crisp Status", brand.Title)
	require.Equal(t, "<script>ok()</script>", brand.CustomHTML)
	require.Equal(t, "mailto:help@example.com", brand.SupportURL)
}

func TestSecretsAreNotShown(t *testing.T) {
	t.Parallel()
	c, err := config.Load("testdata/full.good.yml")
	require.NoError(t, err)
	text, err := c.YAML()
	require.NoError(t, err)
	testkit.Golden(t, "full.shown.yml", text)
	for _, shown := range []string{string(text), fmt.Sprint(c), fmt.Sprintf("%+v %s", c, c.Manager)} {
		require.NotContains(t, shown, "hunter2")
	}
}

func TestVariables(t *testing.T) {
	t.Setenv("PHAROS_TEST_TOKEN", "abcdefgh")
	c, err := load(t, `manager: {token: "${PHAROS_TEST_TOKEN}"}`)
	require.NoError(t, err)
	require.True(t, c.Manager.Token.Equal("abcdefgh"))
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ text, want string }{
		"unknown key":        {"brandin: {}", `:1: unknown key "brandin"; did you mean "branding"?`},
		"unknown inner key":  {"branding:\n  page_titel: x", `:2: unknown key "page_titel"; did you mean "page_title"?`},
		"unknown HTTP key":   {"prometheus:\n  follow_redirect: true", `:2: unknown key "follow_redirect"; did you mean "follow_redirects"?`},
		"duplicate key":      {"manager: {}\nmanager: {}", `:2: mapping key "manager" already defined at line 1`},
		"two documents":      {"manager: {}\n---\nmanager: {}", ":2: a second YAML document begins here; one file holds one, so remove the line ---"},
		"no YAML":            {"a: [", ":2: did not find expected node content"},
		"invalid UTF-8":      {"manager:\n  token: \"\xff\"", ":2: not valid UTF-8; save the file as UTF-8"},
		"no duration":        {"stale_after: soon", `:1: stale_after: found "soon", want a duration such as 5s or 2m`},
		"undefined variable": {"manager:\n  token: ${PHAROS_NOT_SET}", ":2: manager.token: environment variable PHAROS_NOT_SET is not set; set it, or write $$ for a dollar"},
		"no URL":             {"prometheus:\n  url: localhost:9090", ":2: prometheus.url: not an address; write one such as http://127.0.0.1:9090"},
		"empty URL":          {"alertmanager: {url: ''}", ":1: alertmanager.url: not an address; write one such as http://127.0.0.1:9090"},
		"credentials in URL": {"prometheus:\n  url: http://user:hunter2@a", ":2: prometheus.url: an address holds no user and password; use basic_auth"},
		"query in URL":       {"prometheus: {url: 'http://a/?b=c'}", `:1: prometheus.url: "http://a/?b=c" has a query or a fragment; remove it`},
		"two ways in":        {"prometheus:\n  basic_auth: {username: a}\n  authorization: {credentials: b}", ":1: prometheus: at most one of basic_auth, oauth2 & authorization must be configured"},
		"no password file":   {"prometheus:\n  basic_auth:\n    password_file: /nowhere/password", ":3: prometheus.basic_auth.password_file: open /nowhere/password: no such file or directory; make the file readable to this program"},
		"no CA file":         {"prometheus:\n  tls_config:\n    ca_file: /nowhere/ca.pem", ":2: prometheus.tls_config: unable to read CA cert: unable to read file /nowhere/ca.pem: open /nowhere/ca.pem: no such file or directory"},
		"no title":           {"branding: {page_title: ' '}", ":1: branding.page_title: is empty; the page needs a title"},
		"bad link":           {"branding:\n  page_url: 'javascript:alert(1)'", `:2: branding.page_url: "javascript:alert(1)" is not an address; write it in full, such as https://status.example.com/`},
		"mail for a logo":    {"branding: {logo_url: 'mailto:a@b.c'}", `:1: branding.logo_url: "mailto:a@b.c" is not an address; write it in full, such as https://status.example.com/`},
		"bad color":          {"branding: {icon_color: 'red;background:url(x)'}", `:1: branding.icon_color: "red;background:url(x)" is not a color; write one such as "#1972f5", in quotes`},
		"bad function":       {"branding: {logo_color: 'rgb(url(x))'}", `:1: branding.logo_color: "rgb(url(x))" is not a color; write one such as "#1972f5", in quotes`},
		"two tokens":         {"manager:\n  token: a\n  token_file: b", ":3: manager.token_file: both token and token_file are set; keep one"},
		"no token file":      {"manager:\n  token_file: /nowhere/token", ":2: manager.token_file: open /nowhere/token: no such file or directory; write the secret into it"},
		"too fast":           {"refresh_interval: 10ms", ":1: refresh_interval: 10ms is too short; use 1s or more"},
		"stale at once":      {"refresh_interval: 5m", ":1: stale_after: 2m is not longer than refresh_interval, which is 5m; the page would be stale between two refreshes"},
	}
	refuses(t, cases)
}

// refuses loads files, and compares what is said of them after the name of the file.
func refuses(t *testing.T, cases map[string]struct{ text, want string }) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := load(t, c.text)
			require.Error(t, err)
			require.Equal(t, c.want, withoutFolder(err))
			require.NotContains(t, err.Error(), canary)
		})
	}
}

// withoutFolder returns the message without the folders, and without the first name, of the file.
func withoutFolder(err error) string {
	lines := strings.Split(err.Error(), "\n")
	for i, line := range lines {
		if at := strings.Index(line, "statuspage.yml:"); at >= 0 {
			lines[i] = line[at:]
		}
	}
	return strings.TrimPrefix(strings.Join(lines, "\n"), "statuspage.yml")
}

func TestLoadTellsOfEverything(t *testing.T) {
	t.Parallel()
	_, err := load(t, "prometheus:\n  url: a\nbranding:\n  icon_color: 1;2\nrefresh_interval: 0s\n")
	require.Error(t, err)
	require.Len(t, strings.Split(err.Error(), "\n"), 3)
}

func TestLoadAbsentFile(t *testing.T) {
	t.Parallel()
	_, err := config.Load(filepath.Join(t.TempDir(), "statuspage.yml"))
	require.ErrorIs(t, err, fs.ErrNotExist)
}

// FuzzLoad: no file makes Load panic, and what it accepts can be shown.
func FuzzLoad(f *testing.F) {
	good, err := os.ReadFile("testdata/full.good.yml")
	require.NoError(f, err)
	f.Add(string(good))
	f.Add(strings.ReplaceAll(documented(f), "_file:", ":"))
	f.Add("prometheus: {url: http://a, oauth2: {client_id: a, token_url: b, tls_config: {}}}")
	f.Add("a: &a [*a]")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := load(t, text)
		if err != nil {
			return
		}
		if _, err := c.YAML(); err != nil {
			t.Error(err)
		}
	})
}
