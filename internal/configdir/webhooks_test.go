// SPDX-License-Identifier: Apache-2.0

package configdir_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/configdir"
)

const receivers = "route: {receiver: a}\nreceivers:\n- name: a\n  webhook_configs:\n  - "

func TestPostsToChannelsThatAreNotThere(t *testing.T) {
	t.Parallel()
	const bridge = "channels: [{name: pager, vigil: {url: 'http://a'}}, {name: chat, vigil: {url: 'http://a'}}]\n"
	for name, c := range map[string]struct{ bridge, webhook, want string }{
		"it is there":      {bridge, "url: http://127.0.0.1:9642/bridge/v1/pager", ""},
		"it is not there":  {bridge, "url: http://127.0.0.1:9642/bridge/v1/page?key=hunter2", `5: receivers[0].webhook_configs[0].url: bridge.yml has no channel "page"; it has chat, pager`},
		"another name":     {bridge, "url: http://localhost:9642/bridge/v1/page", `5: receivers[0].webhook_configs[0].url: bridge.yml has no channel "page"; it has chat, pager`},
		"no channels":      {"page: {}\n", "url: http://127.0.0.1:9642/bridge/v1/pager", `5: receivers[0].webhook_configs[0].url: bridge.yml has no channel "pager"; it has none: add it there`},
		"no bridge.yml":    {"", "url: http://127.0.0.1:9642/bridge/v1/pager", ""},
		"another port":     {bridge, "url: http://127.0.0.1:9643/bridge/v1/page", ""},
		"another scheme":   {bridge, "url: https://127.0.0.1:9642/bridge/v1/page", ""},
		"another path":     {bridge, "url: http://127.0.0.1:9642/v1/page", ""},
		"a template":       {bridge, "url: 'http://127.0.0.1:9642/bridge/v1/{{ .Receiver }}'", ""},
		"the usual port":   {"external_url: http://Alerts.example.com/\n" + bridge, "url: http://alerts.example.com:80/bridge/v1/page", `5: receivers[0].webhook_configs[0].url: bridge.yml has no channel "page"; it has chat, pager`},
		"below a prefix":   {"external_url: https://a.example.com/pharos/\n" + bridge, "url: https://a.example.com/pharos/bridge/v1/page", `5: receivers[0].webhook_configs[0].url: bridge.yml has no channel "page"; it has chat, pager`},
		"no such url_file": {bridge, "url_file: /nowhere/url", ""},
		"bridge.yml bad":   {"channels: 1", "url: http://127.0.0.1:9642/bridge/v1/page", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := map[string]string{"alertmanager.yml": receivers + c.webhook + "\n"}
			if c.bridge != "" {
				files["bridge.yml"] = c.bridge
			}
			requireRouting(t, folder(t, files), c.want)
		})
	}
}

func TestAddressesInFilesAreRead(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "url")
	require.NoError(t, os.WriteFile(file, []byte("http://127.0.0.1:9642/bridge/v1/page\n"), 0o600))

	dir := folder(t, map[string]string{"bridge.yml": "page: {}\n", "alertmanager.yml": receivers + "url_file: " + file})
	requireRouting(t, dir, `5: receivers[0].webhook_configs[0].url_file: bridge.yml has no channel "page"; it has none: add it there`)
}

func TestPathsOfTheBridgeThatLeadNowhere(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/bridge/v2/pager", "/bridge/", "/bridge/pager"} {
		dir := folder(t, map[string]string{"bridge.yml": "page: {}\n", "alertmanager.yml": receivers + "url: http://127.0.0.1:9642" + path + "\n"})
		requireRouting(t, dir, "5: receivers[0].webhook_configs[0].url: the bridge has nothing there; notifications go to /bridge/v1/CHANNEL")
	}
}

func TestTokensThatTheBridgeDemands(t *testing.T) {
	t.Parallel()
	const (
		bridge  = "webhook: {token_file: bridge.token}\nchannels: [{name: pager, vigil: {url: 'http://a'}}]\n"
		hook    = receivers + "url: http://127.0.0.1:9642/bridge/v1/pager\n"
		at      = "receivers[0].webhook_configs[0].http_config"
		demands = ": bridge.yml demands its webhook.token; show it: http_config: {authorization: {credentials_file: FILE}}"
		another = ": this is another token than webhook.token of bridge.yml"
	)
	for name, c := range map[string]struct{ routing, want string }{
		"none":                 {hook, "5: " + at + demands},
		"the same":             {hook + "    http_config: {authorization: {credentials: hunter2}}\n", ""},
		"its file":             {hook + "    http_config: {authorization: {type: bearer, credentials_file: bridge.token}}\n", ""},
		"another":              {hook + "    http_config:\n      authorization:\n        credentials: hunter3\n", "8: " + at + ".authorization.credentials" + another},
		"another file":         {hook + "    http_config: {authorization: {credentials_file: other.token}}\n", "6: " + at + ".authorization.credentials_file" + another},
		"an empty file":        {hook + "    http_config: {authorization: {credentials_file: empty.token}}\n", "6: " + at + demands},
		"a file not seen here": {hook + "    http_config: {authorization: {credentials_file: /nowhere/token}}\n", ""},
		"of old":               {hook + "    http_config: {bearer_token_file: bridge.token}\n", ""},
		"of old, another":      {hook + "    http_config: {bearer_token: hunter3}\n", "6: " + at + ".bearer_token" + another},
		"name and password":    {hook + "    http_config: {basic_auth: {username: a, password: hunter2}}\n", "6: " + at + demands},
		"another scheme":       {hook + "    http_config: {authorization: {type: Token, credentials: hunter2}}\n", "6: " + at + demands},
		"for all":              {"global: {http_config: {authorization: {credentials_file: bridge.token}}}\n" + hook, ""},
		"for all, another":     {"global: {http_config: {authorization: {credentials: hunter3}}}\n" + hook, "1: global.http_config.authorization.credentials" + another},
		"not for this one":     {"global: {http_config: {authorization: {credentials_file: bridge.token}}}\n" + hook + "    http_config: {follow_redirects: false}\n", "7: " + at + demands},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := map[string]string{"bridge.yml": bridge, "alertmanager.yml": c.routing, "bridge.token": "hunter2\n", "other.token": "hunter3", "empty.token": "\n"}
			requireRouting(t, folder(t, files), c.want)
		})
	}
}

func TestATokenAndAChannelAreToldTogether(t *testing.T) {
	t.Parallel()
	err := configdir.Errors(configdir.All(folder(t, map[string]string{
		"bridge.yml": "webhook: {token: hunter2}\n", "alertmanager.yml": receivers + "url: http://127.0.0.1:9642/bridge/v1/pager\n",
	})))
	require.ErrorContains(t, err, "no channel")
	require.ErrorContains(t, err, "demands its webhook.token")
	require.NotContains(t, err.Error(), "hunter2")
}

// requireRouting checks what is said of alertmanager.yml; want is without its name.
func requireRouting(t *testing.T, dir, want string) {
	t.Helper()
	for _, f := range configdir.All(dir) {
		if f.Name != "alertmanager.yml" {
			continue
		}
		if want == "" {
			require.NoError(t, f.Err)
			return
		}
		require.EqualError(t, f.Err, filepath.Join(dir, f.Name)+":"+want)
		return
	}
	t.Fatal("nothing is said of it")
}
