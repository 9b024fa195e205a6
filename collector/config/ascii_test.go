// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/config"
	"github.com/pharos-status/pharos/collector/module"
)

// What is asked is a host of ASCII; what is shown is the name as it was written.
func TestInternationalHosts(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]struct{ url, name string }{
		"http://bücher.example/":                 {"http://xn--bcher-kva.example/", "http://bücher.example/"},
		"https://u:p@BÜCHER.example:8443/ä?q=ü":  {"https://u:p@xn--bcher-kva.example:8443/%C3%A4?q=ü", "https://BÜCHER.example:8443/%C3%A4"},
		"http://b%C3%BCcher.example/":            {"http://xn--bcher-kva.example/", "http://b%C3%BCcher.example/"},
		"tcp://例え.テスト:80":                        {"tcp://xn--r8jz45g.xn--zckzah:80", "tcp://例え.テスト:80"},
		"icmp://faß.example":                     {"icmp://xn--fa-hia.example", "icmp://faß.example"},
		"ssh://bücher.example":                   {"ssh://xn--bcher-kva.example:22", "ssh://bücher.example"},
		"wss://_a.bücher.example/":               {"wss://_a.xn--bcher-kva.example/", "wss://_a.bücher.example/"},
		"grpc://bücher.example:1/my.S":           {"grpc://xn--bcher-kva.example:1/my.S", "grpc://bücher.example:1/my.S"},
		"dns://bücher.example/_x.bücher.example": {"dns://xn--bcher-kva.example:53/_x.xn--bcher-kva.example", "dns://bücher.example/_x.b%C3%BCcher.example"},
		"http://My_Host.example/":                {"http://My_Host.example/", "http://My_Host.example/"},
		"http://[fe80::1%25eth0]:80/":            {"http://[fe80::1%25eth0]:80/", "http://[fe80::1%25eth0]:80/"},
	} {
		u, err := config.ParseTarget(raw)
		require.NoError(t, err, raw)
		require.Equal(t, want.url, u.String())
		require.Equal(t, want.name, config.PublicName(raw))
	}
}

func TestInternationalTargetsOfModules(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]struct {
		kind   module.Kind
		target string
	}{
		"bücher.example/a?b":       {module.KindHTTP, "http://xn--bcher-kva.example/a?b"},
		"https://bücher.example:1": {module.KindHTTP, "https://xn--bcher-kva.example:1"},
		"b.example/ä":              {module.KindHTTP, "b.example/ä"},
		"ws://bücher.example/":     {module.KindWebsocket, "ws://xn--bcher-kva.example/"},
		"bücher.example:80":        {module.KindTCP, "xn--bcher-kva.example:80"},
		"dns://bücher.example":     {module.KindDNS, "xn--bcher-kva.example"},
		"bücher.example":           {module.KindICMP, "xn--bcher-kva.example"},
		"/run/ä.sock":              {module.KindUnix, "/run/ä.sock"},
	} {
		target, err := config.ModuleTarget(want.kind, raw)
		require.NoError(t, err)
		require.Equal(t, want.target, target)
	}
	for _, kind := range []module.Kind{module.KindHTTP, module.KindSSH, module.KindICMP} {
		_, err := config.ModuleTarget(kind, "bü_cher.example")
		require.ErrorContains(t, err, "the host is no name that can be looked up")
	}
}

func TestInternationalReplicas(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "exporter.yml")
	text := "services: [{id: web, nodes: [{id: api, mode: poll, replicas: ['http://bücher.example/']}]}]"
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	c, err := config.Load(file)
	require.NoError(t, err)
	c, err = c.WithTargets([]config.Target{{URL: "tcp://größe.example:80", Labels: map[string]string{"__service": "web", "__node": "api"}}})
	require.NoError(t, err)
	got := c.Services[0].Nodes[0].Replicas
	require.Len(t, got, 2)
	require.Equal(t, "http://bücher.example/", got[0].Name)
	require.Equal(t, "xn--bcher-kva.example", got[0].URL.Host)
	require.Equal(t, "tcp://größe.example:80", got[1].Name)
	require.Equal(t, "xn--gre-6ka8i.example:80", got[1].URL.Host)
}
