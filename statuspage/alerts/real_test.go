// SPDX-License-Identifier: Apache-2.0

package alerts_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	commonconfig "github.com/prometheus/common/config"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/testkit"
	"github.com/pharos-status/pharos/statuspage/alerts"
)

// TestRealAlertmanager runs the client against the Alertmanager of the machine.
func TestRealAlertmanager(t *testing.T) {
	t.Parallel()
	url := testkit.Alertmanager(t)
	c, err := alerts.New(alerts.Options{URL: url + "/", HTTP: commonconfig.DefaultHTTPClientConfig})
	require.NoError(t, err)
	t.Cleanup(c.Close)

	left := func() time.Duration {
		t.Helper()
		d, err := c.Ignored(t.Context())
		require.NoError(t, err)
		return d
	}
	require.Zero(t, left())
	require.NoError(t, c.Ignore(t.Context(), time.Hour))
	require.InDelta(t, time.Hour, left(), float64(time.Minute))
	require.NoError(t, c.Ignore(t.Context(), 10*time.Minute))
	require.InDelta(t, 10*time.Minute, left(), float64(time.Minute), "shorter")
	require.NoError(t, c.Ignore(t.Context(), 20*time.Minute))
	require.InDelta(t, 20*time.Minute, left(), float64(time.Minute), "longer")
	require.NoError(t, c.Unignore(t.Context()))
	require.Zero(t, left())
	require.NoError(t, c.Unignore(t.Context()), "again")
	require.NoError(t, c.Ignore(t.Context(), time.Minute))
	require.InDelta(t, time.Minute, left(), float64(10*time.Second))
	require.NoError(t, c.Unignore(t.Context()))
	require.Zero(t, left())
}

// TestRealSilences: what Alertmanager itself makes of alerts and of marked silences.
func TestRealSilences(t *testing.T) {
	t.Parallel()
	url := testkit.Alertmanager(t)
	c, err := alerts.New(alerts.Options{URL: url, HTTP: commonconfig.DefaultHTTPClientConfig})
	require.NoError(t, err)
	t.Cleanup(c.Close)

	resp, err := http.Post(url+"/api/v2/alerts", "application/json", strings.NewReader(`[
		{"labels":{"alertname":"PharosServiceDead","service":"web","severity":"critical","notification":"change"}},
		{"labels":{"alertname":"PharosNodeDead","service":"web","node":"api ü"}},
		{"labels":{"alertname":"PharosReplicaDead","service":"web","node":"api ü","replica":"1"}},
		{"labels":{"alertname":"PharosReminder","service":"web","notification":"reminder"}},
		{"labels":{"alertname":"PharosExporterDown"}}]`))
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	firing := func() (names []string) {
		all, err := c.Active(t.Context())
		require.NoError(t, err)
		for _, a := range all {
			require.WithinDuration(t, time.Now(), a.Starts, time.Minute)
			names = append(names, a.Labels["alertname"])
		}
		slices.Sort(names)
		return names
	}
	require.Equal(t, []string{"PharosNodeDead", "PharosServiceDead"}, firing())

	one := func() alerts.Silence {
		all, err := c.Marked(t.Context(), "m/")
		require.NoError(t, err)
		require.Len(t, all, 1)
		return all[0]
	}
	now := time.Now().UTC()
	later := alerts.Silence{Mark: "m/1", Text: "Later.", Labels: map[string]string{"service": "web", "node": "api ü"}, Starts: now.Add(time.Hour), Ends: now.Add(2 * time.Hour)}
	require.NoError(t, c.SetSilence(t.Context(), later))
	later.ID = one().ID
	require.WithinDuration(t, later.Starts, one().Starts, time.Millisecond)
	require.False(t, one().Begun)
	require.Equal(t, []string{"PharosNodeDead", "PharosServiceDead"}, firing())

	begun := later
	begun.Starts = now.Add(-time.Hour) // Alertmanager makes it now
	require.NoError(t, c.SetSilence(t.Context(), begun))
	require.Eventually(t, func() bool { return one().Begun && len(firing()) == 1 }, 10*time.Second, 20*time.Millisecond)
	require.Equal(t, begun.Labels, one().Labels)

	longer := one()
	longer.Ends = now.Add(5 * time.Hour)
	require.NoError(t, c.SetSilence(t.Context(), longer))
	require.Equal(t, longer.ID, one().ID, "changed in place")
	require.WithinDuration(t, longer.Ends, one().Ends, time.Millisecond)

	require.NoError(t, c.Expire(t.Context(), longer.ID))
	all, err := c.Marked(t.Context(), "")
	require.NoError(t, err)
	require.Empty(t, all)
}
