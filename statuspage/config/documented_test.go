// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/testkit"
	"github.com/pharos-status/pharos/statuspage/config"
)

// canary is part of every secret in these tests, and of nothing else.
const canary = "hunter2"

// documented returns the example in docs/configuration.md.
func documented(tb testing.TB) string {
	tb.Helper()
	text, err := os.ReadFile("../../docs/configuration.md")
	require.NoError(tb, err)
	_, section, found := strings.Cut(string(text), "\n## statuspage.yml\n")
	require.True(tb, found)
	_, example, found := strings.Cut(section, "\n```yaml\n")
	require.True(tb, found)
	example, _, found = strings.Cut(example, "\n```\n")
	require.True(tb, found)
	return example
}

// furnished puts text into a statuspage.yml, makes the secret files that it names, and
// returns its path.
func furnished(tb testing.TB, text string) string {
	tb.Helper()
	dir := tb.TempDir()
	for _, m := range regexp.MustCompile(`\w_file: ([\w.-]+)`).FindAllStringSubmatch(text, -1) {
		secret := canary
		if strings.HasSuffix(m[1], ".token") {
			secret += " has to be longer"
		}
		if strings.HasSuffix(m[1], ".url") {
			secret = "postgres://pharos:" + canary + "@db.example.com/status"
		}
		require.NoError(tb, os.WriteFile(filepath.Join(dir, m[1]), []byte(secret+"\n"), 0o600))
	}
	path := filepath.Join(dir, "statuspage.yml")
	require.NoError(tb, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// keys returns every key of a document for t, but not those of types of others.
func keys(t reflect.Type, into map[string]bool) map[string]bool {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || !strings.Contains(t.PkgPath(), "pharos/statuspage/") {
		return into
	}
	for field := range t.Fields() {
		if name, _, _ := strings.Cut(field.Tag.Get("yaml"), ","); name != "" && name != "-" {
			into[name] = true
			keys(field.Type, into)
		}
	}
	return into
}

func TestTheDocumentedExampleHasEveryKey(t *testing.T) {
	t.Parallel()
	example := documented(t)
	all := keys(reflect.TypeFor[config.Config](), map[string]bool{})
	require.Greater(t, len(all), 80)
	for key := range all {
		if !all[key+"_file"] { // the twin is shown
			require.Regexp(t, `\b`+key+`:`, example)
		}
	}
}

func TestTheDocumentedExampleIsGoodAndShowsNoSecret(t *testing.T) {
	t.Parallel()
	c, err := config.Load(furnished(t, documented(t)))
	require.NoError(t, err)
	require.Equal(t, "postgres://pharos:"+canary+"@db.example.com/status", string(c.Store.URL))
	require.True(t, config.Matches(c.Admin.Users[0].Password, canary))
	require.True(t, config.Matches(c.Pages[0].Access.Password, canary))
	require.Equal(t, canary, string(c.Subscribers.Email.AuthPassword))
	shown, err := c.YAML()
	require.NoError(t, err)
	require.NotContains(t, string(shown), canary)
	require.NotContains(t, c.String(), canary)
	testkit.Golden(t, "documented.shown.yml", shown)
}

func TestTheDocumentedValuesAreTheDefaults(t *testing.T) {
	t.Parallel()
	c, err := config.Load(furnished(t, documented(t)))
	require.NoError(t, err)
	d := config.Default()
	// These are examples.
	d.Branding.PageURL, d.Branding.CSPSources = c.Branding.PageURL, c.Branding.CSPSources
	d.Web, d.Select, d.Access.Proxy = c.Web, c.Select, c.Access.Proxy
	d.Store, d.Manager, d.Components, d.Pages = c.Store, c.Manager, c.Components, c.Pages
	d.Admin.Users, d.Admin.Proxy = c.Admin.Users, c.Admin.Proxy
	d.Incidents.FromAlerts.Rules = c.Incidents.FromAlerts.Rules
	email := c.Subscribers.Email
	email.Hello, email.RequireTLS, email.TLS = d.Subscribers.Email.Hello, c.Subscribers.Email.RequireTLS, c.Subscribers.Email.TLS
	d.Subscribers.Email = email
	require.Equal(t, d, c)
	require.True(t, config.Default().Subscribers.Email.RequireTLS)
	require.Equal(t, config.Default().Access.SessionTimeout, c.Pages[0].Access.SessionTimeout)
}
