// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/bridge/config"
)

func TestFound(t *testing.T) {
	t.Parallel()
	for external, addresses := range map[string]map[string]bool{
		"http://127.0.0.1:9642": {
			"127.0.0.1:9642": true, "localhost:9642": true, "LocalHost:9642": true, "[::1]:9642": true,
			"localhost:9643": false, "127.0.0.2:9642": false, "bridge.example.com:9642": false, "localhost": false, "": false,
		},
		"http://Bridge.example.com":  {"bridge.example.com:80": true, "bridge.example.com:443": false, "localhost:80": false},
		"https://bridge.example.com": {"bridge.example.com:443": true},
		"http://127.0.0.2:9642":      {"127.0.0.2:9642": true, "127.0.0.1:9642": false},
	} {
		file := filepath.Join(t.TempDir(), "bridge.yml")
		require.NoError(t, os.WriteFile(file, []byte("external_url: "+external), 0o600))
		c, err := config.Load(file, config.Options{})
		require.NoError(t, err)
		for address, want := range addresses {
			require.Equal(t, want, c.Found(address), "%s at %s", external, address)
		}
	}
	require.Equal(t, "[::1]:80", config.HostPort(&url.URL{Scheme: "http", Host: "[::1]"}))
}
