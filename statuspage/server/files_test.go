// SPDX-License-Identifier: Apache-2.0

package server

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
)

// TestFilesOfFeeds: a service has feeds of its own also where nobody answers a query.
func TestFilesOfFeeds(t *testing.T) {
	t.Parallel()
	files, err := drawFiles(siteOf(t, status.Healthy))
	require.NoError(t, err)
	for _, name := range []string{"services/web.atom", "services/web.rss", "services/web.json", "services/web.ics"} {
		require.NotEmpty(t, files[name], name)
		require.Contains(t, string(files["services/web/index.html"]), `href="../../`+name+`"`)
	}
	require.NotEqual(t, files["feed.atom"], files["services/web.atom"])
	require.Contains(t, string(files["services/web/index.html"]), `href="../../index.html"`)
	require.Equal(t, "services/a~20b~2Fc.ics", fileOf("/maintenance.ics?service=a+b%2Fc"))
}
