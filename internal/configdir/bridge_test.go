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

func TestBridgeInProcess(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "",
		"external_url: http://bridge.example.com\n": "",
		"external_url: bridge\n":                    "",
		"page: {}\nexternal_url: https://bridge.example.com\n": "bridge.yml:2: external_url: pharos hands notifications to the bridge within the process, " +
			"which https does not lead to; begin it with http, here and in alertmanager.yml",
	} {
		err := configdir.InProcess(folder(t, map[string]string{"bridge.yml": text}))
		if want == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, want)
	}
	require.NoError(t, configdir.InProcess(t.TempDir()))
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
