// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/testkit"
)

func TestMetricsAreDocumented(t *testing.T) {
	t.Parallel()
	r := prometheus.NewPedanticRegistry()
	newMetrics(r)
	families, err := r.Gather()
	require.NoError(t, err)
	testkit.DocumentMetrics(t, "engine", families)
	problems, err := testutil.GatherAndLint(r)
	require.NoError(t, err)
	require.Empty(t, problems)
}
