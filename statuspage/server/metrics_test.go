// SPDX-License-Identifier: Apache-2.0

package server

import (
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/internal/testkit"
)

func TestMetricsAreDocumentedAndWellNamed(t *testing.T) {
	t.Parallel()
	r := prometheus.NewPedanticRegistry()
	s, err := New(Options{
		StoragePath: t.TempDir(), Logger: quiet(), Registerer: r,
		CertificateNotAfter: func() (time.Time, error) { return time.Unix(1_700_000_000, 1), nil },
	})
	require.NoError(t, err)
	defer s.Close()
	s.pages.known.Store(&knowledge{layout: layout("Programming interface")})
	families, err := r.Gather()
	require.NoError(t, err)
	testkit.DocumentMetrics(t, "statuspage", families)
	problems, err := testutil.GatherAndLint(r)
	require.NoError(t, err)
	require.Empty(t, problems)
}

func TestCertificateExpiryIsReadAtEachScrape(t *testing.T) {
	t.Parallel()
	r := prometheus.NewPedanticRegistry()
	at, err := time.Unix(1_700_000_000, 1), error(nil)
	m := newMetrics(Options{CertificateNotAfter: func() (time.Time, error) { return at, err }, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, m.register(r))
	shows := func(want ...float64) {
		t.Helper()
		families, err := r.Gather()
		require.NoError(t, err)
		var got []float64
		for _, f := range families {
			if f.GetName() == schema.StatuspageTLSNotAfter {
				got = append(got, f.GetMetric()[0].GetGauge().GetValue())
			}
		}
		require.Equal(t, want, got)
	}
	shows(1_700_000_000)
	at = at.Add(time.Hour)
	shows(1_700_003_600)
	err = errDown
	shows() // and the other metrics are still there
	at, err = time.Time{}, nil
	shows()
	m.unregister(r)
	require.NoError(t, newMetrics(Options{}).register(r))
}
