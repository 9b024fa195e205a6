// SPDX-License-Identifier: Apache-2.0

package blackbox_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/blackbox"
	"github.com/pharos-status/pharos/collector/probe"
)

func TestTargets(t *testing.T) {
	t.Parallel()
	all := modules(t, `modules:
  http: {prober: http}
  tcp: {prober: tcp}
  dns: {prober: dns, dns: {query_name: bücher.example}}
  icmp: {prober: icmp}
  grpc: {prober: grpc}
  unix: {prober: unix}
  websocket: {prober: websocket}
  ssh: {prober: ssh}
`)
	for name, targets := range map[string]struct{ good, bad []string }{
		"http":      {[]string{"example.com", "example.com:8080/path?q=1", "https://example.com", "http://[::1]:80/", "http://u:p@h/"}, []string{"", "http://", "https://a b/", "http://[::1"}},
		"tcp":       {[]string{"example.com:25", "tcp://example.com:25", "[::1]:25"}, []string{"example.com", ":25", "example.com:", "::1"}},
		"dns":       {[]string{"8.8.8.8", "8.8.8.8:5353", "dns://8.8.8.8", "::1", "[::1]", "[::1]:53"}, []string{"", "http://a/b"}},
		"icmp":      {[]string{"example.com", "icmp://example.com", "::1", "fe80::1%eth0"}, []string{"", "a/b", "http://a"}},
		"grpc":      {[]string{"example.com", "example.com:9000", "http://example.com:9000/x", "grpcs://example.com"}, []string{"", "http://", "a@/b"}},
		"unix":      {[]string{"/run/s.sock", "unix:///run/s.sock", "@abstract"}, []string{"", "unix://"}},
		"websocket": {[]string{"ws://example.com", "wss://example.com:1/x"}, []string{"example.com", "http://example.com", "ws://"}},
		"ssh":       {[]string{"example.com", "example.com:2222", "ssh://example.com"}, []string{"", "a/b"}},
	} {
		for _, target := range targets.good {
			_, err := blackbox.Prober(all[name], target, blackbox.Options{Pinger: probe.NewPinger()})
			require.NoError(t, err, "%s %q", name, target)
		}
		for _, target := range targets.bad {
			_, err := blackbox.Prober(all[name], target, blackbox.Options{Pinger: probe.NewPinger()})
			require.Error(t, err, "%s %q", name, target)
		}
	}
}

func TestErrorsOfTargetsHaveNoPassword(t *testing.T) {
	t.Parallel()
	m := modules(t, "modules: {m: {prober: http}}")["m"]
	for _, target := range []string{"http://user:hunter2@a b/", "http://user:hunter2@h:port/", "http://user:hunter2%zz@h/", "user:hunter2@/"} {
		_, err := blackbox.Prober(m, target, blackbox.Options{})
		require.Error(t, err, target)
		require.NotContains(t, err.Error(), "hunter2", target)
	}
}

func TestRedacted(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]string{
		"example.com:80":                    "example.com:80",
		"http://user:hunter2@host/a@b?c=@d": "http://<secret>@host/a@b?<secret>",
		"http://user:hun@ter2@host":         "http://<secret>@host",
		"user:hunter2@host/path":            "<secret>@host/path",
		"wss://token@host":                  "wss://<secret>@host",
		"http://host/p?token=hunter2":       "http://host/p?<secret>",
		"host?token=hunter2#a":              "host?<secret>",
		"http://host/p#hunter2?a":           "http://host/p#<secret>",
		"http://host/\n<script>":            `"http://host/\n<script>"`,
		"http://host/\x1b[2J":               `"http://host/\x1b[2J"`,
	} {
		require.Equal(t, want, blackbox.Redacted(target), target)
	}
}

func TestDecodeTwice(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]string{
		"http%3A%2F%2Fexample.com%2Fa%20b": "http://example.com/a b",
		"https%3a%2f%2fexample.com":        "https://example.com",
		"http://example.com/?q=a%2Bb":      "http://example.com/?q=a%2Bb",
		"http%3A%2F%2F%zz":                 "http%3A%2F%2F%zz",
		"example.com%3A80":                 "example.com%3A80",
	} {
		require.Equal(t, want, blackbox.DecodeTwice(target), target)
	}
}

func FuzzRedacted(f *testing.F) {
	f.Add("http://user:hunter2@host/path?x")
	f.Add("host:80")
	f.Add("\x00\xff")
	f.Fuzz(func(t *testing.T, target string) {
		shown := blackbox.Redacted(target)
		require.True(t, utf8.ValidString(shown))
		require.False(t, strings.ContainsFunc(shown, unicode.IsControl))
		require.LessOrEqual(t, len(shown), 12<<10)
	})
}
