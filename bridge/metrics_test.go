// SPDX-License-Identifier: Apache-2.0

package bridge

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/testkit"
)

func TestMetricsAreDocumentedAndWellNamed(t *testing.T) {
	t.Parallel()
	b, _ := newBridge(t, "channels: [{name: hook, http: {url: \"http://127.0.0.1:1/\"}}]\n")
	defer func() { require.NoError(t, b.Close()) }()

	families, err := b.o.Gatherer.Gather()
	require.NoError(t, err)
	testkit.DocumentMetrics(t, "bridge", families)
	problems, err := testutil.GatherAndLint(b.o.Gatherer)
	require.NoError(t, err)
	require.Empty(t, problems)
}
