// SPDX-License-Identifier: Apache-2.0

package gatus_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/convert"
	"github.com/pharos-status/pharos/convert/gatus"
)

// FuzzConvert has whatever is converted read as Pharos does.
func FuzzConvert(f *testing.F) {
	full, err := os.ReadFile("testdata/full.yaml")
	require.NoError(f, err)
	f.Add(full)
	for _, text := range []string{
		"endpoints: [{name: a, url: 'https://a.example.com', conditions: ['[STATUS] == 200']}]\n",
		"endpoints: [{name: a, url: '8.8.8.8', dns: {query-name: a, query-type: MX}}]\n",
		"endpoints: [{name: a, url: 'wss://u:p@a/?q#f', headers: {A: b}, client: {insecure: true}}]\n",
		"endpoints: [{name: a, url: 'http://a', method: PUT, headers: {Authorization: Basic YTpi}, body: x, conditions: ['[BODY].a[0] != pat(x?)']}]\n",
		"external-endpoints: [{name: a, token: b}]\n",
		"alerting: {custom: {url: 'http://h', method: PUT, body: '[ENDPOINT_NAME] {{', headers: {A: b}}}\nendpoints: [{name: a, url: 'tcp://a:1', alerts: [{type: custom}]}]\n",
		"ui: {title: ' ', header: \"a\\nb\"}\nendpoints: [{name: \"\\t\", url: 'icmp://a'}]\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := t.TempDir()
		r, err := gatus.Convert("gatus.yml", data, convert.Options{Dir: filepath.Join(dir, "out"), Lookup: environment})
		if err != nil {
			require.Empty(t, r.Files)
			return
		}
		accepted(t, dir, r)
	})
}
