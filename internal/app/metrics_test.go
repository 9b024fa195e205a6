// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/app"
)

func TestRegisterAllOrNothing(t *testing.T) {
	t.Parallel()
	gauge := func(name string) prometheus.Collector {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: "x"})
	}
	r := prometheus.NewPedanticRegistry()
	first := []prometheus.Collector{gauge("a"), gauge("b")}
	require.NoError(t, app.Register(r, "the first", first...))

	err := app.Register(r, "the second", gauge("c"), gauge("b"))

	require.ErrorContains(t, err, "register the metrics of the second: duplicate metrics collector registration attempted")
	n, err := testutil.GatherAndCount(r)
	require.NoError(t, err)
	require.Equal(t, 2, n, "c is not left behind")
	app.Unregister(r, first...)
	n, err = testutil.GatherAndCount(r)
	require.NoError(t, err)
	require.Zero(t, n)
}

func TestNewRegistry(t *testing.T) {
	t.Parallel()
	n, err := testutil.GatherAndCount(app.NewRegistry("pharos_x"), "pharos_x_build_info", "go_goroutines", "process_start_time_seconds")
	require.NoError(t, err)
	require.Equal(t, 3, n)
}
