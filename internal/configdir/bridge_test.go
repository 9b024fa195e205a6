// SPDX-License-Identifier: Apache-2.0

package configdir_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/configdir"
)

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
