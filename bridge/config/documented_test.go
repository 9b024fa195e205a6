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

	"github.com/pharos-status/pharos/bridge/config"
	"github.com/pharos-status/pharos/internal/testkit"
)

// canary is part of every secret in these tests, and of nothing else.
const canary = "hunter2"

// documented returns the example in docs/configuration.md.
func documented(tb testing.TB) string {
	tb.Helper()
	text, err := os.ReadFile("../../docs/configuration.md")
	require.NoError(tb, err)
	_, section, found := strings.Cut(string(text), "\n## bridge.yml\n")
	require.True(tb, found)
	_, example, found := strings.Cut(section, "\n```yaml\n")
	require.True(tb, found)
	example, _, found = strings.Cut(example, "\n```\n")
	require.True(tb, found)
	return example
}

// furnished puts text into a bridge.yml, makes the secret files and templates that it
// names, and returns its path.
func furnished(tb testing.TB, text string) string {
	tb.Helper()
	dir := tb.TempDir()
	write := func(name, text string) {
		path := filepath.Join(dir, name)
		require.NoError(tb, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(tb, os.WriteFile(path, []byte(text), 0o600))
	}
	for _, m := range regexp.MustCompile(`\w_file: ([\w.-]+)`).FindAllStringSubmatch(text, -1) {
		secret := canary + strings.Repeat("x", 30-len(canary)) // as long as Pushover has them
		if strings.HasSuffix(m[1], ".url") {
			secret = "https://hooks.example.com/" + canary
		}
		write(m[1], secret+"\n")
	}
	write("templates/own.tmpl", `{{ define "own" }}{{ end }}`)
	write("bridge.yml", text)
	return filepath.Join(dir, "bridge.yml")
}

// keys returns every key of a document for t, but not those of types of others.
func keys(t reflect.Type, into map[string]bool) map[string]bool {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || !strings.Contains(t.PkgPath(), "pharos/bridge/") {
		return into
	}
	for field := range t.Fields() {
		if name, _, _ := strings.Cut(field.Tag.Get("yaml"), ","); name != "" {
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
	require.Greater(t, len(all), 60)
	for key := range all {
		if !all[key+"_file"] { // the twin is shown
			require.Regexp(t, `\b`+key+`:`, example)
		}
	}
}

func TestTheDocumentedExampleIsGoodAndShowsNoSecret(t *testing.T) {
	t.Parallel()
	example := strings.ReplaceAll(documented(t), "http_config: {}", "http_config: {authorization: {credentials: "+canary+"}, proxy_url: 'http://a:"+canary+"@proxy/'}")
	c, err := config.Load(furnished(t, example), config.Options{})
	require.NoError(t, err)

	for i := range c.Channels {
		require.Equal(t, 1, strings.Count(strings.Join(config.Kinds(), " ")+" ", c.Channels[i].Kind()+" "))
		require.NotNil(t, c.Channels[i].Settings())
	}
	require.Len(t, c.Channels, len(config.Kinds()), "there is a channel of each kind")
	shown, err := c.YAML()
	require.NoError(t, err)
	require.NotContains(t, string(shown), canary)
	require.NotContains(t, c.String(), canary)
	require.Contains(t, c.Channel("oncall-sms").Twilio.HTTP.ProxyURL.String(), canary, "what is in use stays as it is")
	testkit.Golden(t, "documented.shown.yml", shown)
}

func TestTheDocumentedValuesAreTheDefaults(t *testing.T) {
	t.Parallel()
	c, err := config.Load(furnished(t, documented(t)), config.Options{})
	require.NoError(t, err)
	d, err := config.Default(config.Options{})
	require.NoError(t, err)
	require.Equal(t, d.Delivery, c.Delivery)
	require.Equal(t, d.ExternalURL, c.ExternalURL)
	require.Equal(t, d.Location, c.Location)
	require.Equal(t, d.Page.Title, c.Page.Title)

	// What is written of templates, lists and modes is what holds without them.
	short := regexp.MustCompile(`(?m)^      (text|title|html|topic|base_url|escalate|priorities|direct_tls|allow_plain|channel_binding|tls_config|sound|device|method|content_type|idempotent|visibility|language|max_characters|http_config):.*\n`).
		ReplaceAllString(documented(t), "")
	short = strings.Replace(short, ", types: [startup, changed, reminder]", "", 1)
	bare, err := config.Load(furnished(t, short), config.Options{})
	require.NoError(t, err)
	for i := range c.Channels {
		full, bare := reflect.ValueOf(c.Channels[i].Settings()).Elem(), reflect.ValueOf(bare.Channels[i].Settings()).Elem()
		for j := range full.NumField() {
			if name := full.Type().Field(j); name.IsExported() && name.Name != "HTTP" && name.Name != "TLS" {
				require.Equal(t, full.Field(j).Interface(), bare.Field(j).Interface(), "%s.%s", c.Channels[i].Kind(), name.Name)
			}
		}
	}
}
