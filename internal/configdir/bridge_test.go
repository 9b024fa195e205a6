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
		"no bridge.yml":    {"", "url: http://127.0.0.1:9642/bridge/v1/pager", `5: receivers[0].webhook_configs[0].url: bridge.yml has no channel "pager"; it has none: add it there`},
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
			dir := folder(t, map[string]string{"bridge.yml": c.bridge, "alertmanager.yml": receivers + c.webhook + "\n"})
			requireRouting(t, dir, c.want)
		})
	}
}

func TestAddressesInFilesAreRead(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "url")
	require.NoError(t, os.WriteFile(file, []byte("http://127.0.0.1:9642/bridge/v1/page\n"), 0o600))

	dir := folder(t, map[string]string{"alertmanager.yml": receivers + "url_file: " + file})
	requireRouting(t, dir, `5: receivers[0].webhook_configs[0].url_file: bridge.yml has no channel "page"; it has none: add it there`)
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
